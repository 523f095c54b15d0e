# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests here share: results as TAP, programs, volumes."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
WALK = os.path.join(HERE, "ntfs-walk.py")
MIB = 1 << 20
sys.path.insert(0, os.path.join(HERE, "ntfs"))

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


def walk(path, *options):
    return run(sys.executable, WALK, *options, path)


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
