"""The decoders of all families, plainly and in float64.

What a family does is from its modeling and configuration files in huggingface/transformers. The decoder asks an adapter for every
linear layer and every other weight, so that it knows nothing of LoRA.
"""

import math

import torch
import torch.nn.functional as functional

import rope

GEMMA = ("gemma2", "gemma3_text")


class Decoder:
    def __init__(self, config):
        self.config = config
        self.family = config["model_type"]
        self.heads = config["num_attention_heads"]
        self.key_value_heads = config["num_key_value_heads"]
        self.head_size = config.get("head_dim") or config["hidden_size"] // self.heads
        self.layers = config["num_hidden_layers"]
        self.layer_types = [self._layer_type(layer) for layer in range(self.layers)]
        self.ropes = [rope.frequencies(config, self.head_size, kind) for kind in self.layer_types]

    def shapes(self):
        """Shapes of all tensors of the model by name."""
        config, hidden, inner = self.config, self.config["hidden_size"], self.config["intermediate_size"]
        queries, keys = self.heads * self.head_size, self.key_value_heads * self.head_size
        qkv_bias = config.get("attention_bias", False) or self.family == "qwen2"
        output_bias = config.get("attention_bias", False) and self.family != "qwen2"
        mlp_bias = config.get("mlp_bias", False)
        shapes = {"model.embed_tokens.weight": [config["vocab_size"], hidden], "model.norm.weight": [hidden]}
        if not config["tie_word_embeddings"]:
            shapes["lm_head.weight"] = [config["vocab_size"], hidden]

        def linear(name, rows, columns, has_bias):
            shapes[name + ".weight"] = [rows, columns]
            if has_bias:
                shapes[name + ".bias"] = [rows]

        for layer in range(self.layers):
            prefix = f"model.layers.{layer}."
            norms = ["input_layernorm", "post_attention_layernorm"]
            if self.family in GEMMA:
                norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
            for norm in norms:
                shapes[prefix + norm + ".weight"] = [hidden]
            if self.family == "phi3":
                linear(prefix + "self_attn.qkv_proj", queries + 2 * keys, hidden, False)
                linear(prefix + "mlp.gate_up_proj", 2 * inner, hidden, False)
            else:
                linear(prefix + "self_attn.q_proj", queries, hidden, qkv_bias)
                linear(prefix + "self_attn.k_proj", keys, hidden, qkv_bias)
                linear(prefix + "self_attn.v_proj", keys, hidden, qkv_bias)
                linear(prefix + "mlp.gate_proj", inner, hidden, mlp_bias)
                linear(prefix + "mlp.up_proj", inner, hidden, mlp_bias)
            linear(prefix + "self_attn.o_proj", hidden, queries, output_bias)
            linear(prefix + "mlp.down_proj", hidden, inner, mlp_bias)
            if self.family in ("qwen3", "gemma3_text"):
                shapes[prefix + "self_attn.q_norm.weight"] = [self.head_size]
                shapes[prefix + "self_attn.k_norm.weight"] = [self.head_size]
        return shapes

    def logits(self, modules, tokens):
        """Logits of one sequence, shape (T, vocabulary). modules gives weight(name) and linear(name, input)."""
        x = modules.embedding(tokens)
        if self.family in GEMMA:
            x = x * math.sqrt(self.config["hidden_size"])
        for layer in range(self.layers):
            x = self._layer(modules, layer, x)
        x = self._norm(x, modules.weight("model.norm.weight"))
        logits = modules.linear("lm_head", x)
        cap = self.config.get("final_logit_softcapping")
        return logits if not cap else cap * torch.tanh(logits / cap)

    def _layer(self, modules, layer, x):
        prefix = f"model.layers.{layer}."

        def norm(name, value):
            return self._norm(value, modules.weight(prefix + name + ".weight"))

        attended = self._attention(modules, layer, norm("input_layernorm", x))
        if self.family in GEMMA:
            x = x + norm("post_attention_layernorm", attended)
            return x + norm("post_feedforward_layernorm", self._feed_forward(modules, prefix, norm("pre_feedforward_layernorm", x)))
        x = x + attended
        return x + self._feed_forward(modules, prefix, norm("post_attention_layernorm", x))

    def _attention(self, modules, layer, x):
        prefix = f"model.layers.{layer}.self_attn."
        length = x.shape[0]
        if self.family == "phi3":
            sizes = [self.heads * self.head_size, self.key_value_heads * self.head_size, self.key_value_heads * self.head_size]
            q, k, v = modules.linear(prefix + "qkv_proj", x).split(sizes, dim=-1)
        else:
            q, k, v = (modules.linear(prefix + name, x) for name in ("q_proj", "k_proj", "v_proj"))
        # (heads, T, head size)
        q = q.view(length, self.heads, self.head_size).transpose(0, 1)
        k = k.view(length, self.key_value_heads, self.head_size).transpose(0, 1)
        v = v.view(length, self.key_value_heads, self.head_size).transpose(0, 1)
        if self.family in ("qwen3", "gemma3_text"):
            q = self._norm(q, modules.weight(prefix + "q_norm.weight"))
            k = self._norm(k, modules.weight(prefix + "k_norm.weight"))
        if self._has_rope(layer):
            q, k = (self._rotate(value, *self.ropes[layer]) for value in (q, k))
        group = self.heads // self.key_value_heads
        k, v = k.repeat_interleave(group, dim=0), v.repeat_interleave(group, dim=0)

        scale = (self.config["query_pre_attn_scalar"] if self.family in GEMMA else self.head_size) ** -0.5
        scores = q @ k.transpose(1, 2) * scale
        cap = self.config.get("attn_logit_softcapping")
        if cap:
            scores = cap * torch.tanh(scores / cap)
        scores = scores.masked_fill(~self._sees(layer, length), -math.inf)
        attended = (torch.softmax(scores, dim=-1) @ v).transpose(0, 1).reshape(length, -1)
        return modules.linear(prefix + "o_proj", attended)

    def _feed_forward(self, modules, prefix, x):
        if self.family == "phi3":
            gate, up = modules.linear(prefix + "mlp.gate_up_proj", x).chunk(2, dim=-1)
        else:
            gate, up = modules.linear(prefix + "mlp.gate_proj", x), modules.linear(prefix + "mlp.up_proj", x)
        gate = self._gelu(gate) if self.family in GEMMA else functional.silu(gate)
        return modules.linear(prefix + "mlp.down_proj", gate * up)

    def _norm(self, x, weight):
        normed = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.config["rms_norm_eps"])
        return normed * (1 + weight if self.family in GEMMA else weight)

    @staticmethod
    def _gelu(x):
        return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))

    @staticmethod
    def _rotate(x, inverse, scale):
        """Turns dimension i together with dimension i + half by position times frequency."""
        half = len(inverse)
        angles = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * inverse
        cos, sin = angles.cos() * scale, angles.sin() * scale
        first, second, rest = x[..., :half], x[..., half : 2 * half], x[..., 2 * half :]
        return torch.cat([first * cos - second * sin, second * cos + first * sin, rest], dim=-1)

    def _sees(self, layer, length):
        back = torch.arange(length)[:, None] - torch.arange(length)
        sees = back >= 0
        if self.layer_types[layer] == "sliding_attention":
            sees &= back < self.config["sliding_window"]
        return sees

    def _has_rope(self, layer):
        if self.family != "smollm3":
            return True
        # The list's name means the opposite of its values: 1 is a layer with rope.
        layers = self.config.get("no_rope_layers")
        return bool(layers[layer]) if layers else (layer + 1) % self.config.get("no_rope_layer_interval", 4) != 0

    def _layer_type(self, layer):
        config = self.config
        if config.get("layer_types"):
            return config["layer_types"][layer]
        if not config.get("sliding_window"):
            slides = False
        elif self.family in ("mistral", "phi3"):
            slides = True
        elif self.family in ("qwen2", "qwen3"):
            slides = config.get("use_sliding_window", False) and layer >= config["max_window_layers"]
        elif self.family == "gemma2":
            slides = layer % 2 == 0
        elif self.family == "gemma3_text":
            slides = (layer + 1) % config["sliding_window_pattern"] != 0
        else:
            slides = False
        return "sliding_attention" if slides else "full_attention"
