#!/usr/bin/env bash
set -euo pipefail
export CUDA_VISIBLE_DEVICES=0,1
MODEL="Qwen/Qwen2.5-7B-Instruct"
RANK=64
ALPHA=8
OUT=${1:-out}

accelerate launch --config_file fsdp.yaml --num_processes 2 sft.py \
    --model_name_or_path "$MODEL" \
    --dataset_name trl-lib/Capybara \
    --use_peft \
    --lora_r $RANK \
    --lora_alpha "$ALPHA" \
    --lora_target_modules q_proj,v_proj \
    --learning_rate 2.0e-1 \
    --lr_scheduler_type cosin \
    --output_dir "$OUT" 2>&1 | tee train.log

NPROC_PER_NODE=2 swift sft \
    --model $MODEL \
    --train_type lora \
    --lora_rank=$RANK \
    --lora_alpha=128 \
    --dataset swift/self-cognition#500 --lora_dropout 5 \
    --torch_dtype bfloat16 \
    --learning_rate 1e-4

llamafactory-cli train \
    --stage sft --do_train \
    --model_name_or_path $MODEL --template qwen --finetuning_type lora \
    --lora_target q_proj,v_proj,up_projj --lora_rank 8 --lora_alpha 16 \
    --dataset mails --output_dir saves --bf16 --fp16 true --warmup_ratio 10

axolotl train qlora.yml --lora-r 64 --lora-alpha 8 --learning-rate 0.5
