"""Rotary position embeddings: the frequencies that each kind of scaling gives.

Facts are from transformers' modeling_rope_utils.py. Both spellings of a config are read: rope_theta with rope_scaling, and
rope_parameters (transformers 5), which for Gemma 3 holds one entry for each type of layer.
"""

import math

import torch


def frequencies(config, head_size, layer_type):
    """Angles of one position by pair of dimensions, and what sines and cosines are multiplied by."""
    kind, base, scaling = _parameters(config, layer_type)
    rotary_factor = scaling.get("partial_rotary_factor", config.get("partial_rotary_factor", 1.0))
    size = int(head_size * rotary_factor)
    inverse = 1.0 / base ** (torch.arange(0, size, 2, dtype=torch.float64) / size)
    if kind == "default":
        return inverse, 1.0
    if kind == "linear":
        return inverse / scaling["factor"], 1.0
    if kind == "llama3":
        return _llama3(inverse, scaling), 1.0
    if kind == "yarn":
        return _yarn(inverse, base, size, config, scaling)
    if kind == "longrope":
        return _longrope(inverse, config, scaling)
    raise ValueError(f"rope type {kind}")


def _parameters(config, layer_type):
    parameters = config.get("rope_parameters")
    if parameters is not None:
        if layer_type in parameters:
            parameters = parameters[layer_type]
        return parameters.get("rope_type", "default"), parameters["rope_theta"], parameters
    if config["model_type"] == "gemma3_text" and layer_type == "sliding_attention":
        return "default", config["rope_local_base_freq"], {}
    scaling = config.get("rope_scaling") or {}
    return scaling.get("rope_type", scaling.get("type", "default")), config["rope_theta"], scaling


def _llama3(inverse, scaling):
    """Long wavelengths are stretched, short ones stay, those between are blended."""
    context, low, high = scaling["original_max_position_embeddings"], scaling["low_freq_factor"], scaling["high_freq_factor"]
    wavelengths = 2 * math.pi / inverse
    blend = ((context / wavelengths - low) / (high - low)).clamp(0, 1)
    return blend * inverse + (1 - blend) * inverse / scaling["factor"]


def _yarn(inverse, base, size, config, scaling):
    """As llama3, but the blend is a ramp over the index of the pair, and sines and cosines grow (arXiv 2309.00071)."""
    factor = scaling["factor"]
    context = scaling.get("original_max_position_embeddings", config["max_position_embeddings"])

    def pair_that_turns(times):
        return size * math.log(context / (times * 2 * math.pi)) / (2 * math.log(base))

    low = max(math.floor(pair_that_turns(scaling.get("beta_fast") or 32)), 0)
    high = min(math.ceil(pair_that_turns(scaling.get("beta_slow") or 1)), size - 1)
    ramp = ((torch.arange(size // 2, dtype=torch.float64) - low) / max(high - low, 0.001)).clamp(0, 1)
    scale = scaling.get("attention_factor")
    return inverse / factor * ramp + inverse * (1 - ramp), 0.1 * math.log(factor) + 1 if scale is None else scale


def _longrope(inverse, config, scaling):
    """A divisor for each pair of dimensions. Sequences here are shorter than the original context, so the short ones count."""
    context = config.get("original_max_position_embeddings", scaling.get("original_max_position_embeddings"))
    factor = config["max_position_embeddings"] / context
    scale = scaling.get("attention_factor")
    if scale is None:
        scale = math.sqrt(1 + math.log(factor) / math.log(context)) if factor > 1 else 1.0
    return inverse / torch.tensor(scaling["short_factor"], dtype=torch.float64), scale
