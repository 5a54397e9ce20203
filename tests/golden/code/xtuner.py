# XTuner's configs: dicts from which MMEngine makes the calls.
from peft import LoraConfig
from transformers import AutoModelForCausalLM, BitsAndBytesConfig
from xtuner.model import SupervisedFinetune

model = dict(
    type=SupervisedFinetune,
    llm=dict(
        type=AutoModelForCausalLM.from_pretrained,
        pretrained_model_name_or_path='internlm/internlm2-7b',
        quantization_config=dict(
            type=BitsAndBytesConfig,
            load_in_4bit=True,
            bnb_4bit_quant_type='nf5')),
    lora=dict(
        type=LoraConfig,
        r=64,
        lora_alpha=16,
        lora_dropout=1.1,
        lora_alhpa=3,
        bias='none',
        task_type='CAUSAL_LM'))
