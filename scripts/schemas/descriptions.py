"""Puts schemas/descriptions/*.toml into the schemas: what a key does, its range, values to start with, guidance, rules.

The text is ours. A key without an entry is described by what its schema says: types, default, versions.
"""

import json
import re
import tomllib

from .corpus import fits

SITE = "https://loralint.dev"
RANGE = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
OWN = ("description", "markdownDescription", "examples", *RANGE)
ENTRY = {"keys", "text", "notes", "start", "guidance", "statements", "rules", *RANGE}
TYPES = {
    "boolean": ["true", "false"], "integer": ["a whole number"], "number": ["a number"], "string": ["text"], "array": ["a list"],
    "object": ["a mapping"], "null": ["null"],
}
# A set of this size or smaller is listed; editors complete the others from the schema itself.
LISTED = 12
# Our run format tells its keys' meaning and ranges itself.
HANDWRITTEN = "loralint"


class Descriptions:
    """The entries of all files in the folder, by format and path, and the formats themselves."""

    def __init__(self, folder, rule_pages):
        self.entries, self.formats, self.rule_formats = {}, {}, {}
        for page in rule_pages.glob("*.md"):
            formats = re.search(r"^Category: .* Formats: ([^·\n]*)", page.read_text("utf-8"), re.M)
            if formats:
                named = formats[1].strip()
                self.rule_formats[page.stem] = None if named == "all" else named.split(", ")
        for file in sorted(folder.glob("*.toml")):
            content = tomllib.loads(file.read_text("utf-8"))
            for entry in content.get("format", []):
                self.formats[entry["name"]] = entry
            for entry in content.get("setting", []):
                self.check(file, entry)
                for key in entry["keys"].split():
                    self.add(file, *key.split(":", 1), entry)
            for format_name, texts in content.get("keys", {}).items():
                for path, text in texts.items():
                    self.add(file, format_name, path, {"text": text})

    def add(self, file, format_name, path, entry):
        if path in self.entries.setdefault(format_name, {}):
            raise SystemExit(f"{file.name}: {format_name}:{path} is described twice")
        self.entries[format_name][path] = entry

    def check(self, file, entry):
        place = f"{file.name}: {entry.get('keys', '')[:60]}"
        if not {"keys", "text"} <= entry.keys() <= ENTRY:
            raise SystemExit(f"{place}: has {sorted(entry)}")
        unknown = [rule for rule in entry.get("rules", "").split() if rule not in self.rule_formats]
        if unknown:
            raise SystemExit(f"{place}: no rules are called {', '.join(unknown)}")

    def rules_of(self, entry, format_name):
        rules = entry.get("rules", "").split()
        return [r for r in rules if self.rule_formats[r] is None or format_name in self.rule_formats[r]]


def describe(schema, name, descriptions):
    """Describes a schema in place, whatever descriptions it had."""
    entries = dict(descriptions.entries.get(name, {}))
    if name != HANDWRITTEN:
        schema["description"] = descriptions.formats[name]["description"]
        schema.update({key: schema.pop(key) for key in list(schema) if key not in ("$schema", "$id", "title", "description")})
    _walk(schema, schema, "", name, entries, descriptions)
    if entries:
        raise SystemExit(f"{name} has no such keys: {', '.join(sorted(entries))}")


def _walk(node, root, prefix, name, entries, descriptions):
    node = _target(node, root)
    if not isinstance(node, dict):
        return
    properties = node.get("properties", {})
    for key in properties:
        path = f"{prefix}.{key}" if prefix else key
        properties[key] = _described(properties[key], root, path, name, entries.pop(path, None), descriptions)
        _walk(properties[key], root, path, name, entries, descriptions)
    rest = node.get("additionalProperties")
    if isinstance(rest, dict):
        path = f"{prefix}.*" if prefix else "*"
        if path in entries:
            node["additionalProperties"] = rest = _described(rest, root, path, name, entries.pop(path), descriptions)
        _walk(rest, root, path, name, entries, descriptions)
    for form in [node, *node.get("anyOf", []), *node.get("oneOf", [])]:
        if isinstance(form.get("items"), dict):
            path = prefix + "[]"
            if path in entries:
                form["items"] = _described(form["items"], root, path, name, entries.pop(path), descriptions)
            _walk(form["items"], root, path, name, entries, descriptions)


def _target(node, root):
    if isinstance(node, dict) and "$ref" in node:
        target = root
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return target
    return node


def _described(schema, root, path, name, entry, descriptions):
    schema = {} if schema is True else schema
    if name == HANDWRITTEN:
        bare = {key: value for key, value in schema.items() if key not in ("markdownDescription", "examples")}
        text, place = bare["description"], {**_target(bare, root), **bare}
    else:
        bare = place = {key: value for key, value in schema.items() if key not in OWN}
        text = None
    if entry is None:
        return {"description": text or " ".join(facts(bare)), **without(bare, "description")}
    if name != HANDWRITTEN:
        bounds = {bound: entry[bound] for bound in RANGE if bound in entry}
        if bounds and _types(bare) and not {"integer", "number"} & set(_types(bare)):
            raise SystemExit(f"{name}:{path} has a range and takes no number")
        bare = place = bare | bounds
    text = text or " ".join([entry["text"], *marks(bare)])
    markdown = _markdown(text, name, place, root, entry, descriptions)
    described = {"description": text} | ({"markdownDescription": markdown} if markdown != text else {})
    if "start" in entry:
        wrong = [value for value in entry["start"] if not fits(value, place)]
        if wrong:
            raise SystemExit(f"{name}:{path} does not take {json.dumps(wrong)}")
        described["examples"] = entry["start"]
    return described | without(bare, "description")


def without(schema, key):
    return {name: value for name, value in schema.items() if name != key}


def _markdown(text, name, place, root, entry, descriptions):
    paragraphs = [text]
    if name in entry.get("notes", {}):
        paragraphs.append(entry["notes"][name])
    lines = []
    # Null is what a key has that is not set: to tell so says nothing.
    if place.get("default") is not None:
        origin = "" if name == HANDWRITTEN else f" ({_origin(root)})"
        lines.append(f"Default: `{_json(place['default'])}`{origin}")
    if spelled := range_of(place):
        lines.append(f"Range: {spelled}")
    if len(entry.get("start", [])) > 0:
        lines.append("To start with: " + ", ".join(f"`{_json(value)}`" for value in entry["start"]))
    if "x-since" in place:
        lines.append(f"Since {place['x-since']}")
    if lines:
        paragraphs.append("\n".join(f"- {line}" for line in lines))
    if "guidance" in entry:
        numbers = ", ".join(entry.get("statements", []))
        paragraphs.append(f"[Guidance{' ' + numbers if numbers else ''}]({SITE}/guidance): {entry['guidance']}")
    if rules := descriptions.rules_of(entry, name):
        paragraphs.append("Rules: " + ", ".join(f"[{rule}]({SITE}/rules/{rule})" for rule in rules))
    return "\n\n".join(paragraphs)


def _origin(root):
    return root["x-source"][0].replace(" ", ", ", 1)


def range_of(schema):
    """The range in words, such as `1 or more` or `0 to below 1`; empty without one."""
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    above, below = "exclusiveMinimum" in schema, "exclusiveMaximum" in schema
    if low is None and high is None:
        return ""
    if high is None:
        return f"above {low}" if above else f"{low} or more"
    upper = f"below {high}" if below else f"{high}"
    return f"up to {upper}" if low is None else f"{'above ' if above else ''}{low} to {upper}"


def facts(schema):
    """What a schema says about its key, in sentences."""
    values = [value for value in schema.get("enum", []) if value is not None]
    types = _types(schema)
    if values and not all(isinstance(value, bool) for value in values):
        more = len(values) - LISTED
        listed = ", ".join(value if isinstance(value, str) else _json(value) for value in values[:LISTED])
        yield f"One of: {listed}{f' and {more} more' if more > 0 else ''}."
    elif types:
        words = [word for t in types for word in TYPES[t]]
        spelled = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
        yield spelled[0].upper() + spelled[1:] + "."
    else:
        yield "Takes any value."
    if "default" in schema:
        yield f"Default: {_json(schema['default'])}."
    if "x-since" in schema:
        yield f"Since {schema['x-since']}."
    yield from marks(schema)


def marks(schema):
    """What became of a key: removed, deprecated, renamed."""
    for word in ("removed", "deprecated"):
        version = schema.get(f"x-{word}")
        if version:
            yield f"{word.capitalize()}{'' if version is True else f' in {version}'}."
            break
    if "x-renamed-to" in schema:
        yield f"Its new name is {schema['x-renamed-to']}."
    if "x-replaced-by" in schema:
        yield f"{schema['x-replaced-by']} does its work, with a value of another kind."


def _types(schema):
    if "type" not in schema:
        return list(dict.fromkeys(t for form in schema.get("anyOf", []) for t in _types(form)))
    types = schema["type"]
    types = [types] if isinstance(types, str) else types
    return [t for t in types if t != "null"] + [t for t in types if t == "null"]


def _json(value):
    return json.dumps(value, ensure_ascii=False)
