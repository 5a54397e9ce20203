"""torchtune: what its recipes read from the configuration, and the parameters of its own components."""

import ast
import re

from . import optimizers
from .python_source import PythonIndex, name_of
from .shapes import UNSET, Key, Shape, anything, scalar, union

REPOSITORY = "meta-pytorch/torchtune"
TITLE = "torchtune recipe configuration"
UNKNOWN_KEYS = "unchecked"  # OmegaConf: a key of any name may be there, if only to be interpolated
PREFIXES = ["recipes", "torchtune"]

# Which functions and classes may stand behind a component: (key, file, name).
COMPONENTS = [
    ("model", r"torchtune/models/.*_model_builders\.py", r"^q?lora_|^(llama|mistral|gemma|phi|qwen|smol)"),
    ("tokenizer", r"torchtune/models/.*_model_builders\.py", r"_tokenizer$"),
    ("tokenizer", r"torchtune/models/.*_model_builders\.py", r"_transform$"),
    ("checkpointer", r"torchtune/training/checkpointing/.*\.py", r"Checkpointer$"),
    ("dataset", r"torchtune/datasets/.*\.py", r"_dataset$"),
    ("metric_logger", r"torchtune/training/metric_logging\.py", r"Logger$"),
    ("profiler", r"torchtune/training/_profiler\.py", r"^setup_torch_profiler$"),
    ("lr_scheduler", r"torchtune/training/lr_schedulers\.py", r"^get_.*_schedule"),
    ("loss", r"torchtune/(modules/loss|rlhf/loss)/.*\.py", r"Loss$"),
]
OWN_PARAMETERS = {"optimizer", "last_epoch", "tokenizer", "model_transform"}


def build(sources):
    repository = sources[REPOSITORY]
    # The project is no longer maintained: HEAD has every key, and the recipes say nothing of older ones.
    tree = repository.tree("HEAD", PREFIXES)
    root = Shape(types={"object"}, other=anything())
    for path in tree.paths(lambda p: re.search(r"^recipes/.*\.py$", p)):
        for name, default in reads(tree.module(path)):
            if name not in root.keys:
                root.keys[name] = Key(by_default(default), default)
    for name in {key for key, _, _ in COMPONENTS} | {"optimizer"}:
        root.keys[name] = Key(component(tree, name))
    optimizers.add_to(root.keys["optimizer"].shape)
    dataset = root.keys["dataset"].shape
    root.keys["dataset"].shape = union(dataset, Shape(types={"array"}, items=component(tree, "dataset")))
    for name in ("model", "tokenizer", "checkpointer", "dataset"):
        for other in list(root.keys):
            if other != name and other.endswith("_" + name) and root.keys[other].shape.any:
                root.keys[other] = Key(component(tree, name))
    return root, [repository.source_line()]


def reads(module):
    """`cfg.name`, `cfg["name"]` and `cfg.get("name", default)`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and name_of(node.value) == "cfg" and isinstance(node.value, (ast.Name, ast.Attribute)):
            if node.attr not in ("get", "pop", "items", "keys", "update"):
                yield node.attr, UNSET
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "cfg" and isinstance(node.slice, ast.Constant):
            yield node.slice.value, UNSET
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop") \
                and isinstance(node.func.value, ast.Name) and node.func.value.id == "cfg" and node.args and isinstance(node.args[0], ast.Constant):
            default = node.args[1] if len(node.args) > 1 else ast.Constant(None)
            yield node.args[0].value, default.value if isinstance(default, ast.Constant) else UNSET


def by_default(default):
    return scalar("boolean") if isinstance(default, bool) else anything()


def component(tree, key):
    """A mapping with `_component_` and the parameters of whatever it names; ours are known, others may stand there."""
    shape = Shape(types={"object"}, other=anything())
    for name, files, names in COMPONENTS:
        if name != key:
            continue
        index = PythonIndex(tree, tree.paths(lambda p: re.search(files, p)), {"LORA_ATTN_MODULES": scalar("string")})
        for table, is_class in ((index.functions, False), (index.classes, True)):
            for entry_name, places in sorted(table.items()):
                for path, node in places:
                    function = initializer(node) if is_class else node
                    if function is None or not re.search(names, entry_name):
                        continue
                    for parameter, value in index.parameters(function, path).keys.items():
                        if parameter not in OWN_PARAMETERS:
                            shape.with_key(parameter, value)
    for value in shape.keys.values():
        value.since = None
    shape.keys["_component_"] = Key(scalar("string"))
    return shape


def initializer(node):
    return next((f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"), None)
