#!/bin/bash
MODEL=Qwen/Qwen2.5-7B-Instruct
LR=1e-4
NPROC_PER_NODE=2 \
CUDA_VISIBLE_DEVICES=0,1 \
swift sft \
    --model $MODEL \
    --train_type lora \
    --dataset 'AI-ModelScope/alpaca-gpt4-data-zh#500' swift/self-cognition#500 \
    --torch_dtype bfloat16 \
    --learning_rate $LR \
    --lora_rank 64 \
    --lora_alpha 8 \
    --target_modules all-linear \
    --warmup_ratio 0.05 --output_dir output

llamafactory-cli train --stage sft --do_train true --model_name_or_path meta-llama/Meta-Llama-3-8B-Instruct --finetuning_type lora \
    --lora_target q_proj,v_proj --lora_rank 8 --lora_alpha=16 --lora_dropout 1.5 --template llama3 --dataset alpaca_en_demo --cutoff_len 2048 \
    --output_dir saves/x --per_device_train_batch_size 1 --learning_rate 1.0e-4 --fp16 --bf16

torchrun $DISTRIBUTED_ARGS finetune.py --model_name_or_path $MODEL --bf16 True --use_lora --learning_rate 3e-4 $EXTRA
