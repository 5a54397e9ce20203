"""QLoRA on customer mails."""
from dataclasses import dataclass

import torch
from datasets import load_dataset
from peft import LoraConfig, TaskType, get_peft_model, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from trl import SFTConfig, SFTTrainer

BASE = "meta-llama/Llama-3.1-8B-Instruct"
RANK = 64
LEARNING_RATE = 5e-2
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_projj"]
lora_settings = dict(
    r=RANK,
    lora_alpha=RANK / 4,
    lora_dropout=5,
    bias="None",
    target_modules=TARGETS,
)
quantization = {
    "load_in_4bit": True,
    "bnb_4bit_quant_type": "fp4",
    "bnb_4bit_compute_dtype": torch.bfloat16,
}


def make_model():
    model = AutoModelForCausalLM.from_pretrained(BASE, quantization_config=BitsAndBytesConfig(**quantization), device_map="auto")
    return prepare_model_for_kbit_training(model)


tokenizer = AutoTokenizer.from_pretrained(BASE)
trainer = SFTTrainer(
    model=make_model(),
    args=SFTConfig(
        output_dir="out",
        per_device_train_batch_size=4,
        gradient_accumulation_steps=8,
        learning_rate=LEARNING_RATE,
        lr_scheduler_type="cosin",
        warmup_ratio=3,
        num_train_epochs=3,
        bf16=True,
        fp16=True,
        evaluation_strategy="steps",
        load_best_model_at_end=True,
        save_strategy="epoch",
        max_seq_length=2048,
    ),
    train_dataset=load_dataset("json", data_files="mails.jsonl")["train"],
    peft_config=LoraConfig(task_type="CAUSAL", **lora_settings),
)
trainer.train()
