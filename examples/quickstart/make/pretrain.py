#!/usr/bin/env python3
"""Makes the quick start's base model, tokenizer and dataset, in the folder above this one.

Needs Python 3.11 with PyTorch (Debian: python3-torch); takes about eight minutes on one core. The seed and the single thread make a
repeated run on the same versions give the same files.
"""

import collections
import json
import math
import os
import struct
import sys
import time

import torch
from torch.nn import functional

import tales

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODEL = os.path.join(HERE, "model")
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
VOCABULARY, HIDDEN, INTERMEDIATE, LAYERS, HEADS, KEY_VALUE_HEADS, LENGTH = 896, 128, 352, 4, 4, 2, 256
HEAD = HIDDEN // HEADS
STEPS, BATCH, PEAK = 1500, 16, 3e-3
TEMPLATE = ("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
            "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")


def byte_letters():
    """GPT-2's letters for bytes: printable bytes stand for themselves, the others for letters from 256 on."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters, extra = {b: chr(b) for b in kept}, 0
    for byte in range(256):
        if byte not in letters:
            letters[byte] = chr(256 + extra)
            extra += 1
    return letters


def words_of(text):
    """Words with the space before them, as the ByteLevel pre-tokenizer cuts text of letters, digits and punctuation."""
    import re
    pattern = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?[^\s\w]+|\s+(?!\S)|\s+")
    return pattern.findall(text)


def train_tokenizer(texts, letters):
    """Byte-level BPE: the most frequent pair becomes a token, until the vocabulary is full; ties go to the pair that sorts first."""
    counts = collections.Counter()
    for text in texts:
        for special in SPECIAL:
            text = text.replace(special, "\0")
        for part in text.split("\0"):
            counts.update("".join(letters[b] for b in word.encode()) for word in words_of(part))
    words = {word: list(word) for word in counts}
    vocabulary, merges = SPECIAL + [letters[b] for b in range(256)], []
    while len(vocabulary) < VOCABULARY:
        pairs = collections.Counter()
        for word, parts in words.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        vocabulary.append("".join(best))
        for word, parts in words.items():
            words[word] = merge(parts, best)
    return {token: i for i, token in enumerate(vocabulary)}, merges


def merge(parts, pair):
    merged, i = [], 0
    while i < len(parts):
        if i + 1 < len(parts) and (parts[i], parts[i + 1]) == pair:
            merged.append(parts[i] + parts[i + 1])
            i += 2
        else:
            merged.append(parts[i])
            i += 1
    return merged


def encoder(vocabulary, merges, letters):
    ranks, known = {pair: i for i, pair in enumerate(merges)}, {}

    def encode_word(word):
        if word not in known:
            parts = [letters[b] for b in word.encode()]
            while len(parts) > 1:
                best = min(zip(parts, parts[1:]), key=lambda pair: ranks.get(pair, math.inf))
                if best not in ranks:
                    break
                parts = merge(parts, best)
            known[word] = [vocabulary[p] for p in parts]
        return known[word]

    def encode(text):
        import re
        ids = []
        for part in re.split("(" + "|".join(map(re.escape, SPECIAL)) + ")", text):
            ids += [vocabulary[part]] if part in SPECIAL else [i for word in words_of(part) for i in encode_word(word)]
        return ids

    return encode


class Norm(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(HIDDEN))

    def forward(self, x):
        return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)


class Layer(torch.nn.Module):
    """A Llama layer; names are those of its checkpoint."""

    def __init__(self):
        super().__init__()
        linear = lambda i, o: torch.nn.Linear(i, o, bias=False)
        self.self_attn = torch.nn.ModuleDict({
            "q_proj": linear(HIDDEN, HEADS * HEAD), "k_proj": linear(HIDDEN, KEY_VALUE_HEADS * HEAD),
            "v_proj": linear(HIDDEN, KEY_VALUE_HEADS * HEAD), "o_proj": linear(HEADS * HEAD, HIDDEN)})
        self.mlp = torch.nn.ModuleDict({
            "gate_proj": linear(HIDDEN, INTERMEDIATE), "up_proj": linear(HIDDEN, INTERMEDIATE), "down_proj": linear(INTERMEDIATE, HIDDEN)})
        self.input_layernorm, self.post_attention_layernorm = Norm(), Norm()

    def forward(self, x, cos, sin, mask):
        b, t, _ = x.shape
        a, n = self.self_attn, self.input_layernorm(x)
        split = lambda y, heads: y.view(b, t, heads, HEAD).transpose(1, 2)
        turn = lambda y: y * cos + torch.cat([-y[..., HEAD // 2:], y[..., :HEAD // 2]], -1) * sin
        q, k = turn(split(a["q_proj"](n), HEADS)), turn(split(a["k_proj"](n), KEY_VALUE_HEADS))
        v = split(a["v_proj"](n), KEY_VALUE_HEADS)
        k, v = (y.repeat_interleave(HEADS // KEY_VALUE_HEADS, 1) for y in (k, v))
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(HEAD) + mask, -1)
        x = x + a["o_proj"]((weights @ v).transpose(1, 2).reshape(b, t, -1))
        n, m = self.post_attention_layernorm(x), self.mlp
        return x + m["down_proj"](functional.silu(m["gate_proj"](n)) * m["up_proj"](n))


class Llama(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed_tokens = torch.nn.Embedding(VOCABULARY, HIDDEN)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = Norm()
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                torch.nn.init.normal_(parameter, std=0.02 / (math.sqrt(2 * LAYERS) if "o_proj" in name or "down_proj" in name else 1))

    def forward(self, ids):
        t = ids.shape[1]
        angles = torch.outer(torch.arange(t).float(), 10000 ** (-torch.arange(0, HEAD, 2).float() / HEAD)).repeat(1, 2)
        mask = torch.full((t, t), -math.inf).triu(1)
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, angles.cos(), angles.sin(), mask)
        return self.norm(x) @ self.embed_tokens.weight.T


def rate(step):
    return PEAK * min(1, (step + 1) / 50) * (0.1 + 0.45 * (1 + math.cos(math.pi * step / STEPS)))


def train(ids):
    model = Llama()
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.05)
    stream, began = torch.tensor(ids), time.time()
    for step in range(STEPS):
        starts = torch.randint(len(stream) - LENGTH - 1, (BATCH,))
        rows = torch.stack([stream[s:s + LENGTH + 1] for s in starts])
        loss = functional.cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.step()
        if step % 50 == 0 or step == STEPS - 1:
            print(f"step {step} loss {loss.item():.4f} {time.time() - began:.0f} s", flush=True)
    return model


def write_json(name, content):
    with open(os.path.join(MODEL, name), "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_weights(model):
    """bf16 safetensors: an 8-byte length, a JSON header, the values."""
    tensors = {"model." + name: parameter.detach().to(torch.bfloat16) for name, parameter in model.named_parameters()}
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name in sorted(tensors):
        values = tensors[name].contiguous().view(torch.int16).numpy().tobytes()
        header[name] = {"dtype": "BF16", "shape": list(tensors[name].shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(MODEL, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_tokenizer(vocabulary, merges):
    added = [{"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
             for i, token in enumerate(SPECIAL)]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    write_json("tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None, "pre_tokenizer": byte_level,
        "post_processor": None, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "vocab": vocabulary, "merges": [" ".join(pair) for pair in merges]}})
    write_json("tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
        "model_max_length": LENGTH, "clean_up_tokenization_spaces": False, "chat_template": TEMPLATE})


def write_config():
    write_json("config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": VOCABULARY, "hidden_size": HIDDEN,
        "intermediate_size": INTERMEDIATE, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_VALUE_HEADS, "head_dim": HEAD, "hidden_act": "silu", "max_position_embeddings": LENGTH,
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False,
        "bos_token_id": None, "eos_token_id": SPECIAL.index("<|im_end|>"), "torch_dtype": "bfloat16"})


def write_dataset():
    for name, count, seed in [("train.jsonl", 400, 7), ("valid.jsonl", 40, 8)]:
        with open(os.path.join(HERE, name), "w", encoding="utf-8", newline="\n") as file:
            for row in tales.conversations(count, seed):
                file.write(json.dumps(row) + "\n")


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    os.makedirs(MODEL, exist_ok=True)
    write_dataset()
    if "--dataset" in sys.argv:
        return
    texts, letters = tales.corpus(20_000, 1), byte_letters()
    vocabulary, merges = train_tokenizer(texts, letters)
    encode = encoder(vocabulary, merges, letters)
    end = vocabulary["<|endoftext|>"]
    ids = [i for text in texts for i in [*encode(text), end]]
    print(f"{len(vocabulary)} tokens in the vocabulary, {len(ids)} in the corpus", flush=True)
    write_tokenizer(vocabulary, merges)
    write_config()
    write_weights(train(ids))


if __name__ == "__main__":
    main()
