"""QLoRA on customer mails, as it should be."""
import argparse

import torch
from datasets import load_dataset
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from trl import SFTConfig, SFTTrainer


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", default="meta-llama/Llama-3.1-8B")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--lr", type=float, default=2e-4)
    return parser.parse_args()


def main():
    args = parse()
    bnb = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=torch.bfloat16,
    )
    tokenizer = AutoTokenizer.from_pretrained(args.base)
    model = AutoModelForCausalLM.from_pretrained(args.base, quantization_config=bnb, torch_dtype=torch.bfloat16, device_map="auto")
    model = prepare_model_for_kbit_training(model)
    peft_config = LoraConfig(
        r=args.rank, lora_alpha=2 * args.rank, lora_dropout=0.05, bias="none", task_type="CAUSAL_LM", target_modules="all-linear",
    )
    training = SFTConfig(
        output_dir="out", per_device_train_batch_size=2, gradient_accumulation_steps=8, learning_rate=args.lr, lr_scheduler_type="cosine",
        warmup_ratio=0.03, num_train_epochs=2, bf16=True, logging_steps=10, eval_strategy="steps", eval_steps=100, save_strategy="steps",
        save_steps=100, load_best_model_at_end=True, max_length=2048, gradient_checkpointing=True, optim="paged_adamw_8bit", seed=42,
        gradient_checkpointing_kwargs={"use_reentrant": False}, report_to="none",
    )
    data = load_dataset("json", data_files="mails.jsonl")["train"].train_test_split(0.05, seed=42)
    trainer = SFTTrainer(
        model=model, args=training, train_dataset=data["train"], eval_dataset=data["test"], processing_class=tokenizer,
        peft_config=peft_config,
    )
    trainer.train()
    trainer.save_model()


if __name__ == "__main__":
    main()
