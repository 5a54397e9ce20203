"""AutoTrain: what its parser reads from the file, and the parameters of its trainers."""

import ast
import re

from .python_source import PythonIndex
from .shapes import Key, Shape, mapping, scalar

REPOSITORY = "huggingface/autotrain-advanced"
TITLE = "AutoTrain configuration"
UNKNOWN_KEYS = "ignored"  # trainers/common.py: with a warning
PARSER = "src/autotrain/parser.py"
FILES = re.compile(r"^src/autotrain/trainers/\w+/params\.py$")


def build(sources):
    repository = sources[REPOSITORY]
    tree = repository.head()
    root = Shape(types={"object"})
    for path in reads(tree.module(PARSER)):
        shape = root
        for name in path[:-1]:
            shape = shape.keys.setdefault(name, Key(Shape(types={"object"}))).shape
        shape.keys.setdefault(path[-1], Key(scalar("string", "null")))
    index = PythonIndex(tree, tree.paths(lambda p: FILES.search(p) is not None))
    parameters = Shape(types={"object"})
    for name, places in sorted(index.classes.items(), key=lambda entry: (entry[0] != "LLMTrainingParams", entry[0])):
        for path, node in places:
            if name.endswith("Params"):
                for key, value in index.model(name, path).keys.items():
                    parameters.with_key(key, value)
    for key in parameters.keys.values():
        # pydantic turns text that is a number into one, and a float without a fraction into an integer.
        if "integer" in key.shape.types:
            key.shape.types |= {"number"}
    root.keys["params"] = Key(parameters)
    root.keys["data"].shape.keys["column_mapping"] = Key(mapping())
    root.keys["hub"].shape.keys["push_to_hub"] = Key(scalar("boolean"))
    for name in ("train_split", "valid_split"):
        root.keys["data"].shape.keys[name] = Key(scalar("string", "null"))
    return root, [repository.source_line()]


def reads(module):
    """The paths of `self.config["a"]["b"]` and `self.config.get("a")`."""
    found = set()
    for node in ast.walk(module):
        path = path_of(node)
        if path:
            found.add(tuple(path))
    return sorted(found, key=lambda path: (-len(path), path))


def path_of(node):
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        base = path_of(node.value)
        return None if base is None else base + [node.slice.value]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args \
            and isinstance(node.args[0], ast.Constant):
        base = path_of(node.func.value)
        return None if base is None else base + [node.args[0].value]
    if isinstance(node, ast.Attribute) and node.attr == "config" and isinstance(node.value, ast.Name) and node.value.id == "self":
        return []
    return None
