#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on volumes that others made and filled: changed by volume/edit.h, judged by others."""
import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile

from exfat_fill import Filler, Gap
from exfat_walk import Exfat

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "apply"))
from tap import end, run, tell  # noqa: E402

EDIT = os.environ["EDIT_VOLUME"]
MIB = 1 << 20
USAGE, REFUSED, INPUT, SYSTEM, UNSUITABLE = 1, 2, 3, 4, 5
ABSENT = 100
TIME = 1700000001
ALL = os.environ.get("WTGCTL_EDIT") == "all"


def sha(content):
    return hashlib.sha256(content).hexdigest()


class Scene:
    """An image, and the files that an edit takes."""

    def __init__(self, directory):
        self.directory, self.image = directory, os.path.join(directory, "image")
        self.log, self.n = os.path.join(directory, "log"), 0

    def edit(self, edits, what="edit", **environment):
        arguments = []
        for path, content in edits.items():
            if content is None:
                arguments.append(path)
                continue
            self.n += 1
            source = os.path.join(self.directory, f"source{self.n % 50}")
            with open(source, "wb") as file:
                file.write(content)
            arguments.append(f"{path}={source}")
        return subprocess.run([EDIT, what, self.image, str(TIME), *arguments],
                              env={**os.environ, **environment}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)

    def read(self, path):
        result = subprocess.run([EDIT, "read", self.image, path], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, check=False)
        return None if result.returncode == ABSENT else result.stdout

    def bytes(self):
        with open(self.image, "rb") as file:
            return file.read()

    def record(self, edits):
        """What an edit writes, as a list of stages of (offset, bytes); the image is as before."""
        before, stages, at = self.bytes(), [[]], 0
        result = self.edit(edits, EDIT_LOG=self.log)
        assert result.returncode == 0, result.stdout
        with open(self.log, "rb") as file:
            log = file.read()
        while at < len(log):
            if log[at:at + 1] == b"F":
                stages.append([])
                at += 1
                continue
            where, size = (int.from_bytes(log[at + i:at + i + 8], "little") for i in (1, 9))
            stages[-1].append((where, log[at + 17:at + 17 + size]))
            at += 17 + size
        with open(self.image, "wb") as file:
            file.write(before)
        return before, stages


# ------------------------------------------------------------------ exFAT

def exfat(scene, size, cluster="4K", tree=None, seed=1, **how):
    with open(scene.image, "wb") as file:
        file.truncate(size)
    made = run("mkfs.exfat", "-c", cluster, scene.image)
    assert made.returncode == 0, made.stdout
    if tree is not None:
        Filler(scene.image, random.Random(seed)).fill(tree, **how)
    return Exfat(scene.bytes())


def many(n, make=random.Random(7)):
    """Names that need two to six entries, so that their sets lie across sectors."""
    return {f"file {i} {'x' * make.randrange(70)}.iso": make.randbytes(make.randrange(3000))
            for i in range(n)}


def as_there(files, path):
    return next((one for one in files if one.lower() == path.lower()), None)


def judge_exfat(scene, promise, before, edits, problems=()):
    """Sound by the walk and fsck.exfat, read right by GRUB, and nothing else was changed."""
    after, why = Exfat(scene.bytes()), []
    want = {path: hashes for path, hashes in before.files.items()}
    for path, content in edits.items():
        parent, name = os.path.split(f"/{path}")
        if parent != "/":
            parent = as_there(want, f"{parent}/") or f"{parent}/"
            want.setdefault(parent, ["directory"])
        there = as_there(want, parent + name) or parent + name
        want.pop(there, None)
        if content is not None:
            want[there] = [sha(content)]
    why += [problem for problem in after.problems
            if not any(problem.startswith(part) for part in problems)]
    for path in want.keys() | after.files.keys():
        if want.get(path) != after.files.get(path):
            why.append(f"{path}: {after.files.get(path)}, not {want.get(path)}")
    fsck = run("fsck.exfat", "-n", scene.image)
    if fsck.returncode:
        why.append(fsck.stdout)
    for path, content in edits.items():
        if content is not None:
            seen = subprocess.run(["grub-fstest", scene.image, "cat", f"(loop0)/{path}"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            if seen.stdout != content:
                why.append(f"GRUB reads {path} as {seen.stdout[:100]}")
        if scene.read(path) != content:
            why.append(f"we read {path} as {str(scene.read(path))[:100]}")
    tell(not why, promise, "\n".join(why))


ENTRY = {
    "ventoy/ventoy_grub.cfg": b"menuentry 'Windows To Go' {\n}\n" * 40,
    "Windows To Go.img": bytes(65536),
    "Windows To Go.img.vcfg": b"search\n" * 100,
    "ventoy/ventoy.json": b"{ }\n",
}
TREES = {
    "an empty volume": ({}, {}),
    "one with a ventoy directory in other letters": (
        {"Ventoy": {"VENTOY.JSON": b"old" * 2000, "theme": many(30)}, "a.iso": bytes(50000)}, {}),
    "1500 files in the root, with gaps": (
        {**many(700), "gap 1": Gap(5), "b": b"b", "gap 2": Gap(40), **many(800, random.Random(2))},
        {}),
    "fragments everywhere": ({"ventoy": many(100), "chain": many(300), **many(300)},
                             {"scattered": True}),
    "a full ventoy directory without a chain": (
        {"ventoy": {f"{i:03}": b"" for i in range(42)} | {"gap": Gap(2)}, "a": b"a"}, {}),
    "a full ventoy directory with a chain": (
        {"Ventoy chain": {}, "ventoy": {f"{i:03}": b"" for i in range(42)} | {"gap": Gap(2)},
         "a": b"a"}, {"scattered": True}),
    "a full root": ({f"{i:03}": b"" for i in range(41)} | {"gap": Gap(1)}, {}),
    "42 clusters left, each alone": (many(50), {"leave": 42}),
}


def exfat_sound(scene):
    for name, (tree, how) in TREES.items():
        before = exfat(scene, 16 * MIB, tree=tree, **how)
        if before.problems:
            tell(False, f"exFAT: {name}: is one that is sound", "\n".join(before.problems))
            continue
        check = scene.edit(ENTRY, "check")
        result = scene.edit(ENTRY)
        if check.returncode or result.returncode:
            tell(False, f"exFAT: {name}: takes the entry", check.stdout + result.stdout)
            continue
        judge_exfat(scene, f"exFAT: {name}: takes the entry", before, ENTRY)
        image = scene.bytes()
        scene.edit(ENTRY)
        tell(image == scene.bytes(), f"exFAT: {name}: a second time changes nothing")
        changed = {path: content[:-7] + b"other text than before" for path, content in
                   ENTRY.items()}
        before = Exfat(image)
        scene.edit(changed)
        judge_exfat(scene, f"exFAT: {name}: each file is replaced", before, changed)
        gone = dict.fromkeys(ENTRY)
        scene.edit(gone)
        judge_exfat(scene, f"exFAT: {name}: and removed", before, gone)


def main():
    with tempfile.TemporaryDirectory(prefix="wtgctl-edit.") as directory:
        scene = Scene(directory)
        exfat_sound(scene)
    return end()


if __name__ == "__main__":
    sys.exit(main())
