# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests here share: results as TAP, programs, volumes."""
import difflib
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
WALK = os.path.join(HERE, "ntfs-walk.py")
MIB = 1 << 20
DEBIANS_PYTHON = "/usr/bin/python3"  # which has Debian's modules
sys.path.insert(0, os.path.join(HERE, "ntfs"))

from check import Check    # noqa: E402
from records import Volume  # noqa: E402
from tree import Tree      # noqa: E402

count = {"done": 0, "failed": 0}


def run(*command, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options}
    return subprocess.run([str(part) for part in command], text=True, check=False,
                          errors="surrogateescape", stdin=subprocess.DEVNULL, **options)


def must(*command):
    result = run(*command)
    if result.returncode:
        sys.exit(f"Bail out! {' '.join(map(str, command))}: {result.stdout}")
    return result.stdout


def tell(good, promise, why=""):
    count["done"] += 1
    count["failed"] += not good
    print(f"{'ok' if good else 'not ok'} {count['done']} - {promise}", flush=True)
    if not good:
        print("".join(f"# {line}\n" for line in why.splitlines()[:20]), end="", flush=True)


def end():
    print(f"1..{count['done']}")
    return 1 if count["failed"] else 0


def differences(one, other):
    return "\n".join(line[:2000] for line in difflib.unified_diff(one, other, lineterm="", n=0))


def walk(path, *options, **how):
    return run(sys.executable, WALK, *options, path, **how)


def by_libfsntfs(path, promise):
    """Every stream's content, by a library that shares nothing with the others."""
    if run(DEBIANS_PYTHON, "-c", "import pyfsntfs").returncode:
        tell(True, f"{promise} # SKIP python3-libfsntfs is not installed")
        return
    result = run(DEBIANS_PYTHON, os.path.join(HERE, "by-libfsntfs.py"), path)
    tree = Tree(Check(Volume(path)))
    list(tree.lines())
    known = [f"{number}:{stream} {size} {value}" for number, told in tree.told.items()
             for stream, size, value in re.findall(r" stream=(.*?):(\d+):([0-9a-f]{40})", told)]
    read = [line for line in result.stdout.splitlines() if ":WofCompressedData " not in line]
    tell(len(known) > 900 and sorted(known) == sorted(read), promise,
         differences(sorted(known), sorted(read)))


def empty(path, megabytes):
    """A file of that size, all holes."""
    with open(path, "wb") as file:
        file.truncate(megabytes * MIB)
    return path


def theirs(image, path, megabytes, sector=512):
    """What wimlib makes of an image on a volume of mkntfs."""
    empty(path, megabytes)
    must("mkntfs", "-q", "-Q", "-F", "-s", sector, path)
    must("wimlib-imagex", "apply", image, "1", path)
    return path


def media(path, *options):
    must(os.environ["MAKE_MEDIA"], "--out", path, "--editions", "1", *options)
    return path
