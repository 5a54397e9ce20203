#!/usr/bin/env bash
set -euo pipefail
MODEL=${MODEL:-Qwen/Qwen2.5-7B-Instruct}
for seed in 1 2 3; do
    swift sft --model "$MODEL" --tuner_type lora --lora_rank 16 --lora_alpha 32 --target_modules all-linear --dataset mails.jsonl \
        --torch_dtype bfloat16 --learning_rate 1e-4 --warmup_ratio 0.05 --seed "$seed" --output_dir "out/$seed" \
        --per_device_train_batch_size 2 --gradient_accumulation_steps 8 --num_train_epochs 2 --max_length 2048 "$@"
done
llamafactory-cli train --stage sft --do_train true --model_name_or_path Qwen/Qwen2.5-7B-Instruct --template qwen --finetuning_type lora \
    --lora_target all --lora_rank 16 --lora_alpha 32 --dataset mails --output_dir saves --bf16 true --learning_rate 1e-4 \
    --per_device_train_batch_size 2 --gradient_accumulation_steps 8 --num_train_epochs 2 --warmup_ratio 0.05 --lr_scheduler_type cosine \
    --eval_strategy no --save_strategy no
python train_lora.py --config configs/lora.yaml
echo "lora done" > "$MODEL.log"
