"""The keywords of the classes that scripts call: PEFT's configs, transformers' and TRL's arguments, BitsAndBytesConfig, Unsloth's functions."""

import ast
import re

from . import hf, history, peft, trl
from .python_source import PythonIndex
from .shapes import Key, Shape, anything, mark, scalar

# Classes of TRL whose calls are read; those that inherit transformers' arguments have them through their base.
TRL_CLASSES = [
    "SFTConfig", "DPOConfig", "GRPOConfig", "KTOConfig", "ORPOConfig", "CPOConfig", "RewardConfig", "RLOOConfig", "PPOConfig", "PRMConfig",
    "BCOConfig", "OnlineDPOConfig", "GKDConfig", "NashMDConfig", "XPOConfig",
]

# transformers@14257688 src/transformers/utils/quantization_config.py, BitsAndBytesConfig.__init__, which logs what else it is given.
BITS_AND_BYTES = {
    "load_in_8bit": (scalar("boolean"), False),
    "load_in_4bit": (scalar("boolean"), False),
    "llm_int8_threshold": (scalar("number"), 6.0),
    "llm_int8_skip_modules": (Shape(types={"array", "null"}, items=scalar("string")), None),
    "llm_int8_enable_fp32_cpu_offload": (scalar("boolean"), False),
    "llm_int8_has_fp16_weight": (scalar("boolean"), False),
    "bnb_4bit_compute_dtype": (anything(), None),
    "bnb_4bit_quant_type": (scalar("string"), "fp4"),
    "bnb_4bit_use_double_quant": (scalar("boolean"), False),
    "bnb_4bit_quant_storage": (anything(), None),
    # What a saved config of it has besides.
    "quant_method": (anything(), None),
    "_load_in_8bit": (anything(), None),
    "_load_in_4bit": (anything(), None),
}

# What TrainingArguments had in v4 besides the keys that hf.py tells (transformers v4.57 training_args.py).
V4_ARGUMENTS = {
    "save_safetensors": scalar("boolean"),
}
V4_BACKENDS = ["ccl"]

UNSLOTH = "unslothai/unsloth"


def build(sources):
    """(name, base or None, unknown keys, shape, source) of each class, in the order in which they refer to one another."""
    tables = []
    repository = sources[peft.REPOSITORY]
    configs = history.with_history(repository, of_peft, peft.config_files, peft.PREFIXES)
    line = repository.source_line()
    tables.append(("LoraConfig", None, "rejected", configs.keys["LoraConfig"].shape, line))
    tables.append(("AdaLoraConfig", "LoraConfig", "rejected", configs.keys["AdaLoraConfig"].shape, line))
    shape = Shape(types={"object"})
    for name, (kind, default) in BITS_AND_BYTES.items():
        shape.keys[name] = Key(kind, default)
    tables.append(("BitsAndBytesConfig", None, "ignored", shape, "huggingface/transformers@14257688 (src/transformers/utils/quantization_config.py)"))
    line = sources[hf.REPOSITORY].source_line()
    arguments = of_transformers(sources)
    tables.append(("TrainingArguments", None, "rejected", arguments, line))
    tables.append(("Seq2SeqTrainingArguments", "TrainingArguments", "rejected", of_transformers(sources, "Seq2SeqTrainingArguments"), line))
    repository = sources[trl.REPOSITORY]
    extract = OfTrl(sources)
    configs = history.with_history(repository, extract, trl.config_files, trl.PREFIXES)
    for name in TRL_CLASSES:
        if name not in configs.keys:
            continue
        shape = configs.keys[name].shape
        for key in arguments.keys:
            # What TRL no longer has itself it may still inherit, and its release says nothing about a key of transformers.
            if key in shape.keys and shape.keys[key].removed:
                del shape.keys[key]
            elif key in shape.keys:
                shape.keys[key].since = None
        for old, new in trl.RENAMED.items():
            if new in shape.keys and old in shape.keys and (shape.keys[old].removed or shape.keys[old].deprecated):
                mark(shape, old, renamed_to=new)
        tables.append((name, "TrainingArguments", "rejected", shape, repository.source_line()))
    repository = sources[UNSLOTH]
    shapes = of_unsloth(repository.head())
    for name in ("from_pretrained", "get_peft_model"):
        tables.append((name, "LoraConfig" if name == "get_peft_model" else None, "unchecked", shapes[name], repository.source_line()))
    return tables


def of_transformers(sources, name="TrainingArguments"):
    arguments = hf.training_arguments(sources, name)
    for key, shape in V4_ARGUMENTS.items():
        mark(arguments, key, shape=shape, removed="5.0")
    backends = arguments.keys["ddp_backend"].shape
    backends.values = backends.values + [value for value in V4_BACKENDS if value not in backends.values]
    return arguments


def of_peft(tree):
    index = PythonIndex(tree, tree.paths(peft.config_files))
    root = Shape(types={"object"})
    for name in ("LoraConfig", "AdaLoraConfig"):
        if name in index.classes:
            root.keys[name] = Key(index.model(name))
    return root if root.keys else Shape()


class OfTrl:
    """TRL's own keys by class."""

    def __init__(self, sources):
        self._known = {name: shape for name, shape in hf.inherited(sources).items() if name in hf.KNOWN}

    def __call__(self, tree):
        index = PythonIndex(tree, tree.paths(trl.config_files), self._known)
        root = Shape(types={"object"})
        for name in TRL_CLASSES:
            for path, _ in index.classes.get(name, []):
                joined = root.keys[name].shape if name in root.keys else Shape(types={"object"})
                for key, value in index.model(name, path).keys.items():
                    joined.with_key(key, value)
                root.keys[name] = Key(joined)
        return root if root.keys else Shape()


def of_unsloth(tree):
    """The parameters of all functions of Unsloth's that load a model or put an adapter on one: what one of them has, others pass on."""
    paths = tree.paths(lambda p: re.fullmatch(r"unsloth/models/(llama|vision|loader)\.py", p) is not None)
    index = PythonIndex(tree, paths)
    shapes = {"from_pretrained": Shape(types={"object"}), "get_peft_model": Shape(types={"object"})}
    for path in paths:
        for node in ast.walk(tree.module(path)):
            if isinstance(node, ast.FunctionDef) and node.name in shapes:
                for key, value in index.parameters(node, path, skip=("self", "cls", "model")).keys.items():
                    # What Unsloth takes is looser than what is noted there.
                    shapes[node.name].keys[key] = Key(anything(), value.default)
    return shapes
