"""Reinforcement on a small model: the adapter's settings stand in one place."""
from trl import GRPOConfig, GRPOTrainer
from unsloth import FastLanguageModel

RANK = 32
ADAPTER = {
    "r": RANK,
    "lora_alpha": RANK // 4,
    "lora_dropout": 0.05,
    "bias": "all",
}

model, tokenizer = FastLanguageModel.from_pretrained("unsloth/Qwen3-4B-Base", max_seq_length=2048, load_in_4bit=False)
model = FastLanguageModel.get_peft_model(model, **ADAPTER, random_state=3407)

arguments = GRPOConfig(
    learning_rate=5e-6,
    warmup_ratio=2.5,  # loralint-ignore warmup-ratio-out-of-range: to be seen
    fp16=True, bf16=True,
    max_steps=100,
    output_dir="outputs",
)
GRPOTrainer(model=model, processing_class=tokenizer, reward_funcs=[reward], args=arguments, train_dataset=data).train()
