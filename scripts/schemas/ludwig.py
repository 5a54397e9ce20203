"""Ludwig: the adapters, the quantization and the trainers of language models, whose fields are calls that tell type and default."""

import ast
import re

from .python_source import PythonIndex, name_of
from .shapes import UNSET, Key, Shape, anything, closed_values, scalar, union

REPOSITORY = "ludwig-ai/ludwig"
TITLE = "Ludwig configuration for language models"
UNKNOWN_KEYS = "ignored"  # schema/utils.py, _pre_validate: with a warning
FILES = re.compile(r"^ludwig/schema/(llms/(peft|quantization)|trainer|lr_scheduler|optimizers)\.py$")

TRAINERS = [
    "FineTuneTrainerConfig", "DPOTrainerConfig", "KTOTrainerConfig", "ORPOTrainerConfig", "GRPOTrainerConfig", "LLMTrainerConfig",
    "InferenceOnlyTrainerConfig",
]


def build(sources):
    repository = sources[REPOSITORY]
    tree = repository.head()
    index = PythonIndex(tree, tree.paths(lambda p: FILES.search(p) is not None))
    root = Shape(types={"object"}, other=anything())
    adapter = Shape(types={"object"})
    types = []
    for name, places in sorted(index.classes.items()):
        path, node = places[0]
        kind = registered(node, "register_adapter")
        if kind is None:
            continue
        types.append(kind)
        for key, value in fields(index, path, node).items():
            adapter.with_key(key, value)
    adapter.keys["type"] = Key(closed_values(sorted(types)))
    # LoraConfig's own values count where several adapters have a key.
    lora = fields(index, *index.class_named("LoraConfig"))
    for name, key in lora.items():
        if name != "type":
            adapter.keys[name].default = key.default
    # A name alone is an adapter with its defaults.
    root.keys["adapter"] = Key(union(adapter, scalar("string", "null")))
    quantization = Shape(types={"object"})
    quantization.keys = fields(index, *index.class_named("QuantizationConfig"))
    root.keys["quantization"] = Key(union(quantization, scalar("null")))
    trainer = Shape(types={"object"})
    kinds = []
    for name in TRAINERS:
        path, node = index.class_named(name)
        kind = registered(node, "register_llm_trainer_schema")
        kinds += [kind] if kind else []
        for key, value in fields(index, path, node).items():
            if key not in trainer.keys:
                trainer.keys[key] = value
    trainer.keys["type"] = Key(closed_values(sorted(kinds)))
    for name, cls in (("learning_rate_scheduler", "LRSchedulerConfig"), ("gradient_clipping", "GradientClippingConfig")):
        block = Shape(types={"object"})
        block.keys = fields(index, *index.class_named(cls))
        trainer.keys[name] = Key(union(block, scalar("null")))
    # Optimizers have parameters of their own.
    trainer.keys["optimizer"] = Key(anything())
    root.keys["trainer"] = Key(trainer)
    root.keys["model_type"] = Key(scalar("string"))
    root.keys["base_model"] = Key(scalar("string"))
    root.keys["trust_remote_code"] = Key(scalar("boolean"), False)
    return root, [repository.source_line()]


def registered(node, decorator):
    for call in node.decorator_list:
        if isinstance(call, ast.Call) and name_of(call.func) == decorator:
            arguments = [a for a in call.args] + [k.value for k in call.keywords]
            return arguments[0].value if arguments and isinstance(arguments[0], ast.Constant) else None
    return None


def fields(index, path, node, seen=()):
    """The fields of a class and of those that it inherits, its own ones first in rank."""
    keys = {}
    for base in reversed(node.bases):
        entry = index.class_named(name_of(base), path)
        if entry is not None and entry[1] is not node:
            keys.update(fields(index, *entry))
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            keys[statement.target.id] = field(index, path, statement)
    return keys


def field(index, path, statement):
    shape = index.shape(statement.annotation, path)
    key = Key(shape)
    call = statement.value
    if not isinstance(call, ast.Call):
        return key
    options = {k.arg: k.value for k in call.keywords if k.arg}
    if "default" in options:
        key.default = index.value(options["default"], path)
    kind = name_of(call.func)
    if kind in ("StringOptions", "IntegerOptions") and not shape.any:
        values = index.value(options.get("options"), path)
        if isinstance(values, list) and "boolean" not in shape.types:
            key.shape = closed_values(values + ([None] if "null" in shape.types else []))
    if key.default is None and not key.shape.any:
        key.shape = union(key.shape, scalar("null"))
    # pydantic turns text that is a number into one, and a float without a fraction into an integer.
    if "integer" in key.shape.types and not key.shape.values:
        key.shape.types |= {"number"}
    if isinstance(key.default, (list, dict)) or key.default is UNSET:
        key.default = UNSET
    return key
