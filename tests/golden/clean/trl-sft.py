from datasets import load_dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

dataset = load_dataset("stanfordnlp/imdb", split="train")
peft_config = LoraConfig(r=16, lora_alpha=32, lora_dropout=0.05, target_modules="all-linear", task_type="CAUSAL_LM")
trainer = SFTTrainer(
    "Qwen/Qwen2.5-0.5B",
    args=SFTConfig(output_dir="out", learning_rate=2e-4, packing=True, bf16=True),
    train_dataset=dataset,
    peft_config=peft_config,
)
trainer.train()
