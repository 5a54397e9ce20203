"""NeMo Automodel: the blocks of a recipe that become dataclasses. The others name a component and its parameters."""

import re

from .python_source import PythonIndex
from .shapes import Key, Shape, anything, scalar, union

REPOSITORY = "NVIDIA-NeMo/Automodel"
TITLE = "NeMo Automodel recipe configuration"
UNKNOWN_KEYS = "unchecked"  # components/config/loader.py: a tree of free keys, of which a recipe reads some
FILES = re.compile(r"^nemo_automodel/components/(_peft/lora|training/step_scheduler|optim/optimizer|checkpoint/config)\.py$")

# Key -> the class that takes the whole block (recipes/_typed_config.py); checkpoint has keys of the recipes' own besides.
BLOCKS = {"peft": "PeftConfig", "step_scheduler": "StepSchedulerConfig", "lr_scheduler": "LRSchedulerConfig"}


def build(sources):
    repository = sources[REPOSITORY]
    tree = repository.head()
    known = {"dtype": scalar("string"), "SaveConsolidatedMode": scalar("string")}
    index = PythonIndex(tree, tree.paths(lambda p: FILES.search(p) is not None), known)
    root = Shape(types={"object"}, other=anything())
    for name, cls in BLOCKS.items():
        block = index.model(cls)
        block.keys["_target_"] = Key(scalar("string"))
        root.keys[name] = Key(block)
    # Arguments of StepSchedulerConfig.build, which stand in the block too (recipes/_typed_config.py).
    for name in ("local_batch_size", "dp_size"):
        root.keys["step_scheduler"].shape.keys[name] = Key(scalar("integer"))
    # ModuleMatcher takes a text for a list of one.
    for name in ("target_modules", "exclude_modules"):
        key = root.keys["peft"].shape.keys[name]
        key.shape = union(Shape(types={"array"}, items=scalar("string")), scalar("string", "null"))
        key.default = []
    root.keys["peft"].shape.keys["alpha"].shape = scalar("number")
    checkpoint = index.model("CheckpointingConfig")
    checkpoint.other = anything()
    root.keys["checkpoint"] = Key(checkpoint)
    return root, [repository.source_line()]
