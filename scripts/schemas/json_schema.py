"""Writes shapes as JSON Schema 2020-12."""

import json

from .shapes import UNSET

_ORDER = ["null", "boolean", "integer", "number", "string", "array", "object"]


def document(name, title, root, sources, unknown_keys):
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://loralint.dev/schemas/{name}.schema.json",
        "title": title,
        "x-source": sources,
        "x-unknown-keys": unknown_keys,
    }
    schema.update(of_shape(root))
    schema.setdefault("properties", {})
    if unknown_keys == "unchecked":
        schema.pop("additionalProperties", None)
    return schema


def text_of(schema):
    return json.dumps(schema, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def folded_text_of(schema, columns=130):
    """For a schema that people edit: what fits into a line is on one, but for the schemas of keys."""
    return _folded(schema, "", columns, True) + "\n"


def _folded(value, indent, columns, is_key):
    line = _line(value)
    if not isinstance(value, (dict, list)) or not is_key and len(indent) + len(line) <= columns:
        return line
    inner = indent + "  "
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + _folded(item, inner, columns, False) for item in value) + f"\n{indent}]"
    parts = []
    for name, item in value.items():
        if name == "properties" and is_key:
            body = [f"{inner}  {json.dumps(key)}: {_folded(of, inner + '  ', columns, True)}" for key, of in item.items()]
            parts.append(f'{inner}"properties": {{\n' + ",\n".join(body) + f"\n{inner}}}")
        else:
            parts.append(f"{inner}{json.dumps(name)}: {_folded(item, inner, columns, False)}")
    return "{\n" + ",\n".join(parts) + f"\n{indent}}}"


def _line(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)}: {_line(v)}" for k, v in value.items()) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_line, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def of_shape(shape):
    schema = {}
    types = sorted(shape.types, key=_ORDER.index)
    if "number" in types and "integer" in types:
        types.remove("integer")
    if types:
        schema["type"] = types[0] if len(types) == 1 else types
    if shape.values:
        schema.update(closed(shape, types))
    if shape.items is not None and not (shape.items.any and not shape.items.keys):
        schema["items"] = of_shape(shape.items)
    if shape.keys:
        schema["properties"] = {name: of_key(shape.keys[name]) for name in sorted(shape.keys)}
        if not shape.any and shape.other is None:
            schema["additionalProperties"] = False
    if shape.other is not None and not (shape.other.any and not shape.other.keys):
        schema["additionalProperties"] = of_shape(shape.other)
    return schema if schema else True


def closed(shape, types):
    """`enum` when every allowed value can be listed, else one branch for the closed types."""
    listed = list(shape.values)
    closed_types = {("integer" if isinstance(v, int) else "number" if isinstance(v, float) else "string") for v in listed}
    rest = [t for t in types if t not in closed_types and not (t == "number" and "integer" in closed_types)]
    if set(rest) <= {"null", "boolean"}:
        return {"enum": listed + ([True, False] if "boolean" in rest else []) + ([None] if "null" in rest else [])}
    return {"anyOf": [{"enum": listed}, {"type": rest[0] if len(rest) == 1 else rest}]}


def of_key(key):
    schema = of_shape(key.shape)
    if schema is True:
        schema = {}
    if key.default is not UNSET:
        schema["default"] = key.default
    if key.deprecated or key.removed:
        schema["deprecated"] = True
    marks = {
        "x-since": key.since, "x-deprecated": key.deprecated, "x-removed": key.removed,
        "x-renamed-to": key.renamed_to, "x-replaced-by": key.replaced_by,
    }
    for name, value in marks.items():
        if value:
            schema[name] = value
    return schema if schema else True
