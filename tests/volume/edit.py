#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on volumes that others made and filled: changed by volume/edit.h, judged by others."""
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

from exfat_fill import Filler, Gap
from exfat_walk import Exfat

APPLY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "apply")
sys.path.insert(0, APPLY)
from tap import end, must, run, tell  # noqa: E402

EDIT = os.environ["EDIT_VOLUME"]
MIB = 1 << 20
USAGE, REFUSED, INPUT, SYSTEM, UNSUITABLE = 1, 2, 3, 4, 5
ABSENT = 100
TIME = 1700000001
ALL = os.environ.get("WTGCTL_EDIT") == "all"


def sha(content):
    return hashlib.sha256(content).hexdigest()


def make_file(path, size):
    with open(path, "wb") as file:
        file.truncate(size)


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
        return stages


# ------------------------------------------------------------------ exFAT

def exfat(scene, size, cluster="4K", tree=None, seed=1, **how):
    make_file(scene.image, size)
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


def comes_and_goes(scene, what, before, judge, look):
    """The entry is put there, again, replaced and removed; after each the volume is judged by
    what look() saw before."""
    check, result = scene.edit(ENTRY, "check"), scene.edit(ENTRY)
    if check.returncode or result.returncode:
        tell(False, f"{what}: takes the entry", check.stdout + result.stdout)
        return
    judge(scene, f"{what}: takes the entry", before, ENTRY)
    image = scene.bytes()
    scene.edit(ENTRY)
    tell(image == scene.bytes(), f"{what}: a second time changes nothing")
    changed = {path: content[:-7] + b"other text than before" for path, content in ENTRY.items()}
    before = look()
    scene.edit(changed)
    judge(scene, f"{what}: each file is replaced", before, changed)
    gone = dict.fromkeys(ENTRY)
    scene.edit(gone)
    judge(scene, f"{what}: and removed", before, gone)


def exfat_sound(scene):
    for name, (tree, how) in TREES.items():
        before = exfat(scene, 16 * MIB, tree=tree, **how)
        if before.problems:
            tell(False, f"exFAT: {name}: is one that is sound", "\n".join(before.problems))
            continue
        comes_and_goes(scene, f"exFAT: {name}", before, judge_exfat,
                       lambda: Exfat(scene.bytes()))


# ------------------------------------------------------------------ FAT

def fat(scene, size, *options, tree=None):
    """Made by mkfs.fat, filled by mtools."""
    make_file(scene.image, size)
    must("mkfs.fat", "--invariant", *options, scene.image)
    if tree:
        source = os.path.join(scene.directory, "tree")
        shutil.rmtree(source, ignore_errors=True)
        plant(source, tree)
        must("mcopy", "-sQm", "-i", scene.image,
             *(os.path.join(source, name) for name in os.listdir(source)), "::/")
    return list_fat(scene)


def plant(path, tree):
    os.makedirs(path)
    for name, what in tree.items():
        if isinstance(what, dict):
            plant(os.path.join(path, name), what)
        else:
            with open(os.path.join(path, name), "wb") as file:
                file.write(what)


def list_fat(scene):
    """Every file, as mtools reads it."""
    target, found = os.path.join(scene.directory, "read"), {}
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    must("sh", "-c", f"mcopy -snQm -i {scene.image} '::/*' {target} || test -z "
         f"\"$(mdir -b -i {scene.image} ::/)\"")
    for path, _, files in os.walk(target):
        for name in files:
            whole = os.path.join(path, name)
            with open(whole, "rb") as file:
                found[whole[len(target):]] = sha(file.read())
    return found


def judge_fat(scene, promise, before, edits):
    want, after, why = dict(before), list_fat(scene), []
    for path, content in edits.items():
        parent, name = os.path.split(f"/{path}")
        same = next((one for one in want if os.path.dirname(one).lower() == parent.lower()), "")
        parent = os.path.dirname(same) if same and parent != "/" else parent
        there = as_there(want, os.path.join(parent, name)) or os.path.join(parent, name)
        want.pop(there, None)
        if content is not None:
            want[there] = sha(content)
    for path in want.keys() | after.keys():
        if want.get(path) != after.get(path):
            why.append(f"{path}: {after.get(path)}, not {want.get(path)}")
    fsck = run("fsck.fat", "-n", "-v", scene.image)
    if fsck.returncode or "differ" in fsck.stdout or "wrong" in fsck.stdout:
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


FATS = {
    "FAT12": (3 * MIB, "-F", "12", "-s", "2"),
    "FAT16": (20 * MIB, "-F", "16", "-s", "1", "-n", "DATA"),
    "FAT16 with sectors of 4096 bytes": (20 * MIB, "-F", "16", "-s", "1", "-S", "4096"),
    "FAT32": (40 * MIB, "-F", "32", "-s", "1"),
    "FAT32 with one FAT": (80 * MIB, "-F", "32", "-s", "2", "-f", "1"),
}


def fat_sound(scene):
    trees = {"empty": {}, "used": {"Ventoy": {**many(60), "VENTOY.JSON": b"old" * 2000},
                                   "Windows To Go.img": b"", "WINDOW~2.IMG": b"x", **many(80)}}
    for kind, (size, *options) in FATS.items():
        for name, tree in trees.items():
            before = fat(scene, size, *options, tree=tree)
            comes_and_goes(scene, f"{kind}, {name}", before, judge_fat,
                           lambda: list_fat(scene))


# ------------------------------------------------------------------ cut short

def cuts(stages, sector, dice):
    """What may be on a volume whose edit was cut: all of the stages before one, and of that a
    part: so many first writes, all but one, some, some sectors of one."""
    done = []
    for stage in stages:
        for n in range(len(stage)):
            yield done + stage[:n]
        for n in range(len(stage)):
            yield done + stage[:n] + stage[n + 1:]
        for _ in range(4):
            yield done + [write for write in stage if dice.random() < .5]
            yield done + [(at + i, data[i:i + sector]) for at, data in stage
                          for i in range(0, len(data), sector) if dice.random() < .5]
        done = done + stage
    yield done


class Put:
    """Writes, on the image for a while."""

    def __init__(self, scene, writes):
        self.path, self.writes, self.undo = scene.image, writes, []

    def __enter__(self):
        with open(self.path, "r+b") as file:
            for at, content in self.writes:
                file.seek(at)
                self.undo.append((at, file.read(len(content))))
                file.seek(at)
                file.write(content)

    def __exit__(self, *_):
        with open(self.path, "r+b") as file:
            for at, content in reversed(self.undo):
                file.seek(at)
                file.write(content)


def old_or_new(old, new, found):
    """What is neither, of {path: [hash…]}."""
    why = []
    for path in old.keys() | new.keys() | found.keys():
        allowed = [old.get(path), new.get(path)]
        if path not in found:
            if None not in allowed:
                why.append(f"{path}: gone")
        elif not any(one and set(found[path]) <= set(one) for one in allowed) and not (
                all(allowed) and set(found[path]) <= set(allowed[0]) | set(allowed[1])):
            why.append(f"{path}: neither old nor new")
    return why


def each_cut(scene, promise, edits, judge, dice, sector=512):
    """judge(scene) gives problems and files; the image is as before then."""
    stages = scene.record(edits)
    old, why = judge(scene)[1], []
    with Put(scene, [write for stage in stages for write in stage]):
        new = judge(scene)[1]
    states = list(cuts(stages, sector, dice))
    if not ALL and len(states) > 20:
        states = dice.sample(states, 20)
    for writes in states:
        with Put(scene, writes):
            problems, found = judge(scene)
        why += [f"{len(writes)} writes: {one}" for one in problems + old_or_new(old, new, found)]
    tell(not why, f"{promise}: {'all' if ALL else 'some'} cuts leave old files or new ones",
         "\n".join(why))
    return len(states)


LEFT_OVER = ("lost cluster", "unused entry")


def exfat_cut(scene):
    volume = Exfat(scene.bytes())
    allowed = LEFT_OVER + ("twice",)
    return [one for one in volume.problems if not one.startswith(allowed)], volume.files


def exfat_cuts(scene, dice):
    trees = {
        "nothing there": ({}, {}),
        "sets across sectors": ({"gap": Gap(11), "Windows To Go.img": b"a" * 9000,
                                 "ventoy": {"gap": Gap(14), "ventoy.json": b"b",
                                            "gap 2": Gap(12), "ventoy_grub.cfg": b"c" * 5000}},
                                {}),
        **{name: TREES[name] for name in TREES if "full" in name or "left" in name},
    }
    n = 0
    for name, (tree, how) in trees.items():
        exfat(scene, 16 * MIB, tree=tree, **how)
        changed = {path: b"new " + content for path, content in ENTRY.items()}
        for what, edits in (("made", ENTRY), ("replaced", changed),
                            ("removed", dict.fromkeys(ENTRY))):
            n += each_cut(scene, f"exFAT: {name}: {what}", edits, exfat_cut, dice)
            scene.edit(edits)
    print(f"# {n} volumes of exFAT")


# What fsck.fat may say of what is left over, beside its own words: clusters that nobody uses,
# FSInfo's count, the second FAT behind the first, long names without a file.
FAT_LEFT_OVER = re.compile("|".join((
    "fsck.fat ", ".*: [0-9]+ files", "$", "Leaving", "Auto", "[123]\\) ", "Using", "Not auto",
    "Reclaimed", "Free cluster summary", "FATs differ", "Orphaned long file name",
    "Unattached long", "Long filename fragment", ".Maybe the start bit")))


def fat_cut(scene):
    fsck = run("fsck.fat", "-n", scene.image)
    problems = [line for line in fsck.stdout.splitlines()
                if not FAT_LEFT_OVER.match(line.strip())]
    return problems, {path: [one] for path, one in list_fat(scene).items()}


def fat_cuts(scene, dice):
    n = 0
    for kind, (size, *options) in FATS.items():
        tree = {"ventoy": {"ventoy.json": b"b" * 1500, **{f"{i:02}": b"" for i in range(11)}},
                "Windows To Go.img": b"old" * 3000, **{f"{i:02}": b"" for i in range(9)}}
        fat(scene, size, *options, tree=tree)

        changed = {path: b"new " + content for path, content in ENTRY.items()}
        for what, edits in (("made", ENTRY), ("replaced", changed),
                            ("removed", dict.fromkeys(ENTRY))):
            n += each_cut(scene, f"{kind}: {what}", edits, fat_cut, dice,
                          4096 if "4096" in kind else 512)
            scene.edit(edits)
    print(f"# {n} volumes of FAT")


def main():
    with tempfile.TemporaryDirectory(prefix="wtgctl-edit.") as directory:
        scene = Scene(directory)
        exfat_sound(scene)
        fat_sound(scene)
        exfat_cuts(scene, random.Random(11))
        fat_cuts(scene, random.Random(12))
    return end()


if __name__ == "__main__":
    sys.exit(main())
