import torch
from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, Trainer, TrainingArguments

MODEL = "meta-llama/Llama-2-7b-hf"
RANK = 64
quant = BitsAndBytesConfig(
    load_in_4bit=True,
    bnb_4bit_quant_type='fp4',
)
model = AutoModelForCausalLM.from_pretrained(MODEL, quantization_config=quant, device_map="auto")
model = prepare_model_for_kbit_training(model)
config = LoraConfig(
    r=RANK,
    lora_alpha=8,
    target_modules='q_proj',
    lora_dropout=0.6,
    bias='all',
    task_type='causal_lm',
)
model = get_peft_model(model, config)
args = TrainingArguments(
    output_dir='out',
    per_device_train_batch_size=4,
    learning_rate=2e-2,
    fp16=True,
    bf16=True,
    warmup_ratio=3,
    max_steps=100,
    num_train_epochs=3,
    load_best_model_at_end=True,
    evaluation_strategy='steps',
    save_strategy='epoch',
)
Trainer(model=model, args=args, train_dataset=data).train()
