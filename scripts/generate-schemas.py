#!/usr/bin/env python3
"""Generates schemas/<format>.schema.json from the frameworks' own sources.

    scripts/generate-schemas.py --sources DIR [--file OWNER/NAME:PATH=FILE@COMMIT] [--only FORMAT ...]
    scripts/generate-schemas.py --corpus DIR [--only FORMAT ...]

Then the descriptions are put in and the key tables written, by describe-schemas.py and generate-keys.py.
DIR of --sources holds `<owner>+<name>/repo`: git directories or checkouts with their history.
--corpus reads real configurations and lists the keys that the tables lack or nobody described; it needs PyYAML, the rest needs nothing.
"""

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

from schemas import json_schema
from schemas.shapes import flatten
from schemas.sources import Sources

FORMATS = {
    "axolotl": "axolotl",
    "llama-factory": "llama_factory",
    "peft": "peft",
    "trl": "trl",
    "torchtune": "torchtune",
    "litgpt": "litgpt",
    "mlx-lm": "mlx_lm",
    "ms-swift": "ms_swift",
    "kohya": "kohya",
    "kohya-gui": "kohya_gui",
    "deepspeed": "deepspeed",
    "accelerate": "accelerate",
    "nemo-automodel": "nemo_automodel",
    "oumi": "oumi",
    "ludwig": "ludwig",
    "autotrain": "autotrain",
    "h2o-llmstudio": "h2o_llmstudio",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", help="folder with the upstream repositories")
    parser.add_argument("--file", action="append", default=[], help="one file of a repository that is not in the folder")
    parser.add_argument("--corpus", help="folder with real configurations, one subfolder a framework")
    parser.add_argument("--only", action="append", choices=FORMATS, help="this format only")
    arguments = parser.parse_args()
    folder = Path(__file__).resolve().parent.parent / "schemas"
    chosen = arguments.only or list(FORMATS)
    if arguments.corpus:
        from schemas import corpus
        from schemas.descriptions import Descriptions
        descriptions = Descriptions(folder / "descriptions", folder.parent / "docs" / "rules")
        return corpus.check(Path(arguments.corpus), folder, chosen, descriptions)
    if not arguments.sources:
        parser.error("--sources or --corpus is needed")
    sources = Sources(arguments.sources, arguments.file)
    folder.mkdir(exist_ok=True)
    for name in chosen:
        module = importlib.import_module(f"schemas.{FORMATS[name]}")
        root, lines = module.build(sources)
        schema = json_schema.document(name, module.TITLE, root, lines, module.UNKNOWN_KEYS)
        (folder / f"{name}.schema.json").write_text(json_schema.text_of(schema), "utf-8")
        keys = flatten(root)
        print(f"{name}: {len(root.keys)} keys at the top, {len(keys)} in all, {sum(1 for k in keys.values() if k.removed)} of them removed")
        sources.close()
    for script in ("describe-schemas.py", "generate-keys.py"):
        subprocess.run([sys.executable, Path(__file__).with_name(script)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
