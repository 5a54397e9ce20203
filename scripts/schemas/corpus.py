"""Lists the keys of real configurations that the schemas lack. A key missing here is a false alarm for somebody."""

import json
import tomllib
from collections import defaultdict

FOLDERS = {
    "axolotl": "axolotl", "llama-factory": "llama-factory", "peft": "peft-adapter", "torchtune": "torchtune",
    "litgpt": "litgpt", "mlx-lm": "mlx", "trl": "trl", "ms-swift": "ms-swift", "kohya": "kohya", "kohya-gui": "kohya",
    "deepspeed": "deepspeed", "accelerate": "accelerate",
}
SUFFIXES = {".yaml", ".yml", ".json", ".toml"}
# A key that so many configurations use is described.
COMMON = 3


def check(corpus, schemas, formats, descriptions):
    for name in formats:
        uses = defaultdict(set)
        schema = json.loads((schemas / f"{name}.schema.json").read_text("utf-8"))
        missing, old, wrong, files, keys = defaultdict(list), defaultdict(list), defaultdict(list), 0, 0
        for file in sorted((corpus / FOLDERS[name]).rglob("*")):
            if file.suffix not in SUFFIXES or file.name == "python-calls.json" or not belongs(name, file):
                continue
            root = read(file)
            if not isinstance(root, dict):
                continue
            files += 1
            if name == "kohya":
                root = flattened(root)
            for path, value, place in walk(root, schema, ""):
                keys += 1
                where = str(file.relative_to(corpus / FOLDERS[name]))
                uses[path].add(where)
                if place is None:
                    missing[path].append(where)
                elif isinstance(place, dict):
                    if "x-removed" in place or "x-deprecated" in place:
                        old[path].append(where)
                    if not fits(value, place):
                        wrong[f"{path} = {json.dumps(value, default=str)[:60]}"].append(where)
        print(f"## {name}: {files} files, {keys} keys, {len(missing)} not in the table")
        common = {path for path, files_of in uses.items() if len(files_of) >= COMMON and path not in missing}
        described = common & descriptions.entries.get(name, {}).keys()
        print(f"described: {len(described)} of {len(common)} keys that {COMMON} files have; not {sorted(common - described)}")
        for title, table in (("not in the table", missing), ("removed or deprecated", old), ("other type or value", wrong)):
            for path, places in sorted(table.items(), key=lambda item: (-len(item[1]), item[0])):
                print(f"{title}: {path}  {len(places)}  {places[0]}")
    return 0


def belongs(name, file):
    if name == "kohya":
        return file.suffix == ".toml"
    return file.suffix == ".json" if name == "kohya-gui" else True


def read(file):
    text = file.read_text("utf-8", "replace")
    try:
        if file.suffix == ".json":
            return json.loads(text)
        if file.suffix == ".toml":
            return tomllib.loads(text)
        import yaml
        return yaml.safe_load(text)
    except Exception as problem:  # a broken file says nothing about keys
        print(f"not read: {file.name}: {type(problem).__name__}")
        return None


def flattened(root):
    """sd-scripts drops the section names of a training configuration, but not those of a dataset configuration."""
    if "datasets" in root or "general" in root:
        return root
    flat = {}
    for key, value in root.items():
        flat.update(value if isinstance(value, dict) else {key: value})
    return flat


def walk(value, schema, prefix):
    if isinstance(value, dict):
        known = schema.get("properties") if isinstance(schema, dict) else None
        if known is None:
            return
        rest = schema.get("additionalProperties", True)
        for key, child in value.items():
            path = f"{prefix}.{key}" if prefix else str(key)
            place = known.get(key, None if rest is False else rest)
            yield path, child, place
            yield from walk(child, place, path)
    elif isinstance(value, list) and isinstance(schema, dict) and "items" in schema:
        for child in value:
            yield from walk(child, schema["items"], prefix + "[]")


def fits(value, schema):
    if not isinstance(schema, dict):
        return True
    if "enum" in schema:
        return any(value == one and type(value) is type(one) for one in schema["enum"])
    if "anyOf" in schema:
        return any(fits(value, one) for one in schema["anyOf"])
    types = schema.get("type")
    if types is None:
        return True
    types = [types] if isinstance(types, str) else types
    kind = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}.get(type(value))
    return kind is None or kind in types or kind == "integer" and "number" in types
