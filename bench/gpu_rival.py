#!/usr/bin/env python3
"""LoRA training steps of a Llama with PyTorch, transformers and PEFT: what the TorchSharp engine is timed beside on a GPU.

usage: gpu_rival.py [--device cuda:0|cpu] [--shape llama-3-8b|smollm2-135m|tiny] [--precision bf16|fp32] [--quantize nf4]
                    [--sequences N] [--length N] [--mask none|half] [--checkpoint] [--steps N] [--warmup N] [--rate X]
                    [--plain] [--versions]

LlamaForCausalLM with SDPA attention, PEFT's LoRA of rank 16 on all seven linear layers, adapters in fp32 as PEFT makes them, the forward
pass under autocast when the precision is bf16, checkpointing without reentrance, fused AdamW, clipping: what transformers' Trainer does
with bf16=True.
4-bit layers are bitsandbytes' Linear4bit with double quantization. Embedding, norms and head stay in bf16 under quantization too
(prepare_model_for_kbit_training would widen them, which only takes memory). Needs transformers from 4.48 on.

--plain: the straightforward PyTorch of lora_decoder.py in place of transformers and PEFT; it runs without them, and on a CPU.

Weights, adapters and tokens are the benchmark program's own numbers, so that the losses of both sides tell whether they do the same work.
Prints one line: the median seconds of a step, tokens/s, the peak memory (on a GPU what its driver says is in use, by the context and
PyTorch's cache too, as the benchmark program prints it; on a CPU the process's), the first and the last loss; on a GPU also the peak of
what PyTorch allocated and reserved. Exits with 3 when the device has not the memory.
"""

import argparse
import importlib.util
import math
import resource
import statistics
import sys
import time

import torch
from lora_decoder import ALPHA, EPSILON, LINEARS, RANK, SHAPES, Decoder, Weights, fill_adapters, make_batch

GIB = 1024**3


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--shape", choices=list(SHAPES), default="llama-3-8b")
    parser.add_argument("--precision", choices=["bf16", "fp32"], default="bf16")
    parser.add_argument("--quantize", choices=["nf4"])
    parser.add_argument("--sequences", type=int, default=8)
    parser.add_argument("--length", type=int, default=2048)
    parser.add_argument("--mask", choices=["none", "half"], default="none")
    parser.add_argument("--checkpoint", action="store_true")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--threads", type=int, help="on a CPU")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--versions", action="store_true", help="print the versions in use and stop")
    return parser.parse_args()


def print_versions():
    versions = [f"Python {sys.version.split()[0]}", f"torch {torch.__version__}", f"CUDA {torch.version.cuda}"]
    for name in ("transformers", "peft", "bitsandbytes"):
        found = importlib.util.find_spec(name)
        versions.append(f"{name} {__import__(name).__version__ if found else 'is not installed'}")
    print(", ".join(versions))


def make_model(shape, options, device):
    """LlamaForCausalLM with PEFT's adapters. It is laid out without memory, then each weight is made where it will stay."""
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=shape.vocabulary, hidden_size=shape.hidden, intermediate_size=shape.inner, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, num_key_value_heads=shape.key_value_heads, head_dim=shape.head, rms_norm_eps=EPSILON,
        max_position_embeddings=8192, rope_theta=shape.rope_base, tie_word_embeddings=shape.ties, use_cache=False,
        attn_implementation="sdpa",
    )  # fmt: skip
    dtype = torch.bfloat16 if options.precision == "bf16" else torch.float32
    with torch.device("meta"):
        model = LlamaForCausalLM(config)
    weights = Weights(shape, device)
    for name in weights.shapes:
        parent, _, child = name.rpartition(".")
        parent = model.get_submodule(parent)
        module = getattr(parent, child)
        weight = weights.make(name).to(dtype)
        if options.quantize and any(name.endswith(linear) for linear in LINEARS):
            setattr(parent, child, quantize(weight, options.quantize, dtype))
        else:
            module.weight = torch.nn.Parameter(weight, requires_grad=False)
    if shape.ties:
        model.lm_head.weight = model.model.embed_tokens.weight
    rotary = type(model.model.rotary_emb)(config=config, device=device)
    model.model.rotary_emb = rotary
    expected = shape.rope_base ** (-2 / shape.head)
    if not math.isclose(rotary.inv_freq[1].item(), expected, rel_tol=1e-4):
        sys.exit(f"gpu_rival.py: this transformers made {rotary.inv_freq[1].item()} of the rotary base, not {expected}")
    # What PEFT looks at to take its layers for bitsandbytes'.
    model.is_loaded_in_4bit = options.quantize is not None
    if options.checkpoint:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    targets = [name.rpartition(".")[2] for name in LINEARS]
    lora = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=targets, bias="none", task_type="CAUSAL_LM")
    model = get_peft_model(model, lora)
    adapters = dict(model.named_parameters())
    prefix = "base_model.model."
    order = [f"{prefix}{name}.lora_A.default.weight" for name in weights.shapes if any(name.endswith(linear) for linear in LINEARS)]
    fill_adapters(adapters[name] for name in order)
    meta = [name for name, tensor in [*model.named_parameters(), *model.named_buffers()] if tensor.is_meta]
    if meta:
        sys.exit(f"gpu_rival.py: {meta[0]} has got no memory; this version of transformers or PEFT lays the model out differently")
    return model.train()


def quantize(weight, kind, dtype):
    import bitsandbytes

    rows, columns = weight.shape
    layer = bitsandbytes.nn.Linear4bit(
        columns, rows, bias=False, compute_dtype=dtype, compress_statistics=True, quant_type=kind, device="meta"
    )
    layer.weight = bitsandbytes.nn.Params4bit(
        weight.cpu(), requires_grad=False, compress_statistics=True, quant_type=kind, module=layer
    )
    # Moving to the device is what quantizes.
    return layer.to(weight.device)


def loss_of(model, options, tokens, labels, lengths):
    if options.plain:
        return model(tokens, labels)
    # Without padding no mask, so that attention takes its fastest way.
    mask = None
    if min(lengths) < tokens.shape[1]:
        mask = (torch.arange(tokens.shape[1])[None] < torch.tensor(lengths)[:, None]).long().to(tokens.device)
    return model(input_ids=tokens, attention_mask=mask, labels=labels).loss


def measure(options):
    device = torch.device(options.device)
    on_gpu = device.type == "cuda"
    if options.threads:
        torch.set_num_threads(options.threads)
    if on_gpu:
        torch.cuda.set_device(device)
    shape = SHAPES[options.shape]
    if options.plain:
        dtype = torch.bfloat16 if options.precision == "bf16" else torch.float32
        model = Decoder(shape, device, dtype, options.quantize is not None, options.checkpoint)
    else:
        model = make_model(shape, options, device)
    if on_gpu:
        # What making the weights took is no part of training.
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    how = {"fused": True} if on_gpu else {"foreach": True}
    optimizer = torch.optim.AdamW(trained, lr=options.rate, weight_decay=0.0, **how)
    tokens, labels, lengths = make_batch(shape, options.sequences, options.length, options.mask, device)
    times, losses, used = [], [], 0
    # The first steps are not counted: they make the optimizer's moments, choose kernels and warm the allocator.
    for _ in range(options.warmup + options.steps):
        start = time.perf_counter()
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=options.precision == "bf16"):
            loss = loss_of(model, options, tokens, labels, lengths)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        times.append(time.perf_counter() - start)
        if on_gpu:
            free, total = torch.cuda.mem_get_info()
            used = max(used, total - free)
    seconds = statistics.median(times[options.warmup :])
    peak = used / GIB if on_gpu else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    line = f"{seconds:.3f} s/step, {sum(lengths) / seconds:.1f} tokens/s, peak {peak:.2f} GiB, loss {losses[0]:.5f} to {losses[-1]:.5f}"
    if on_gpu:
        allocated, reserved = torch.cuda.max_memory_allocated() / GIB, torch.cuda.max_memory_reserved() / GIB
        line += f", allocated {allocated:.2f}, reserved {reserved:.2f} GiB"
    print(line)


def main():
    options = parse()
    if options.versions:
        return print_versions()
    needed = [] if options.plain else ["transformers", "peft"] + (["bitsandbytes"] if options.quantize else [])
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        sys.exit(f"gpu_rival.py: {' and '.join(missing)} cannot be imported; install them, or take --plain")
    try:
        measure(options)
    except RuntimeError as error:
        if "out of memory" not in str(error) and "can't allocate memory" not in str(error):
            raise
        print(f"error: {str(error).splitlines()[0]}", file=sys.stderr)
        sys.exit(3)


main()
