"""The tiny models: one folder each, as Hugging Face stores them, with random weights that make every peculiarity matter."""

import json
import math
import os

import torch

import safetensors_file
from decoder import GEMMA, Decoder

BASE = {"hidden_act": "silu", "rms_norm_eps": 1e-5, "max_position_embeddings": 256, "bos_token_id": 1, "eos_token_id": 2}

# Name of the folder: how weights are stored, and config.json.
MODELS = {
    # Llama 3: rope scaling in the older spelling; the three bands of frequencies are all hit.
    "llama": ("bf16", {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 80, "hidden_size": 32, "intermediate_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False, "rope_theta": 500.0,
        "attention_bias": False, "mlp_bias": False, "rope_scaling": {
            "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64}}),
    # SmolLM2: tied, three query heads to a key head, sizes that are no multiple of 8, the newer spelling of rope.
    "llama_tied": ("fp32", {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 72, "hidden_size": 36, "intermediate_size": 52,
        "num_hidden_layers": 2, "num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 12, "tie_word_embeddings": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100.0}}),
    # Every linear layer has a bias; linear rope scaling in the oldest spelling.
    "llama_biases": ("fp16", {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 67, "hidden_size": 32, "intermediate_size": 40,
        "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2, "tie_word_embeddings": False, "rope_theta": 100.0,
        "attention_bias": True, "mlp_bias": True, "rope_scaling": {"type": "linear", "factor": 2.0}}),
    # A window smaller than the sequences; heads wider than the residual stream over their number.
    "mistral": ("fp16", {
        "model_type": "mistral", "architectures": ["MistralForCausalLM"], "vocab_size": 80, "hidden_size": 32, "intermediate_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "sliding_window": 5,
        "tie_word_embeddings": False, "rope_theta": 100.0}),
    # No window: sliding_window null.
    "mistral_unwindowed": ("bf16", {
        "model_type": "mistral", "architectures": ["MistralForCausalLM"], "vocab_size": 64, "hidden_size": 32, "intermediate_size": 40,
        "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 4, "sliding_window": None,
        "tie_word_embeddings": False, "rope_theta": 100.0}),
    # Biases of q, k, v; a window that use_sliding_window switches off; two files with an index.
    "qwen2": ("bf16 in two files", {
        "model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "vocab_size": 80, "hidden_size": 32, "intermediate_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False, "rope_theta": 100.0,
        "use_sliding_window": False, "sliding_window": 4, "max_window_layers": 1}),
    # A window from the second layer on, and yarn.
    "qwen2_sliding": ("bf16", {
        "model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "vocab_size": 64, "hidden_size": 32, "intermediate_size": 40,
        "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "tie_word_embeddings": True, "rope_theta": 100.0,
        "use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1, "rope_scaling": {
            "type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}}),
    # Norms of queries and keys; head_dim is given and is not hidden over heads.
    "qwen3": ("fp32", {
        "model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "vocab_size": 80, "hidden_size": 32, "intermediate_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 12, "tie_word_embeddings": True,
        "rope_theta": 100.0, "rope_scaling": None, "attention_bias": False, "use_sliding_window": False, "sliding_window": None,
        "max_window_layers": 2}),
    # Every fourth layer has no rope.
    "smollm3": ("bf16", {
        "model_type": "smollm3", "architectures": ["SmolLM3ForCausalLM"], "vocab_size": 64, "hidden_size": 32, "intermediate_size": 40,
        "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": True, "rope_theta": 100.0,
        "no_rope_layers": [1, 1, 1, 0], "no_rope_layer_interval": 4, "use_sliding_window": False, "sliding_window": None,
        "attention_bias": False, "mlp_bias": False}),
    # Norms behind the sublayers, caps that bite, windows in every other layer. 36 has a whole root: no question how it is rounded.
    "gemma2": ("bf16", {
        "model_type": "gemma2", "architectures": ["Gemma2ForCausalLM"], "vocab_size": 80, "hidden_size": 36, "intermediate_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "tie_word_embeddings": True,
        "hidden_activation": "gelu_pytorch_tanh", "hidden_act": "gelu_pytorch_tanh", "query_pre_attn_scalar": 24,
        "attn_logit_softcapping": 3.0, "final_logit_softcapping": 4.0, "sliding_window": 4, "rope_theta": 100.0,
        "attention_bias": False}),
    # Two ropes, a window in two layers of three; the older spelling.
    "gemma3": ("bf16", {
        "model_type": "gemma3_text", "architectures": ["Gemma3ForCausalLM"], "vocab_size": 64, "hidden_size": 36, "intermediate_size": 40,
        "num_hidden_layers": 3, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "tie_word_embeddings": True,
        "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 24, "attn_logit_softcapping": None,
        "final_logit_softcapping": None, "sliding_window": 4, "sliding_window_pattern": 3, "rope_theta": 1000.0,
        "rope_local_base_freq": 50.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}, "attention_bias": False}),
    # The same in the newer spelling: layer_types, and rope_parameters for each type.
    "gemma3_nested": ("bf16", {
        "model_type": "gemma3_text", "architectures": ["Gemma3ForCausalLM"], "vocab_size": 64, "hidden_size": 36, "intermediate_size": 40,
        "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16, "tie_word_embeddings": True,
        "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 24, "attn_logit_softcapping": None,
        "final_logit_softcapping": None, "sliding_window": 3, "layer_types": ["full_attention", "sliding_attention"],
        "rope_parameters": {
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 50.0}},
        "attention_bias": False}),
    # Fused projections, half of a head turned, divisors for each frequency and larger sines, a window.
    "phi3": ("fp16", {
        "model_type": "phi3", "architectures": ["Phi3ForCausalLM"], "vocab_size": 80, "hidden_size": 32, "intermediate_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "tie_word_embeddings": False, "rope_theta": 100.0,
        "partial_rotary_factor": 0.5, "original_max_position_embeddings": 64, "sliding_window": 7, "rope_scaling": {
            "type": "longrope", "short_factor": [1.0, 1.1, 1.3, 1.7], "long_factor": [1.5, 2.5, 4.0, 6.0]}}),
    # No size is a multiple of 8; heads of 6; biases in the feed-forward layers alone.
    "llama_odd": ("fp16", {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 33, "hidden_size": 30, "intermediate_size": 21,
        "num_hidden_layers": 2, "num_attention_heads": 5, "num_key_value_heads": 1, "tie_word_embeddings": False, "rope_theta": 100.0,
        "attention_bias": False, "mlp_bias": True}),
}  # fmt: skip

TYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def config_of(name):
    return BASE | MODELS[name][1]


def write_all(folder):
    for index, name in enumerate(MODELS):
        _write(os.path.join(folder, name), name, torch.Generator().manual_seed(1000 + index))


def read(folder, name):
    """The decoder of a model and its weights as they are stored, widened to float64."""
    with open(os.path.join(folder, name, "config.json"), encoding="utf-8") as file:
        decoder = Decoder(json.load(file))
    weights = {}
    for path in sorted(os.listdir(os.path.join(folder, name))):
        if path.endswith(".safetensors"):
            weights |= safetensors_file.read(os.path.join(folder, name, path))
    return decoder, {key: value.to(torch.float64) for key, value in weights.items()}


def _write(folder, name, generator):
    storage, _ = MODELS[name]
    config = config_of(name) | {"torch_dtype": {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}[storage.split(" ")[0]]}
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(config, indent=2) + "\n")
    weights = {
        key: _random(key, shape, config, generator).to(TYPES[storage.split(" ")[0]]) for key, shape in Decoder(config).shapes().items()
    }
    metadata = {"format": "pt"}
    if "two files" not in storage:
        safetensors_file.write(os.path.join(folder, "model.safetensors"), weights, metadata)
        return
    # The second layer and the head are in the second file.
    files = {key: f"model-0000{2 if '.1.' in key or 'lm_head' in key else 1}-of-00002.safetensors" for key in weights}
    for path in sorted(set(files.values())):
        part = {key: value for key, value in weights.items() if files[key] == path}
        safetensors_file.write(os.path.join(folder, path), part, metadata)
    size = sum(value.numel() * value.element_size() for value in weights.values())
    index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(files.items()))}
    with open(os.path.join(folder, "model.safetensors.index.json"), "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(index, indent=2) + "\n")


def _random(name, shape, config, generator):
    values = torch.randn(shape, generator=generator, dtype=torch.float64)
    if "norm" in name:
        return 0.3 * values + (0 if config["model_type"] in GEMMA else 1)
    if name.endswith(".bias"):
        return 0.3 * values
    if "embed_tokens" in name:
        # A tied embedding is the head too: logits shall be of size 2 or so, for the caps to bite.
        return values * (2 / math.sqrt(shape[1]) if config["tie_word_embeddings"] else 1)
    return values * 1.5 / math.sqrt(shape[1])
