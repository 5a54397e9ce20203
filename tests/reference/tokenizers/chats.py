#!/usr/bin/env python3
"""Writes what the families' own Jinja templates make of conversations of ours: chats.py FOLDER.

The folder holds a file NAME.jinja per named template, as the family publishes it; they are not ours to ship, their output is committed.
Rendered as transformers does it. Needs jinja2 (Debian's python3-jinja2).
"""

import json
import pathlib
import sys

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Refused(Exception):
    """What raise_exception of a template throws."""


def refuse(message):
    raise Refused(message)


def say(role, content):
    return {"role": role, "content": content}


CONVERSATIONS = {
    "question": [say("user", "What is LoRA?")],
    "exchange": [say("user", "What is LoRA? "), say("assistant", " A low-rank\nupdate.\n")],
    "system": [say("system", "Be brief."), say("user", "Why?"), say("assistant", "Because.")],
    "turns": [say("user", "One?"), say("assistant", "1"), say("user", "Two?"), say("assistant", "2"), say("user", "Three?")],
    "system and turns": [say("system", "Count. /no_think"), say("user", "One?"), say("assistant", "\n1"), say("user", "Two?"), say("assistant", "\n2")],
    "reasoning": [say("user", "1+1?"), say("assistant", "<think>\nOne and one.\n</think>\n\n2"), say("user", "2+2?"),
                  say("assistant", "<think>\nTwo and two.\n</think>\n\n4")],
    "reasoning before": [say("system", "\n"), say("user", "1+1?"), say("assistant", "<think>One</think> 2"), say("user", " 2+2?\n")],
}
TOKENS = {"llama-3": ("<|begin_of_text|>", "<|eot_id|>"), "llama-3.1": ("<|begin_of_text|>", "<|eot_id|>"), "gemma": ("<bos>", "<eos>"),
          "gemma-3": ("<bos>", "<eos>"), "phi-3": ("<s>", "<|endoftext|>")}

environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols])
environment.globals["raise_exception"] = refuse
environment.globals["strftime_now"] = lambda format: "08 July 2025"
lines = []
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.jinja")):
    if file.stem.startswith("other-"):
        continue
    template = environment.from_string(file.read_text(encoding="utf-8"))
    begin, end = TOKENS.get(file.stem, ("<s>", "</s>"))
    for conversation, messages in CONVERSATIONS.items():
        for asks in (False, True):
            try:
                text = template.render(messages=messages, add_generation_prompt=asks, bos_token=begin, eos_token=end)
            except Refused:
                text = None
            lines.append(json.dumps({"template": file.stem, "conversation": conversation, "messages": messages,
                                     "addGenerationPrompt": asks, "text": text}))
out = pathlib.Path(__file__).with_name("chats.jsonl")
out.write_text("\n".join(lines) + "\n", encoding="utf-8")
print(f"{len(lines)} texts")
