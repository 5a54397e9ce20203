#!/usr/bin/env python3
"""Times `loralint check` on a folder of ordinary Python: what is about something else should cost little more than reading it.

    bench/code-folder.py LORALINT [--files N] [--runs N]

The files are those of this Python's own library and packages, copied, so that the folder is none that is left out by its name.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loralint")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = count = 0
        for path in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
            if count == arguments.files:
                break
            if not 0 < path.stat().st_size < 5_000_000:
                continue
            target = Path(folder) / str(count // 100) / f"{count}.py"
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)
            size += path.stat().st_size
            count += 1
        times = []
        for _ in range(arguments.runs + 1):
            start = time.perf_counter()
            subprocess.run([arguments.loralint, "check", folder], capture_output=True, check=True)
            times.append(time.perf_counter() - start)
        median = statistics.median(times[1:])
        print(f"{count} files, {size / 1048576:.1f} MiB: median {median * 1000:.0f} ms, least {min(times) * 1000:.0f} ms; "
              f"{count / median:,.0f} files/s, {size / 1048576 / median:,.0f} MiB/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
