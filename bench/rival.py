#!/usr/bin/python3
"""One LoRA training step of SmolLM2-135M's shape in PyTorch: what the embedded engine is timed beside.

usage: rival.py [--threads N] [--steps N] [--checkpoint] [--mask half [--skip-masked-logits]] [--bf16]

Straightforward PyTorch without waste, in its fastest honest setting: OpenBLAS with OpenMP, tcmalloc preloaded, as many threads in both as
asked for, and on processors with AVX-512 OpenBLAS's AVX-512 kernels (0.3.21 takes its AVX2 kernels on processors that it does not know,
such as Zen 5, at about half the speed). Weights are the benchmark program's own (lora_decoder.py), in fp32.

--mask half: sequences of 256, 224, 176 and 112 tokens, padded to the longest as a collator does, the latter half of each supervised.
tokens/s counts tokens without padding. --skip-masked-logits: the head sees supervised positions only.
Prints one line: the median seconds of a step, tokens/s, the process's peak memory, the first and the last loss.
"""

import argparse
import glob
import os
import resource
import statistics
import sys
import time

SEQUENCES, LENGTH = 4, 256


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--checkpoint", action="store_true")
    parser.add_argument("--mask", choices=["none", "half"], default="none")
    parser.add_argument("--skip-masked-logits", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    return parser.parse_args()


def restart_tuned(threads):
    """Starts itself again where the environment is not yet what makes PyTorch fast: libraries read it when they are loaded."""
    if os.environ.get("RIVAL_IS_TUNED"):
        return
    environment = dict(os.environ, RIVAL_IS_TUNED="1", OMP_NUM_THREADS=str(threads))
    found = sorted(glob.glob("/usr/lib/*/libtcmalloc_minimal.so.4"))
    if not found:
        sys.exit("rival.py: tcmalloc is not installed: apt-get install libtcmalloc-minimal4")
    environment["LD_PRELOAD"] = found[0]
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        if "avx512dq" in file.read():
            environment["OPENBLAS_CORETYPE"] = "SkylakeX"
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)


OPTIONS = parse()
restart_tuned(OPTIONS.threads)

import torch  # noqa: E402 - after the environment is set
from lora_decoder import SHAPES, Decoder, make_batch  # noqa: E402


def main():
    torch.set_num_threads(OPTIONS.threads)
    shape = SHAPES["smollm2-135m"]
    decoder = Decoder(shape, "cpu", checkpoints=OPTIONS.checkpoint, skips=OPTIONS.skip_masked_logits)
    trained = [parameter for parameter in decoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-4, weight_decay=0.0, foreach=True)
    tokens, labels, lengths = make_batch(shape, SEQUENCES, LENGTH, OPTIONS.mask, "cpu")
    times, losses = [], []
    # The first step is not counted: it makes the optimizer's moments and warms the allocator.
    for _ in range(OPTIONS.steps + 1):
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=OPTIONS.bf16):
            loss = decoder(tokens, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times[1:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    rate = sum(lengths) / seconds
    print(f"{seconds:.3f} s/step, {rate:.1f} tokens/s, peak {peak:.2f} GiB, loss {losses[0]:.5f} to {losses[-1]:.5f}")


main()
