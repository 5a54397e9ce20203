#!/bin/bash
# Settings by their paths: verl's own program brings the rest; of torchtune's recipes only what is on the line is known.
set -x
MODEL=Qwen/Qwen2.5-3B-Instruct

python3 -m verl.trainer.main_ppo \
    algorithm.adv_estimator=grpo \
    data.train_files=$HOME/data/gsm8k/train.parquet \
    actor_rollout_ref.model.path=$MODEL \
    actor_rollout_ref.model.lora_rank=8 \
    actor_rollout_ref.model.lora_alpha=4 \
    'actor_rollout_ref.model.target_modules=[q_proj, v_proj, v_proj, query]' \
    actor_rollout_ref.actor.optim.lr=3e-6 \
    trainer.total_epochs=15 $@

torchrun --standalone --nproc_per_node=2 -m verl.trainer.fsdp_sft_trainer \
    data.train_files=train.parquet \
    model.partial_pretrain=Qwen/Qwen2.5-0.5B-Instruct \
    model.lora_rank=32 \
    +model.target_modules=q_proj,v_proj \
    optim.lr=2

tune run lora_finetune_single_device --config llama3_1/8B_lora_single_device \
    model.lora_rank=64 batch_size=two
