"""Oumi: the dataclasses of its training and tuning files, which OmegaConf merges the file into."""

import ast
import re

from .python_source import PythonIndex, name_of
from .shapes import Key, Shape, closed_values, scalar

REPOSITORY = "oumi-ai/oumi"
TITLE = "Oumi training configuration"
UNKNOWN_KEYS = "rejected"  # core/configs/base_config.py: a structured OmegaConf takes no other keys
FILES = re.compile(r"^src/oumi/core/configs/(params/\w+|training_config|tuning_config)\.py$")


def build(sources):
    repository = sources[REPOSITORY]
    tree = repository.head()
    paths = tree.paths(lambda p: FILES.search(p) is not None)
    index = PythonIndex(tree, paths, {"TaskType": scalar("string"), **dict(enums(tree, paths))})
    root = Shape(types={"object"})
    for name in ("TrainingConfig", "TuningConfig"):
        for key, value in index.model(name).keys.items():
            if key not in root.keys:
                root.keys[key] = value
    texts_take_anything(root)
    return root, [repository.source_line()]


def enums(tree, paths):
    """OmegaConf takes the members of an enumeration by their names."""
    for path in paths:
        for node in tree.module(path).body:
            if isinstance(node, ast.ClassDef) and any(name_of(base) == "Enum" for base in node.bases):
                names = [s.targets[0].id for s in node.body if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name)]
                yield node.name, closed_values(names)


def texts_take_anything(shape):
    """A field for text takes numbers and switches by their spelling."""
    for key in shape.keys.values():
        inner = key.shape
        if "string" in inner.types and not inner.values:
            inner.types |= {"number", "boolean"}
        if isinstance(key.default, str) and inner.values and key.default not in inner.values:
            key.default = next((v for v in inner.values if v.lower() == key.default.lower()), key.default)
        texts_take_anything(inner)
        if inner.items is not None:
            texts_take_anything(inner.items)
    shape.keys = {name: Key(k.shape, k.default, k.deprecated) for name, k in shape.keys.items()}
