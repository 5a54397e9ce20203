"""LitGPT: the parameters of its fine-tuning commands, their argument groups and the data modules."""

import ast
import re

from . import history, optimizers
from .python_source import PythonIndex, is_dataclass, name_of
from .shapes import UNSET, Key, Shape, anything, scalar, union

REPOSITORY = "Lightning-AI/litgpt"
TITLE = "LitGPT fine-tuning configuration"
UNKNOWN_KEYS = "rejected"  # jsonargparse
PREFIXES = ["litgpt", "lit_gpt", "finetune", "lit_parrot"]
FILES = re.compile(r"^((litgpt/)?finetune/\w+|lit(gpt|_gpt)/args|litgpt/data/\w+|litgpt/(pretrain|scripts/merge_lora))\.py$")


def build(sources):
    repository = sources[REPOSITORY]
    root = history.with_history(repository, extract, config_files, PREFIXES)
    optimizer = root.keys["optimizer"]
    optimizer.shape = union(scalar("string"), component(optimizers.add_to(Shape(types={"object"}, other=anything()))))
    return root, [repository.source_line()]


def config_files(path):
    return FILES.search(path) is not None


def extract(tree):
    known = {"LoggerChoice": scalar("string"), "Devices": scalar("integer", "string")}
    index = PythonIndex(tree, tree.paths(config_files), known)
    root = Shape(types={"object"})
    # LoRA's own defaults count; the other commands only add their parameters.
    for path, function in sorted(index.functions.get("setup", []), key=lambda entry: (not entry[0].endswith("/lora.py"), entry[0])):
        for name, key in index.parameters(function, path).keys.items():
            if name not in root.keys:
                root.keys[name] = key
                call_defaults(index, function, path, name, key)
    if "data" in root.keys:
        root.keys["data"].shape = data_module(index)
    return root if root.keys else Shape()


def call_defaults(index, function, path, name, key):
    """`train: TrainArgs = TrainArgs(epochs=5)` overrides the default of TrainArgs.epochs."""
    arguments = function.args.posonlyargs + function.args.args
    defaults = dict(zip([a.arg for a in arguments][-len(function.args.defaults or [None]):], function.args.defaults))
    call = defaults.get(name)
    if isinstance(call, ast.Call):
        for keyword in call.keywords:
            if keyword.arg in key.shape.keys:
                old = key.shape.keys[keyword.arg]
                key.shape.keys[keyword.arg] = Key(old.shape, index.value(keyword.value, path))


def data_module(index):
    """Any DataModule may be named; the keys of LitGPT's own are known."""
    arguments = Shape(types={"object"}, other=anything())
    for name, places in sorted(index.classes.items()):
        for path, node in places:
            if path.startswith("litgpt/data/") and is_dataclass(node) and any(name_of(b) in index.classes or name_of(b) == "DataModule" for b in node.bases):
                for key, value in index.model(name, path).keys.items():
                    if value.default is not UNSET or key in ("json_path", "download_dir"):
                        arguments.with_key(key, value)
    return union(component(arguments), scalar("string", "null"))


def component(arguments):
    """jsonargparse's form of a class: its name and its arguments."""
    module = Shape(types={"object"}, other=anything())
    module.keys["class_path"] = Key(scalar("string"))
    module.keys["init_args"] = Key(arguments)
    return module
