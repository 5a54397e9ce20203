"""LoRA around a decoder's linear layers, with PEFT's meaning of every option and PEFT's names of every tensor.

Options are the keys of PEFT's adapter_config.json. What they do is from src/peft/tuners/lora/{layer,dora,model}.py,
src/peft/tuners/tuners_utils.py and src/peft/utils/other.py of huggingface/peft.
"""

import math
import re

import torch
import torch.nn.functional as functional

PREFIX = "base_model.model."
EMBEDDING = "model.embed_tokens"


class AdaptedModel:
    """A decoder with frozen weights and trained tensors, which `parameters` holds by PEFT's names."""

    def __init__(self, decoder, weights, options, generator, frozen=None):
        """weights: as stored, in float64. frozen: what replaces weights of linear layers in use, dequantized ones."""
        self.decoder, self.weights, self.options = decoder, weights, options
        self.frozen = weights | (frozen or {})
        self.linears = linear_names(decoder)
        self.parameters = {}
        self.adapted = {}
        self.saved = {name for name in self._module_names() if any(name.endswith(key) for key in options.get("modules_to_save") or [])}
        for name in [EMBEDDING, *self.linears]:
            if name not in self.saved and self._is_target(name):
                self._add_adapter(name, generator)
        self._add_biases()
        for name in sorted(self.saved):
            for kind in (".weight", ".bias"):
                if name + kind in weights or (name == "lm_head" and kind == ".weight"):
                    # A copy of its own, even where the head is the embedding: PEFT wraps each module by itself.
                    self._add(name + kind, self._base(name + kind).clone())

    def logits(self, tokens):
        return self.decoder.logits(self, tokens)

    def weight(self, name):
        return self.parameters.get(PREFIX + name, self.frozen.get(name))

    def embedding(self, tokens):
        """Rows of the embedding by token. Its adapter looks A up as it does the weight, and knows no dropout."""
        if EMBEDDING not in self.adapted:
            return self.weight(EMBEDDING + ".weight")[tokens]
        a, b = (self.parameters[key] for key in adapter_keys(EMBEDDING))
        return self._base(EMBEDDING + ".weight")[tokens] + a.T[tokens] @ b.T * self.adapted[EMBEDDING]

    def linear(self, name, x):
        weight, bias = self._weight_and_bias(name)
        if name not in self.adapted:
            return functional.linear(x, weight, bias)
        scaling = self.adapted[name]
        a, b = (self.parameters[key] for key in adapter_keys(name))
        base = functional.linear(x, weight)
        added = functional.linear(functional.linear(x, a), b) * scaling
        if self.options.get("use_dora"):
            # The norm is a constant to the gradient; the bias is not scaled.
            norm = torch.linalg.norm(weight + scaling * (b @ a), dim=1).detach()
            result = self.parameters[f"{PREFIX}{name}.lora_magnitude_vector"] / norm * (base + added)
        else:
            result = base + added
        return result if bias is None else result + bias

    def _weight_and_bias(self, name):
        if name in self.adapted:
            bias = self.parameters.get(f"{PREFIX}{name}.base_layer.bias", self.frozen.get(name + ".bias"))
            return self._base(name + ".weight"), bias
        weight = self.parameters.get(f"{PREFIX}{name}.weight")
        return self._base(name + ".weight") if weight is None else weight, self.weight(name + ".bias")

    def _base(self, name):
        # A tied head is the frozen embedding, also when a trained copy of the embedding is in use.
        return self.frozen[name] if name in self.frozen else self.frozen["model.embed_tokens.weight"]

    def _add(self, name, value):
        self.parameters[PREFIX + name] = value.requires_grad_()

    def _add_adapter(self, name, generator):
        rows, columns = self._base(name + ".weight").shape
        if name == EMBEDDING:
            # A (r, vocabulary) and B (hidden, r) are those of the transposed weight.
            rows, columns = columns, rows
        rank = pattern_value(self.options.get("rank_pattern"), name, self.options["r"])
        alpha = pattern_value(self.options.get("alpha_pattern"), name, self.options["lora_alpha"])
        self.adapted[name] = scaling = alpha / (math.sqrt(rank) if self.options.get("use_rslora") else rank)
        # B is not zero, so that A has gradients; values are exact in bf16, in which they are dumped.
        a = stored(torch.randn(rank, columns, generator=generator, dtype=torch.float64) / math.sqrt(columns))
        b = stored(torch.randn(rows, rank, generator=generator, dtype=torch.float64) * 0.3 / math.sqrt(rank))
        for key, value in zip(adapter_keys(name), (a, b)):
            self._add(key.removeprefix(PREFIX), value)
        if self.options.get("use_dora"):
            norm = torch.linalg.norm(self._base(name + ".weight") + scaling * (b @ a), dim=1).detach()
            # As after some training: not what makes the layer the same as without a magnitude.
            noise = 1 + 0.1 * torch.randn(rows, generator=generator, dtype=torch.float64)
            self._add(name + ".lora_magnitude_vector", stored(norm * noise))

    def _add_biases(self):
        kind = self.options.get("bias", "none")
        for name in self.linears if kind != "none" else []:
            if name + ".bias" in self.weights and name not in self.saved:
                if name in self.adapted:
                    self._add(name + ".base_layer.bias", self.weights[name + ".bias"].clone())
                elif kind == "all":
                    self._add(name + ".bias", self.weights[name + ".bias"].clone())

    def _is_target(self, name):
        targets = self.options["target_modules"]
        if targets == "all-linear":
            found = name not in ("lm_head", EMBEDDING)
        elif isinstance(targets, str):
            found = re.fullmatch(targets, name) is not None
        else:
            found = any(name == target or name.endswith("." + target) for target in targets)
        layers = self.options.get("layers_to_transform")
        if found and layers is not None:
            layer = re.match(r".*\.[^.]*\.(\d+)\.", name)
            found = layer is not None and int(layer.group(1)) in layers
        return found

    def _module_names(self):
        names = {name.rpartition(".")[0] for name in self.weights}
        return names | {"lm_head"}


def adapter_keys(name):
    """The names of A and B of a module."""
    return [f"{PREFIX}{name}.lora_embedding_{kind}" if name == EMBEDDING else f"{PREFIX}{name}.lora_{kind}.weight" for kind in "AB"]


def linear_names(decoder):
    """All linear layers in the order of the model, the output head last."""
    order = ["q_proj", "k_proj", "v_proj", "qkv_proj", "o_proj", "gate_proj", "up_proj", "gate_up_proj", "down_proj"]
    names = [name[: -len(".weight")] for name in decoder.shapes() if name.endswith("_proj.weight")]
    names.sort(key=lambda name: (int(name.split(".")[2]), order.index(name.split(".")[-1])))
    return [*names, "lm_head"]


def pattern_value(patterns, name, default):
    """The value of the first key that matches the end of a name from a dot on."""
    for pattern, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", name):
            return value
    return default


def stored(values):
    """Rounded to what bf16 can hold."""
    return values.to(torch.bfloat16).to(torch.float64)
