#!/usr/bin/env python3
"""Times `loralint check` on Python, notebooks and shell scripts that are written against its reader.

    bench/hostile-code.py LORALINT [--limit SECONDS]

Each text is as large as a file may be (5 MiB) and, but for the last kinds, one line. Prints a row for each; ends with 1 when one takes longer.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZE = 5 * 1024 * 1024 - 2000
CALL = "LoraConfig(r=8, lora_alpha=16)"


def fill(unit, head="", tail=""):
    return head + unit * ((SIZE - len(head) - len(tail)) // len(unit)) + tail


PYTHON = {
    "(((((": fill("("),
    ")))))": fill(")"),
    "([{([{": fill("([{"),
    "nested ((()))": "x = " + "(" * (SIZE // 2) + ")" * (SIZE // 2),
    "r=[[[[...]]]]": "c = LoraConfig(r=" + "[" * (SIZE // 2) + "]" * (SIZE // 2) + ")",
    "a=a=a=": fill("a=", tail="1"),
    "a=b=LoraConfig": fill("a=", tail=CALL),
    'f"{f"{': fill('f"{'),
    "f'{'{'": fill("'{", head="f\"{"),
    'f"""{{{': fill("{", head='f"""'),
    "\"\"\"\"": fill('"'),
    "''' '": fill("''' '"),
    "\\": fill("\\"),
    "\\ newline": fill("\\\n"),
    "x,": fill("x,"),
    "x, =": fill("x,", tail="= 1"),
    "import a,": fill("a,", head="import "),
    "from . import": fill("from . import a\n"),
    "import in import": fill("import ", head="import a, "),
    "lambda:": fill("lambda a:", head="x = "),
    "lambda lambda": fill("lambda ", head="x = "),
    "a.b.c": fill("a.", tail="b"),
    "a.b.c()": fill("a.", tail="get_peft_model()"),
    "r=a.b.c": "c = LoraConfig(r=" + fill("a.", tail="b") + ")",
    "one name": fill("a"),
    "1+1+": "c = LoraConfig(r=" + fill("1+", tail="1") + ")",
    "----1": "c = LoraConfig(r=" + fill("-", tail="1") + ")",
    "2**2**": "c = LoraConfig(r=" + fill("2**", tail="2") + ")",
    "strings": "c = LoraConfig(r=" + fill('"a" ') + ")",
    "list of strings": "c = LoraConfig(target_modules=[" + fill('"q_proj",') + "])",
    "**{**{": "c = LoraConfig(" + fill("**{") + ")",
    "keywords": "c = LoraConfig(" + fill("r=8,") + ")",
    "keywords, each another": "c = LoraConfig(" + "".join(f"k{i}=8," for i in range(SIZE // 12)) + ")",
    "dict of keys": "c = LoraConfig(rank_pattern={" + "".join(f"'k{i}':8," for i in range(SIZE // 16)) + "})",
    "if if if": fill("if "),
    "else: else:": fill("else: "),
    "if a: if b:": fill("if a: ", tail="x=1"),
    "x=1;": fill("x=1;"),
    "x.y=1;": fill("x.y=1;", head="x = " + CALL + ";"),
    "for in for": fill("for a in "),
    "@@@@": fill("@"),
    ":=:=": fill("a:=", head="("),
    "numbers": fill("1_0e", head="x = "),
    "calls in a call": fill("LoraConfig(r=", tail="1"),
    "calls, closed": "LoraConfig(r=" * (SIZE // 15) + "1" + ")" * (SIZE // 15),
    "calls on lines": fill(CALL + "\n"),
    "partners on lines": fill("args = TrainingArguments('out')\n", tail=CALL),
    "named by names": "".join(f"a{i + 1} = a{i}\n" for i in range(SIZE // 20)) + "c = LoraConfig(r=a100)",
    "lists of lists": "a0 = [1]\n" + "".join(f"a{i + 1} = a{i} + a{i}\n" for i in range(SIZE // 30)) + "c = LoraConfig(target_modules=a60)",
    "indentation": "".join(" " * (i % 4000) + "if a:\n" for i in range(2500)),
    "def def": fill("def f(a, b): pass\n"),
    "class in class": "".join("\t" * min(i, 300) + "class A:\n" for i in range(SIZE // 320)),
    "comments": fill("#\n"),
    "ignore comments": fill("# loralint-ignore alpha-below-rank: x\n", tail=CALL),
    "spaces": fill(" "),
    "carriage returns": fill("\r"),
    "surrogates": fill("\U0001F600")[: SIZE // 4],
}
SHELL = {
    "$(((": fill("$("),
    "${${": fill("${"),
    "''''": fill("'"),
    "\\\\\\": fill("\\\n"),
    "flags": "swift sft " + fill("--lora_rank 8 "),
    "commands": fill("swift sft --lora_rank 8 --lora_alpha 16\n"),
    "variables": "".join(f"A{i}=$A{i - 1}\n" for i in range(1, SIZE // 20)) + "swift sft --lora_rank $A9",
    "growing": "A=aaaaaaaaaa\n" + "".join(f"A{i}=$A{i - 1}$A{i - 1}\n" for i in range(1, SIZE // 30)) + "swift sft --lora_rank $A9",
    "<<": fill("<<A "),
    "here": fill("cat <<E\nE\n"),
    "for": fill("for a in b; do "),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loralint")
    parser.add_argument("--limit", type=float, default=1.0)
    arguments = parser.parse_args()
    texts = [("train.py", name, "# LoraConfig\n" + text) for name, text in PYTHON.items()]
    texts += [("train.sh", name, "# lora\n" + text) for name, text in SHELL.items()]
    for name in ("calls on lines", "(((((", "a=a=a=", "comments"):
        cell = {"cell_type": "code", "source": "# LoraConfig\n" + PYTHON[name][: SIZE // 2]}
        texts.append(("a.ipynb", "notebook: " + name, json.dumps({"cells": [cell], "nbformat": 4})))
    texts.append(("a.ipynb", "notebook: cells", json.dumps({"cells": [{"cell_type": "code", "source": CALL}] * (SIZE // 80)})))
    slow = 0
    with tempfile.TemporaryDirectory() as folder:
        for file, name, text in texts:
            path = Path(folder) / file
            path.write_text(text, "utf-8", newline="")
            before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
            start = time.perf_counter()
            run = subprocess.run([arguments.loralint, "check", str(path), "--format", "json"], capture_output=True, timeout=120)
            seconds = time.perf_counter() - start
            used = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before
            slow += seconds > arguments.limit or run.returncode not in (0, 1)
            mark = "" if seconds <= arguments.limit and run.returncode in (0, 1) else "  <--"
            print(f"{seconds:7.3f} s ({used:6.3f} s of processors)  {len(text) / 1048576:4.1f} MiB  exit {run.returncode}  {file}: {name}{mark}", flush=True)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
