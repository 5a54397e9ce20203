"""H2O LLM Studio: the dataclasses of its kinds of problem."""

import re

from .python_source import PythonIndex
from .shapes import UNSET, Key, Shape, scalar, union

REPOSITORY = "h2oai/h2o-llmstudio"
TITLE = "H2O LLM Studio experiment configuration"
UNKNOWN_KEYS = "ignored"  # python_configs/base.py, from_dict: with a warning
FIRST = "text_causal_language_modeling"
FILES = re.compile(r"^llm_studio/python_configs/(text_\w+)_config\.py$")


def build(sources):
    repository = sources[REPOSITORY]
    tree = repository.head()
    paths = sorted(tree.paths(lambda p: FILES.search(p) is not None), key=lambda p: (FILES.search(p).group(1) != FIRST, p))
    index = PythonIndex(tree, paths)
    root = Shape(types={"object"})
    for path in paths:
        add(root, index.model("ConfigProblemBase", path))
    root.keys["problem_type"] = Key(scalar("string"))
    return root, [repository.source_line()]


def add(shape, other):
    """The first kind's types and defaults count, and the types of the others besides."""
    for name, key in other.keys.items():
        if name.endswith("_class"):
            continue
        # The program writes the word None for what is not set.
        if key.shape.types & {"array"}:
            key.shape = union(key.shape, scalar("string"))
        if "integer" in key.shape.types:
            key.shape.types |= {"number"}
        if isinstance(key.default, (list, dict)):
            key.default = UNSET
        known = shape.keys.get(name)
        if known is None:
            shape.keys[name] = Key(key.shape, key.default)
            if key.shape.keys:
                inner = Shape(types={"object"})
                add(inner, key.shape)
                shape.keys[name].shape = inner
        elif known.shape.keys:
            add(known.shape, key.shape)
        else:
            known.shape = union(known.shape, key.shape)
