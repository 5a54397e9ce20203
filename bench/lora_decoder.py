"""A Llama with LoRA in straightforward PyTorch, and the same shapes, numbers and batches as the benchmark program has.

What bench/rival.py and bench/gpu_rival.py share. Numbers look random and are a function of their place (HashedNumbers.cs), so that the
losses of both sides can be compared.
"""

import collections

import torch
import torch.nn.functional as functional
from torch import nn
from torch.utils.checkpoint import checkpoint

Shape = collections.namedtuple("Shape", "layers hidden inner heads key_value_heads head vocabulary rope_base ties")

SHAPES = {
    "tiny": Shape(3, 96, 160, 6, 2, 16, 499, 10000.0, True),
    "smollm2-135m": Shape(30, 576, 1536, 9, 3, 64, 49152, 100000.0, True),
    "llama-3-8b": Shape(32, 4096, 14336, 32, 8, 128, 128256, 500000.0, False),
}
RANK, ALPHA, EPSILON = 16, 32, 1e-5
IGNORED = -100
LINEARS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]


def hashed(kind, start, count, device):
    """Integers of 32 bits: MurmurHash3's finalizer. Kind 0 is base weights, 1 matrices A, 2 tokens."""
    low = 0xFFFFFFFF
    x = torch.arange(start, start + count, dtype=torch.int64, device=device)
    x ^= (kind * 0x9E3779B9) & low
    x = ((x ^ (x >> 16)) * 0x85EBCA6B) & low
    x = ((x ^ (x >> 13)) * 0xC2B2AE35) & low
    return x ^ (x >> 16)


def units(kind, start, count, device):
    """Numbers from -1 to below 1, in fp32; in pieces, for the integers take eight bytes each."""
    result = torch.empty(count, dtype=torch.float32, device=device)
    piece = 1 << 24
    for first in range(0, count, piece):
        part = hashed(kind, start + first, min(piece, count - first), device)
        result[first : first + piece] = (part >> 8).float() * 2.0**-23 - 1
    return result


class Weights:
    """The base model's tensors by the names of transformers, rounded to bf16: HashedWeights.cs."""

    def __init__(self, shape, device):
        self.device = device
        self.shapes = {"model.embed_tokens": (shape.vocabulary, shape.hidden)}
        queries, keys = shape.heads * shape.head, shape.key_value_heads * shape.head
        sizes = [(queries, shape.hidden), (keys, shape.hidden), (keys, shape.hidden), (shape.hidden, queries)]
        sizes += [(shape.inner, shape.hidden), (shape.inner, shape.hidden), (shape.hidden, shape.inner)]
        linears = dict(zip(LINEARS, sizes))
        for layer in range(shape.layers):
            for name in ["input_layernorm", *LINEARS[:4], "post_attention_layernorm", *LINEARS[4:]]:
                self.shapes[f"model.layers.{layer}.{name}"] = linears.get(name, (shape.hidden,))
        self.shapes["model.norm"] = (shape.hidden,)
        if not shape.ties:
            self.shapes["lm_head"] = (shape.vocabulary, shape.hidden)
        self.starts = {name: 4128 * number for number, name in enumerate(self.shapes)}

    def make(self, name):
        """The tensor on the device, in bf16."""
        size = self.shapes[name]
        if len(size) == 1:
            return torch.ones(size, dtype=torch.bfloat16, device=self.device)
        scale = torch.tensor(0.02) * torch.tensor(3.0).sqrt()
        return (units(0, self.starts[name], size[0] * size[1], self.device) * scale.item()).to(torch.bfloat16).view(size)


def fill_adapters(matrices):
    """Gives matrices A their first values: uniform within 1 / sqrt(in), as PEFT does. They come in the order of the model."""
    start = 0
    for a in matrices:
        with torch.no_grad():
            a.copy_(units(1, start, a.numel(), a.device).view(a.shape) / a.shape[1] ** 0.5)
        start += a.numel()


def make_batch(shape, sequences, length, mask, device):
    """Tokens and labels (not shifted) of shape (sequences, length), padded at the end, and how many tokens are no padding."""
    shares = [1.0, 0.875, 0.6875, 0.4375] if mask == "half" else [1.0]
    lengths = [int(length * shares[i % len(shares)]) for i in range(sequences)]
    flat = hashed(2, 0, sum(lengths), "cpu") % shape.vocabulary
    tokens = torch.zeros(sequences, length, dtype=torch.long)
    labels = torch.full_like(tokens, IGNORED)
    place = 0
    for row, count in enumerate(lengths):
        tokens[row, :count] = flat[place : place + count]
        first = count // 2 if mask == "half" else 0
        labels[row, first:count] = tokens[row, first:count]
        place += count
    return tokens.to(device), labels.to(device), lengths


class FourBitWeight:
    """A weight in NF4 with double quantization as bitsandbytes stores it, dequantized where it is used."""

    VALUES = [
        -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
        -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
        0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
    ]  # fmt: skip

    def __init__(self, weight, dtype):
        self.size, self.dtype = weight.shape, dtype
        self.values = torch.tensor(self.VALUES, device=weight.device)
        blocks = weight.float().view(-1, 64)
        scales = blocks.abs().amax(1)
        codes = nearest(self.values, blocks / scales[:, None]).view(-1, 2)
        self.codes = (codes[:, 0] * 16 + codes[:, 1]).to(torch.uint8)
        self.map = dynamic_map().to(weight.device)
        self.offset = scales.double().mean().float()
        padded = functional.pad(scales - self.offset, (0, -scales.numel() % 256)).view(-1, 256)
        self.nested = padded.abs().amax(1)
        self.scale_codes = nearest(self.map, padded / self.nested[:, None]).to(torch.uint8)
        self.blocks = scales.numel()

    def open(self):
        scales = (self.map[self.scale_codes.long()] * self.nested[:, None] + self.offset).view(-1)[: self.blocks]
        codes = torch.stack((self.codes >> 4, self.codes & 15), dim=1).long()
        return (self.values[codes].view(-1, 64) * scales[:, None]).view(self.size).to(self.dtype)


def dynamic_map():
    """The 256 values of bitsandbytes' signed 8-bit type: seven decades, each with twice the values of the one below."""
    values = [0.0, 1.0]
    for decade in range(7):
        bounds = torch.linspace(0.1, 1, 2**decade + 1)
        means = (bounds[1:] + bounds[:-1]) / 2 * 10.0 ** (decade - 6)
        values += means.tolist() + (-means).tolist()
    return torch.tensor(sorted(values))


def nearest(table, values):
    """Indices of the nearest values of an ascending table."""
    return torch.bucketize(values, (table[1:] + table[:-1]) / 2)


class FourBitProduct(torch.autograd.Function):
    """x W^T with a weight that is dequantized in the forward and again in the backward pass, and not kept between."""

    @staticmethod
    def forward(context, x, weight):
        context.weight, context.dtype = weight, x.dtype
        return functional.linear(x.to(weight.dtype), weight.open())

    @staticmethod
    def backward(context, gradient):
        return gradient.to(context.weight.dtype).mm(context.weight.open()).to(context.dtype), None


class LoraLinear(nn.Module):
    def __init__(self, weight, quantizes):
        super().__init__()
        rows, columns = weight.shape
        self.weight = FourBitWeight(weight, weight.dtype) if quantizes else nn.Parameter(weight, requires_grad=False)
        self.a = nn.Parameter(torch.zeros(RANK, columns, device=weight.device))
        self.b = nn.Parameter(torch.zeros(rows, RANK, device=weight.device))

    def forward(self, x):
        y = FourBitProduct.apply(x, self.weight) if isinstance(self.weight, FourBitWeight) else functional.linear(x, self.weight)
        return torch.addmm(y, functional.linear(x, self.a), self.b.t(), alpha=ALPHA / RANK)


class Norm(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)

    def forward(self, x):
        wide = x.float()
        return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + EPSILON)).to(x.dtype) * self.weight


class Layer(nn.Module):
    def __init__(self, shape, make, quantizes):
        super().__init__()
        self.shape = shape
        self.attention_norm, self.mlp_norm = Norm(make("input_layernorm")), Norm(make("post_attention_layernorm"))
        self.q, self.k, self.v, self.o, self.gate, self.up, self.down = (LoraLinear(make(name), quantizes) for name in LINEARS)

    def forward(self, x, cos, sin, mask):
        x = x + self.attention(self.attention_norm(x), cos, sin, mask)
        y = self.mlp_norm(x)
        return x + self.down(functional.silu(self.gate(y)) * self.up(y))

    def attention(self, x, cos, sin, mask):
        length, shape = cos.shape[0], self.shape

        def heads(y, count):
            return y.view(-1, length, count, shape.head).transpose(1, 2)

        repeats = shape.heads // shape.key_value_heads
        q = rotate(heads(self.q(x), shape.heads), cos, sin)
        k = rotate(heads(self.k(x), shape.key_value_heads), cos, sin).repeat_interleave(repeats, dim=1)
        v = heads(self.v(x), shape.key_value_heads).repeat_interleave(repeats, dim=1)
        attended = attend(q, k, v, mask)
        return self.o(attended.transpose(1, 2).reshape(x.shape[0], shape.heads * shape.head))


def attend(q, k, v, mask):
    """Causal attention. Padding is at the end, where no token in front of it looks: nothing else is masked."""
    if hasattr(functional, "scaled_dot_product_attention"):
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    # PyTorch 1.
    size = q.shape
    q, k, v = (y.reshape(-1, size[2], size[3]) for y in (q, k, v))
    scores = torch.baddbmm(mask, q, k.transpose(1, 2), alpha=size[3] ** -0.5)
    return torch.bmm(torch.softmax(scores, dim=-1), v).view(size)


def rotate(x, cos, sin):
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Decoder(nn.Module):
    """The model with its adapters.

    dtype: of the base's weights. quantizes: linear layers in NF4. checkpoints: each layer is computed again in the backward pass.
    skips: the head sees supervised positions only.
    """

    def __init__(self, shape, device, dtype=torch.float32, quantizes=False, checkpoints=False, skips=False):
        super().__init__()
        self.shape, self.checkpoints, self.skips = shape, checkpoints, skips
        weights = Weights(shape, device)

        def make(name):
            return weights.make(name).to(dtype)

        self.embedding = nn.Parameter(make("model.embed_tokens"), requires_grad=False)
        self.layers = nn.ModuleList(
            Layer(shape, lambda name, layer=layer: make(f"model.layers.{layer}.{name}"), quantizes) for layer in range(shape.layers)
        )
        self.norm = Norm(make("model.norm"))
        self.head = self.embedding if shape.ties else nn.Parameter(make("lm_head"), requires_grad=False)
        fill_adapters(linear.a for layer in self.layers for linear in layer.children() if isinstance(linear, LoraLinear))

    def forward(self, tokens, labels):
        """The mean loss. tokens, labels: (sequences, T)."""
        length, shape = tokens.shape[1], self.shape
        angles = torch.arange(length)[:, None] / shape.rope_base ** (torch.arange(0, shape.head, 2) / shape.head)
        angles = torch.cat((angles, angles), dim=-1).to(tokens.device)
        cos, sin = (table.to(self.embedding.dtype) for table in (angles.cos(), angles.sin()))
        mask = torch.full((length, length), float("-inf"), device=tokens.device).triu(1)
        x = functional.embedding(tokens.view(-1), self.embedding)
        for layer in self.layers:
            x = checkpoint(layer, x, cos, sin, mask, use_reentrant=False) if self.checkpoints else layer(x, cos, sin, mask)
        targets = functional.pad(labels[:, 1:], (0, 1), value=IGNORED).reshape(-1)
        if self.skips:
            x, targets = x[targets != IGNORED], targets[targets != IGNORED]
        return functional.cross_entropy(functional.linear(self.norm(x), self.head).float(), targets, ignore_index=IGNORED)
