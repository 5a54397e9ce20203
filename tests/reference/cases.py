"""The cases: which model is trained how, and on what."""

import random

IGNORED = -1

ADAMW = {"name": "adamw", "learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0,
         "lora_plus_ratio": 1.0, "max_grad_norm": 0.0}  # fmt: skip

LORA = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear"}


def all_cases(models):
    """Cases by name: model, adapter (keys of PEFT's adapter_config.json), quantization, optimizer, batches."""
    cases = {}

    def add(name, model, adapter=None, quantization=None, optimizer=None, lengths=((13, 7, 2),)):
        vocabulary = models[model]["vocab_size"]
        cases[name] = {
            "model": model, "adapter": LORA | (adapter or {}), "quantization": quantization, "optimizer": ADAMW | (optimizer or {}),
            "batches": batches(vocabulary, lengths, random.Random(name)), "steps": 20,
        }  # fmt: skip

    for model in models:
        add(f"{model}-lora", model)
    add("llama-rslora", "llama", {"use_rslora": True, "r": 5, "lora_alpha": 6, "target_modules": ["q_proj", "v_proj"]})
    add("llama-patterns", "llama", {
        "r": 3, "lora_alpha": 6, "rank_pattern": {"q_proj": 6, r"layers\.1\.mlp\.down_proj": 2},
        "alpha_pattern": {"o_proj": 1.5, r"model\.layers\.0\.mlp\.up_proj": 20}})  # fmt: skip
    add("llama-dora", "llama", {"use_dora": True})
    add("qwen2-dora-biases", "qwen2", {"use_dora": True, "use_rslora": True, "bias": "lora_only", "r": 3})
    add("phi3-dora", "phi3", {"use_dora": True, "target_modules": ["qkv_proj", "down_proj"]})
    add("llama-qlora-nf4", "llama_tied", quantization={"type": "nf4", "double": False})
    add("llama-qlora-nf4-double", "llama_tied", quantization={"type": "nf4", "double": True})
    add("llama-qlora-fp4", "llama_tied", quantization={"type": "fp4", "double": False})
    add("llama-qdora-nf4", "llama_tied", {"use_dora": True}, quantization={"type": "nf4", "double": True})
    add("qwen2-bias-lora-only", "qwen2", {"bias": "lora_only", "target_modules": ["q_proj", "o_proj"]})
    add("qwen2-bias-all", "qwen2", {"bias": "all", "target_modules": ["q_proj", "o_proj"]})
    add("llama-bias-all", "llama_biases", {"bias": "all", "target_modules": ["k_proj", "up_proj", "down_proj"]})
    add("llama-saved-norms", "llama", {"modules_to_save": ["norm"], "target_modules": ["q_proj", "v_proj"]},
        optimizer={"weight_decay": 0.1})  # fmt: skip
    add("gemma2-saved-norm", "gemma2", {"modules_to_save": ["model.norm"], "target_modules": ["q_proj", "v_proj"]})
    add("llama-saved-head", "llama", {"modules_to_save": ["embed_tokens", "lm_head"], "target_modules": ["q_proj", "v_proj"]})
    add("llama-tied-saved-embedding", "llama_tied", {"modules_to_save": ["embed_tokens"], "target_modules": ["q_proj", "v_proj"]})
    add("llama-tied-saved-both", "llama_tied", {"modules_to_save": ["embed_tokens", "lm_head"], "target_modules": ["q_proj", "v_proj"]})
    add("llama-saved-linear", "llama_biases", {"modules_to_save": ["down_proj"], "target_modules": ["q_proj", "v_proj", "down_proj"]})
    add("gemma2-saved-embedding", "gemma2", {"modules_to_save": ["embed_tokens"], "target_modules": ["q_proj"]})
    add("llama-head", "llama", {"target_modules": ["v_proj", "lm_head"]})
    add("llama-tied-head", "llama_tied", {"target_modules": ["v_proj", "lm_head"]})
    add("gemma2-head", "gemma2", {"target_modules": ["v_proj", "lm_head"]})
    add("llama-embedding", "llama", {"target_modules": ["embed_tokens", "v_proj"], "rank_pattern": {"embed_tokens": 3}})
    # The head stays the frozen embedding, which it is in the one and which gets an adapter of its own in the other.
    add("llama-tied-embedding", "llama_tied", {"target_modules": ["embed_tokens", "v_proj"], "use_rslora": True},
        optimizer={"weight_decay": 0.1})  # fmt: skip
    add("gemma2-embedding-head", "gemma2", {"target_modules": r".*(embed_tokens|lm_head|layers\.0\.mlp\.up_proj)"})
    add("llama-layers", "llama", {"layers_to_transform": [1], "target_modules": ["q_proj", "down_proj"]})
    add("llama-pattern-target", "llama", {"target_modules": r".*layers\.0\..*(gate|k)_proj"})
    add("llama-packing", "llama", lengths=((9, 1, 17, 2, 5, 3),))
    add("mistral-packing", "mistral", lengths=((9, 1, 17, 2, 5, 3),))
    # Longer than the tiles in which attention is computed, and a rank as high as the smallest layer allows.
    add("llama-long", "llama", {"r": 16, "target_modules": ["q_proj", "k_proj", "o_proj"]}, lengths=((150, 67),))
    add("mistral-long", "mistral", {"target_modules": ["q_proj", "v_proj", "up_proj"]}, lengths=((150, 67),))
    add("llama-accumulation", "llama", lengths=((13, 7), (3,), (5, 11, 4)))
    add("llama-loraplus", "llama", optimizer={"lora_plus_ratio": 8.0})
    add("llama-sgd", "llama", optimizer={"name": "sgd", "learning_rate": 0.1, "weight_decay": 0.05})
    add("llama-weight-decay", "llama", optimizer={"weight_decay": 0.5, "beta1": 0.8, "beta2": 0.95})
    add("llama-clipping", "llama", optimizer={"name": "sgd", "learning_rate": 0.1, "max_grad_norm": 0.2})
    add("llama-clipping-adamw", "llama", optimizer={"max_grad_norm": 0.05, "epsilon": 1e-3}, lengths=((13, 7), (3,), (5, 11, 4)))
    add("llama-epsilon", "llama", optimizer={"epsilon": 0.02})
    return cases


def batches(vocabulary, lengths, source):
    """Micro batches of sequences. A third of the positions is not supervised, nor is the last one of a sequence."""
    result = []
    for sequences in lengths:
        tokens, targets, starts = [], [], [0]
        for length in sequences:
            ids = [source.randrange(vocabulary) for _ in range(length)]
            tokens += ids
            targets += [IGNORED if source.random() < 0.33 else next_id for next_id in ids[1:]] + [IGNORED]
            starts.append(len(tokens))
        # The first pair of a batch counts, however the dice fell.
        targets[0] = tokens[1]
        result.append({"tokens": tokens, "targets": targets, "starts": starts})
    return result
