#!/usr/bin/env python3
"""Writes models/ and cases/: what the trainer's engines are compared with. See README.md.

usage: generate.py            write both folders
       generate.py --check    compare gradients with finite differences; write nothing
"""

import json
import math
import os
import sys

# One kind of vector instructions everywhere: torch.linspace differs in last bits between them. PyTorch reads it when it is loaded.
os.environ["ATEN_CPU_CAPABILITY"] = "avx2"

import torch  # noqa: E402
import torch.nn.functional as functional  # noqa: E402

import models  # noqa: E402
import safetensors_file  # noqa: E402
from adapter import AdaptedModel, adapter_keys, linear_names  # noqa: E402
from cases import IGNORED, all_cases  # noqa: E402
from quantization import Quantized  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.join(HERE, "models")
CASES = os.path.join(HERE, "cases")


def main():
    # One thread: the order of sums, and so the last bits, shall not depend on the machine's processors.
    torch.set_num_threads(1)
    if "--check" in sys.argv[1:]:
        for name, case in CASE_LIST.items():
            check_gradients(name, case)
        return
    models.write_all(MODELS)
    os.makedirs(CASES, exist_ok=True)
    for name, case in CASE_LIST.items():
        write_case(name, case)
    write_quantizer_case()


def build(name, case):
    """The model of a case at its first step, and the quantized weights by layer."""
    decoder, weights = models.read(MODELS, case["model"])
    quantized = {}
    if case["quantization"] is not None:
        for linear in linear_names(decoder):
            if linear != "lm_head":
                values = weights[linear + ".weight"].to(torch.float32).numpy()
                quantized[linear] = Quantized(values, case["quantization"]["type"], case["quantization"]["double"])
    frozen = {
        linear + ".weight": torch.from_numpy(entry.dequantize()).to(torch.float64).reshape(weights[linear + ".weight"].shape)
        for linear, entry in quantized.items()
    }
    generator = torch.Generator().manual_seed(sum(name.encode()))
    return AdaptedModel(decoder, weights, case["adapter"], generator, frozen), quantized


def batch_logits(model, batch):
    """Logits of all positions; each sequence by itself."""
    tokens, starts = torch.tensor(batch["tokens"]), batch["starts"]
    return torch.cat([model.logits(tokens[start:end]) for start, end in zip(starts, starts[1:])])


def step_loss(model, case):
    """The loss of an optimizer step: the mean over the supervised positions of all micro batches."""
    supervised = sum(target != IGNORED for batch in case["batches"] for target in batch["targets"])
    losses = [
        functional.cross_entropy(batch_logits(model, batch), torch.tensor(batch["targets"]), ignore_index=IGNORED, reduction="sum")
        for batch in case["batches"]
    ]
    return sum(losses) / supervised, [loss.item() for loss in losses]


def write_case(name, case):
    model, quantized = build(name, case)
    tensors = {}
    for key, value in model.parameters.items():
        # Initial values are exact: adapters in bf16, saved weights and biases in 32 bits.
        is_adapter = ".lora_" in key
        tensors[f"initial.{key}"] = value.detach().to(torch.bfloat16 if is_adapter else torch.float32)
    with torch.no_grad():
        tensors["logits"] = batch_logits(model, case["batches"][0]).to(torch.float32)
    _, micro_losses = step_loss(model, case)

    losses, gradient_norm = [], 0.0
    optimizer = Optimizer(model.parameters, case["optimizer"])
    for step in range(1, case["steps"] + 1):
        loss, _ = step_loss(model, case)
        losses.append(loss.item())
        gradients = dict(zip(model.parameters, torch.autograd.grad(loss, list(model.parameters.values()))))
        if step == 1:
            gradient_norm = math.sqrt(sum(gradient.pow(2).sum().item() for gradient in gradients.values()))
            tensors |= {f"gradient.{key}": gradient.to(torch.float32) for key, gradient in gradients.items()}
        optimizer.step(step, gradients)
    losses.append(step_loss(model, case)[0].item())
    tensors |= {f"final.{key}": value.detach().to(torch.float32) for key, value in model.parameters.items()}

    for linear, entry in quantized.items():
        tensors |= {f"quantized.{linear}.{key}": torch.from_numpy(value.copy()) for key, value in entry.tensors().items()}
    # Twelve digits: the last ones of float64 depend on the order in which a BLAS sums.
    numbers = {"losses": losses, "micro_losses": micro_losses, "gradient_norm": [gradient_norm]}
    metadata = case | {key: [float(f"{value:.12g}") for value in values] for key, values in numbers.items()}
    metadata["plan"] = {
        "modules": [
            {"name": key, "rank": model.parameters[adapter_keys(key)[0]].shape[0], "scaling": scaling}
            for key, scaling in model.adapted.items()
        ],
        "saved": sorted(model.saved),
    }
    path = os.path.join(CASES, name + ".safetensors")
    safetensors_file.write(path, tensors, {"case": json.dumps(metadata, separators=(",", ":"))})
    print(f"{name}: loss {losses[0]:.4f} to {losses[-1]:.4f}, gradient norm {gradient_norm:.3g}, {os.path.getsize(path)} bytes")


class Optimizer:
    """AdamW with decoupled weight decay as torch.optim.AdamW, or SGD; groups and rates as the trainer defines them."""

    def __init__(self, parameters, options):
        self.parameters, self.options = parameters, options
        self.first = {key: torch.zeros_like(value) for key, value in parameters.items()}
        self.second = {key: torch.zeros_like(value) for key, value in parameters.items()}

    @torch.no_grad()
    def step(self, step, gradients):
        options = self.options
        norm = math.sqrt(sum(gradient.pow(2).sum().item() for gradient in gradients.values()))
        limit = options["max_grad_norm"]
        scale = limit / norm if 0 < limit < norm else 1.0
        for key, value in self.parameters.items():
            gradient = gradients[key] * scale
            rate = options["learning_rate"] * (options["lora_plus_ratio"] if ".lora_B." in key else 1)
            # Biases, norms' weights and magnitudes are spared.
            if value.dim() > 1:
                value.mul_(1 - rate * options["weight_decay"])
            if options["name"] == "sgd":
                value.sub_(rate * gradient)
                continue
            beta1, beta2 = options["beta1"], options["beta2"]
            self.first[key].mul_(beta1).add_(gradient, alpha=1 - beta1)
            self.second[key].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
            root = (self.second[key] / (1 - beta2**step)).sqrt() + options["epsilon"]
            value.sub_(rate / (1 - beta1**step) * self.first[key] / root)


def write_quantizer_case():
    """A tensor of more than one block of constants, whose last blocks are not full, in all kinds of 4 bits."""
    generator = torch.Generator().manual_seed(7)
    values = torch.randn(173, 99, generator=generator, dtype=torch.float64) * torch.logspace(-3, 1, 173, dtype=torch.float64)[:, None]
    values = values.to(torch.bfloat16)
    tensors = {"values": values}
    for kind in ("nf4", "fp4"):
        for double in (False, True):
            entry = Quantized(values.to(torch.float32).numpy(), kind, double)
            # Both have the same codes.
            prefix = f"{kind}-double." if double else f"{kind}."
            parts = {key: value for key, value in entry.tensors().items() if not (double and key == "codes")}
            tensors |= {prefix + key: torch.from_numpy(value.copy()) for key, value in parts.items()}
            tensors[prefix + "first"] = torch.from_numpy(entry.dequantize()[:200].copy())
            tensors[prefix + "last"] = torch.from_numpy(entry.dequantize()[-200:].copy())
    safetensors_file.write(os.path.join(CASES, "quantizer.safetensors"), tensors)


def check_gradients(name, case):
    """Compares each gradient with the difference of the loss along a random direction of its parameter."""
    model, _ = build(name, case)
    loss, _ = step_loss(model, case)
    gradients = dict(zip(model.parameters, torch.autograd.grad(loss, list(model.parameters.values()))))
    generator = torch.Generator().manual_seed(5)
    worst = 0.0
    for key, value in model.parameters.items():
        if case["adapter"].get("use_dora") and "lora_magnitude" not in key and "bias" not in key:
            continue  # The norm counts as a constant there, so a difference says something else.
        direction = torch.randn(value.shape, generator=generator, dtype=torch.float64)
        length = 1e-5
        with torch.no_grad():
            value.add_(direction, alpha=length)
            above = step_loss(model, case)[0].item()
            value.sub_(direction, alpha=2 * length)
            below = step_loss(model, case)[0].item()
            value.add_(direction, alpha=length)
        expected = (gradients[key] * direction).sum().item()
        # Relative to the gradient's norm: that along the direction can be zero by chance.
        worst = max(worst, abs((above - below) / (2 * length) - expected) / gradients[key].norm().item())
    if worst > 1e-6:
        raise SystemExit(f"{name}: a gradient is off by {worst:.2g}")
    print(f"{name}: gradients agree within {worst:.1g}")


CASE_LIST = all_cases({name: models.config_of(name) for name in models.MODELS})

if __name__ == "__main__":
    main()
