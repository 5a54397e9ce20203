#!/usr/bin/python3
"""One LoRA training step of SmolLM2-135M's shape in PyTorch: what the embedded engine is timed beside.

usage: rival.py [--threads N] [--steps N] [--checkpoint] [--mask half [--skip-masked-logits]] [--bf16]

Straightforward PyTorch without waste, in its fastest honest setting: OpenBLAS with OpenMP, tcmalloc preloaded, as many threads in both as
asked for, and on processors with AVX-512 OpenBLAS's AVX-512 kernels (0.3.21 takes its AVX2 kernels on processors that it does not know,
such as Zen 5, at about half the speed). Weights are random and in fp32.

--mask half: sequences of 256, 224, 176 and 112 tokens, padded to the longest as a collator does, the latter half of each supervised.
tokens/s counts tokens without padding. --skip-masked-logits: the head sees supervised positions only.
Prints one line: the median seconds of a step, tokens/s, the process's peak memory, the last loss.
"""

import argparse
import glob
import os
import resource
import statistics
import sys
import time

LAYERS, HIDDEN, INNER, HEADS, KEY_VALUE_HEADS, HEAD, VOCABULARY = 30, 576, 1536, 9, 3, 64, 49152
SEQUENCES, LENGTH, RANK, ALPHA, EPSILON, ROPE_BASE = 4, 256, 16, 32, 1e-5, 100000.0
HALF_LENGTHS = [256, 224, 176, 112]
IGNORED = -100


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
import torch.nn.functional as functional  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402


def frozen(*shape):
    return nn.Parameter(torch.randn(*shape) * 0.02, requires_grad=False)


class LoraLinear(nn.Module):
    def __init__(self, columns, rows):
        super().__init__()
        self.weight = frozen(rows, columns)
        self.a = nn.Parameter((torch.rand(RANK, columns) * 2 - 1) / columns**0.5)
        self.b = nn.Parameter(torch.zeros(rows, RANK))

    def forward(self, x):
        return torch.addmm(functional.linear(x, self.weight), functional.linear(x, self.a), self.b.t(), alpha=ALPHA / RANK)


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(HIDDEN), requires_grad=False)

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * self.weight


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention_norm, self.mlp_norm = Norm(), Norm()
        self.q, self.o = LoraLinear(HIDDEN, HEADS * HEAD), LoraLinear(HEADS * HEAD, HIDDEN)
        self.k, self.v = LoraLinear(HIDDEN, KEY_VALUE_HEADS * HEAD), LoraLinear(HIDDEN, KEY_VALUE_HEADS * HEAD)
        self.gate, self.up, self.down = LoraLinear(HIDDEN, INNER), LoraLinear(HIDDEN, INNER), LoraLinear(INNER, HIDDEN)

    def forward(self, x, cos, sin, mask):
        x = x + self.attention(self.attention_norm(x), cos, sin, mask)
        y = self.mlp_norm(x)
        return x + self.down(functional.silu(self.gate(y)) * self.up(y))

    def attention(self, x, cos, sin, mask):
        length = cos.shape[0]

        def heads(y, count):
            return y.view(-1, length, count, HEAD).transpose(1, 2)

        q = rotate(heads(self.q(x), HEADS), cos, sin)
        k = rotate(heads(self.k(x), KEY_VALUE_HEADS), cos, sin).repeat_interleave(HEADS // KEY_VALUE_HEADS, dim=1)
        v = heads(self.v(x), KEY_VALUE_HEADS).repeat_interleave(HEADS // KEY_VALUE_HEADS, dim=1)
        q, k, v = (y.reshape(-1, length, HEAD) for y in (q, k, v))
        scores = torch.baddbmm(mask, q, k.transpose(1, 2), alpha=HEAD**-0.5)
        attended = torch.bmm(torch.softmax(scores, dim=-1), v)
        return self.o(attended.view(-1, HEADS, length, HEAD).transpose(1, 2).reshape(x.shape[0], HEADS * HEAD))


def rotate(x, cos, sin):
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = frozen(VOCABULARY, HIDDEN)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = Norm()

    def forward(self, tokens, targets, checkpoints, skips):
        """The mean loss. tokens, targets: (sequences, T)."""
        length = tokens.shape[1]
        angles = torch.arange(length)[:, None] / ROPE_BASE ** (torch.arange(0, HEAD, 2) / HEAD)
        angles = torch.cat((angles, angles), dim=-1)
        cos, sin = angles.cos(), angles.sin()
        # Padding is at the end, where no token in front of it looks: the causal mask is enough.
        mask = torch.full((length, length), float("-inf")).triu(1)
        x = functional.embedding(tokens.view(-1), self.embedding)
        for layer in self.layers:
            x = checkpoint(layer, x, cos, sin, mask, use_reentrant=False) if checkpoints else layer(x, cos, sin, mask)
        targets = targets.view(-1)
        if skips:
            x, targets = x[targets != IGNORED], targets[targets != IGNORED]
        return functional.cross_entropy(functional.linear(self.norm(x), self.embedding).float(), targets, ignore_index=IGNORED)


def make_batch(mask):
    """Tokens, targets (shifted already), and the tokens that are no padding."""
    lengths = [LENGTH] * SEQUENCES if mask == "none" else HALF_LENGTHS
    tokens = torch.zeros(len(lengths), max(lengths), dtype=torch.long)
    targets = torch.full_like(tokens, IGNORED)
    for row, length in enumerate(lengths):
        tokens[row, :length] = torch.randint(VOCABULARY, (length,))
        start = 0 if mask == "none" else length // 2 - 1
        targets[row, start : length - 1] = tokens[row, start + 1 : length]
    return tokens, targets, sum(lengths)


def main():
    torch.manual_seed(1)
    torch.set_num_threads(OPTIONS.threads)
    decoder = Decoder()
    trained = [parameter for parameter in decoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-4, weight_decay=0.0, foreach=True)
    tokens, targets, count = make_batch(OPTIONS.mask)
    times = []
    # The first step is not counted: it makes the optimizer's moments and warms the allocator.
    for _ in range(OPTIONS.steps + 1):
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=OPTIONS.bf16):
            loss = decoder(tokens, targets, OPTIONS.checkpoint, OPTIONS.skip_masked_logits)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        last = loss.item()
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times[1:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{seconds:.3f} s/step, {count / seconds:.1f} tokens/s, peak {peak:.2f} GiB, loss {last:.4f}")


main()
