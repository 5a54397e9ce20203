#!/usr/bin/env python3
"""Writes the tables of Unicode normalization from Python's unicodedata.

.NET without ICU leaves everything beyond ASCII unnormalized, and this project is built without ICU
(InvariantGlobalization), so that it needs no library on the machine. Usage: scripts/generate-normalization.py
"""

import pathlib
import unicodedata

OUT = pathlib.Path(__file__).resolve().parent.parent / "src/Trainer/Data/Tokenizers/Unicode/normalization.txt"
HANGUL = range(0xAC00, 0xAC00 + 11172)


def lines():
    yield f"# Unicode {unicodedata.unidata_version}, made by scripts/generate-normalization.py"
    yield "# c: canonical decomposition that is composed again; d: one that is not; k: compatibility; m: combining class of a range"
    start, last, order = None, None, 0
    for point in range(0x110000):
        if 0xD800 <= point < 0xE000:
            continue
        parts = unicodedata.decomposition(chr(point)).split()
        if parts and point not in HANGUL:
            if parts[0].startswith("<"):
                yield f"k {point:X} {' '.join(parts[1:])}"
            else:
                kind = "c" if unicodedata.normalize("NFC", chr(point)) == chr(point) else "d"
                yield f"{kind} {point:X} {' '.join(parts)}"
    for point in range(0x110001):
        current = unicodedata.combining(chr(point)) if point < 0x110000 else 0
        if current != order:
            if order:
                yield f"m {start:X} {last:X} {order:X}"
            start, order = point, current
        last = point


OUT.write_text("\n".join(lines()) + "\n", encoding="ascii")
