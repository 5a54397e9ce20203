#!/usr/bin/env python3
"""Puts schemas/descriptions/*.toml into schemas/*.schema.json and writes schemas/catalog.json, in SchemaStore's form.

Running it twice changes nothing. generate-schemas.py calls it behind each refresh.
"""

import json
import sys
from pathlib import Path

from schemas import json_schema
from schemas.descriptions import HANDWRITTEN, Descriptions, describe

CATALOG = "https://json.schemastore.org/schema-catalog.json"


def main():
    home = Path(__file__).resolve().parent.parent
    folder = home / "schemas"
    descriptions = Descriptions(folder / "descriptions", home / "docs" / "rules")
    unknown = descriptions.entries.keys() - descriptions.formats.keys()
    if unknown:
        raise SystemExit(f"no formats are called {', '.join(sorted(unknown))}")
    listed = []
    for name, entry in descriptions.formats.items():
        file = folder / f"{name}.schema.json"
        schema = json.loads(file.read_text("utf-8"))
        if "x-source" in schema:
            describe(schema, name, descriptions)
            file.write_text(json_schema.folded_text_of(schema) if name == HANDWRITTEN else json_schema.text_of(schema), "utf-8")
            print(f"{name}: {len(descriptions.entries.get(name, {}))} keys described")
        listed.append({
            "name": schema["title"], "description": entry["description"], "fileMatch": entry["files"], "url": schema["$id"],
        })
    listed.sort(key=lambda entry: entry["name"].lower())
    catalog = {"$schema": CATALOG, "version": 1, "schemas": listed}
    (folder / "catalog.json").write_text(json.dumps(catalog, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
