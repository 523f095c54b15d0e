# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives of which something stays: Ventoy and what is on its first partition, or somebody's own.
Whatever happens to a run, nothing else of them may be another than it was."""
import json
import os
import random
import subprocess
import sys

import drive
import scenes
import sweep
from sweep import require

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "volume"))
from exfat_fill import Filler, Gap  # noqa: E402
from exfat_walk import Exfat  # noqa: E402

MIB = 1 << 20
SIZE = 320 * MIB
FIRST, SECOND = (1 * MIB, 65 * MIB), (65 * MIB, 97 * MIB)  # Ventoy's two
SETTINGS_AT = 2040 * 512
LOST = ("lost cluster", "unused entry", "twice")  # what a cut may leave of exFAT


class Releases:
    """Two stand-ins for Ventoy's releases; why: there are none."""

    def __init__(self):
        self.old, self.new = (self.path(version) for version in ("1.1.00", "1.1.05"))
        self.why = None
        for version in ("1.1.00", "1.1.05"):
            made = drive.run(os.environ["MAKE_PAYLOAD"], "--version", version, sweep.DIR)
            if made.returncode:
                self.why = "no stand-in for Ventoy: " + made.stderr.strip().split("\n")[-1]

    @staticmethod
    def path(version):
        return os.path.join(sweep.DIR, f"ventoy-{version}-linux.tar.gz")


def must(*arguments):
    done = sweep.wtgctl(*arguments)
    assert done.returncode == 0, done.stderr


def read(path, start, end):
    with open(path, "rb") as f:
        return os.pread(f.fileno(), end - start, start)


def extents(path, start, end):
    """Of a sparse file, where data is."""
    with open(path, "rb") as f:
        while start < end:
            try:
                first = os.lseek(f.fileno(), start, os.SEEK_DATA)
            except OSError:  # none from there on
                return
            start = min(os.lseek(f.fileno(), first, os.SEEK_HOLE), end)
            if first < start:
                yield first, start
            elif first >= end:
                return


def same(a, b, start, end):
    return all(read(a, *one) == read(b, *one) for path in (a, b) for one in extents(path, start, end))


def copy(path, to):
    subprocess.run(["cp", "--sparse=always", path, to], check=True)
    return to


# ------------------------------------------------------------------ drives that are there

def ventoy_drive(release, style):
    """Ventoy with its owner's files, and free space behind it."""
    path = os.path.join(sweep.DIR, f"ventoy-{style}.img")
    must("ventoy", "install", "-q", "--size", str(SIZE), "--layout", style, "--data-size", "64M",
         "--ventoy", release, "--seed", "ventoy", path)
    volume = path + ".first"
    with open(volume, "wb") as f:
        f.write(read(path, *FIRST))
    tree = {"gap": Gap(11), "debian.iso": b"an ISO" * 70000, "ventoy": {
        "gap": Gap(14), "ventoy.json": b'{ "theme": { "file": "/t.txt" } }', "gap 2": Gap(12),
        "ventoy_grub.cfg": b"menuentry 'mine' { true }\n" * 200}, "pictures": {
            f"{i}.jpg": b"%d" % i * 3000 for i in range(9)}}
    Filler(volume, random.Random(1)).fill(tree, scattered=True)
    with open(volume, "rb") as f, open(path, "r+b") as to:
        to.seek(FIRST[0])
        to.write(f.read())
        # What Ventoy keeps there of its own.
        to.seek(SETTINGS_AT)
        to.write(b"settings")
    os.unlink(volume)
    return path


def somebodys_drive():
    """Two partitions with a gap between them, and boot code of somebody."""
    path = os.path.join(sweep.DIR, "own.img")
    with open(path, "wb") as f:
        f.truncate(SIZE)
    made = drive.run("sgdisk", "-n", "1:1M:+8M", "-t", "1:0700", "-n", "4:12M:+6M", "-t", "4:8300",
                     path)
    assert made.returncode == 0, made.stderr
    with open(path, "r+b") as f:
        f.write(b"somebody's boot code".ljust(440, b"."))
        for start, end in (34 * 512, 18 * MIB), (SIZE - MIB, SIZE - 33 * 512):
            f.seek(start)
            f.write(random.Random(start).randbytes(end - start))
    return path


# ------------------------------------------------------------------ what is done to them

class Kept(scenes.Scene):
    """found is old: nothing is to be seen of the run.  complete: it is, whole.  half: of what it may
    change, something is.  Outside of that, nothing is ever another."""

    was_complete, untouched, size = True, "old", SIZE
    volume = None  # exFAT, whose files are read

    def __init__(self, name, base, *words):
        super().__init__(name, None)
        self.base, self.words = base, words
        self.is_ventoy = "entoy" in os.path.basename(base)
        self.whole = os.path.join(sweep.DIR, name.replace(" ", "-") + ".whole")
        copy(base, self.whole)
        must(*self.arguments(self.whole))
        self.looks = [drive.Look(path).table for path in (base, self.whole)]
        self.files = self.volume and [self.walk(path)[0] for path in (base, self.whole)]
        self.may = sorted(self.may_change())

    def prepare(self, slot):
        super().prepare(slot)
        return copy(self.base, slot.file)

    def arguments(self, target):
        return [*self.words, "-q", "--progress", "none", "--confirm", target, target]

    def before(self, offset, length):
        return read(self.base, offset, offset + length)

    def stays(self):
        """[(start, end)] of what may not change."""
        at = 0
        for start, end in [*self.may, (self.size, self.size)]:
            if at < start:
                yield at, start
            at = max(at, end)

    def walk(self, path):
        """({file: hash}, what is wrong) of the volume, by the walk and by fsck.exfat."""
        data = read(path, *self.volume)
        walked = Exfat(data)
        wrong = [one for one in walked.problems if not one.startswith(LOST)]
        name = path + ".volume"
        with open(name, "wb") as f:
            f.write(data)
        fsck = drive.run("fsck.exfat", "-n", name)
        os.unlink(name)
        # Without clusters that nobody uses, it has nothing to say.
        if fsck.returncode and not any(one.startswith(LOST) for one in walked.problems):
            wrong.append(fsck.stdout + fsck.stderr)
        return walked.files, wrong

    def check_files(self, path):
        """Each is the old one or the new one."""
        if not self.volume or same(path, self.base, *self.volume):
            return
        files, wrong = self.walk(path)
        require(not wrong, "exFAT:", *wrong)
        old, new = self.files
        for name in files.keys() | old.keys() | new.keys():
            allowed = (old.get(name, []), new.get(name, []))
            found = files.get(name, [])
            require(found in allowed or (found and set(found) <= set(sum(allowed, []))),
                    name, "is neither the old one nor the new one:", found)

    def check_ventoy(self, target):
        if not self.is_ventoy:
            return
        said = sweep.wtgctl("ventoy", "status", "--json", target)
        require(said.returncode == 0 and '"grade":"wrong"' not in said.stdout,
                "ventoy status:", said.stdout, said.stderr)

    def judge(self, target):
        for start, end in self.stays():
            require(same(target, self.base, start, end), "changed between", start, "and", end)
        look = drive.Look(target)
        require(look.shown is drive.Look(self.base).shown, "the protective MBR is another")
        require(look.table in self.looks, "the table is neither the old nor the new one")
        drive.agree(target, look)
        self.check_files(target)
        return self.found(target, look)

    def check_complete(self, target, look):
        require(look.boots() or "create" not in self.words, "nothing boots")
        verified = sweep.wtgctl("verify", target)
        require(verified.returncode == 0 or not self.is_ventoy and "create" not in self.words,
                "verify:", verified.stdout)

    def ends_well(self, target):
        require(self.look(target, {None}) == "complete", "not complete after a second run")


class Beside(Kept):
    """half: of the primary GPT, so that its backup counts.  That is gdisk's to repair."""

    def goes_on(self, target, found):
        if found != "half":
            return True
        again = self.again(target)
        require(again.returncode == 6 and "damaged" in again.stderr and self.judge(target) == "half",
                "a second run ends with", again.returncode, again.stderr)
        return False

    def __init__(self, name, base, image):
        if "entoy" in os.path.basename(base):
            self.volume = FIRST
        super().__init__(name, base, "create", "--edition", "1", "--image", image, "--seed",
                         "sweep", "--esp-size", "100M", "--beside")

    def may_change(self):
        before, after = self.looks
        new = [drive.place(one) for one in after if one not in before]
        end = max(end for _, end in new)
        yield from new
        yield end + MIB // 2, end + MIB // 2 + 4096
        if self.volume:
            yield FIRST
        if drive.Look(self.base).shown:  # GPT
            yield 512, 34 * 512
            yield SIZE - 33 * 512, SIZE
        else:
            yield 446 + 32, 510

    def found(self, target, look):
        self.check_ventoy(target)
        if look.table == self.looks[0]:
            return "old"
        require(look.boots(), "there is a table, and nothing boots")
        wrong = drive.findings(target)
        require(wrong <= {"table"}, "there is a table, and verify finds wrong:", wrong)
        if wrong or look.copies < 2:
            return "half"
        self.check_complete(target, look)
        return "complete"

    def check_status(self, target, found, steps):
        said = drive.status(target)
        if found == "complete":
            require(said[0] == "complete", found, "but status says", said)
        elif None not in steps:
            require(said[0] == "interrupted" and said[1] in steps, found, "but status says", said)


class Entry(Kept):
    volume = FIRST

    def __init__(self, name, base, *more):
        super().__init__(name, base, "ventoy", "entry", *more)

    def may_change(self):
        yield FIRST

    def found(self, target, look):
        self.check_ventoy(target)
        self.check_complete(target, look)
        files = Exfat(read(target, *FIRST)).files
        return "complete" if files == self.files[1] else "old" if files == self.files[0] else "half"

    def check_status(self, target, found, steps):
        said = drive.status(target)
        require(said[0] == "complete", "status says", said)


class Upgrade(Kept):
    def __init__(self, name, base, release):
        super().__init__(name, base, "ventoy", "upgrade", "--ventoy", release)

    def may_change(self):
        core = 34 * 512 if drive.Look(self.base).shown else 512
        yield from ((0, 384), (400, 440), (core, SETTINGS_AT), SECOND)

    def found(self, target, look):
        record = 2032 * 512, 2032 * 512 + 4096
        is_as = [all(same(target, path, *part) for part in (
            (0, record[0]), (record[1], SETTINGS_AT), SECOND)) for path in (self.base, self.whole)]
        if not any(is_as):
            said = sweep.wtgctl("ventoy", "status", target)
            require(said.returncode == 7, "half of a Ventoy, and ventoy status says", said.stdout)
            require(not any(read(target, SECOND[0], SECOND[0] + 512)), "firmware may start it")
            return "half"
        self.check_ventoy(target)
        if is_as[1]:
            self.check_complete(target, look)
        return "complete" if is_as[1] else "old"

    def check_status(self, target, found, steps):
        said = drive.status(target)
        if found == "complete" and said[0] != "complete":  # but for its record
            require(None not in steps or "upgrade-ventoy" in steps, found, "but status says", said)
        elif found == "half":
            require(said == ("interrupted", "upgrade-ventoy"), found, "but status says", said)


# ------------------------------------------------------------------ all of them

class Fresh(scenes.Scene):
    """Ventoy and a Windows on a new drive, whose end is no whole MiB: wiping that may not take the
    record with it."""

    size = 400 * MIB + 100 * 1024
    stride = 9

    def __init__(self, name, image, *more):
        super().__init__(name, image, "--size", str(self.size), "--esp-size", "100M", *more)


def all_scenes(image, report):
    """(scene, how much of it a normal run tampers with, how much it cuts; beside.py cuts more)."""
    releases = Releases()
    if releases.why:
        report.skip("drives with Ventoy", releases.why)
    else:
        yield Fresh("Ventoy on a new drive", image, "--ventoy", releases.old), 2, 0
        behind = Beside("behind Ventoy", ventoy_drive(releases.old, "gpt"), image)
        yield behind, 3, 0
        yield Upgrade("an upgrade of Ventoy", behind.whole, releases.new), 2, 2
        yield Entry("an entry taken out", behind.whole, "--remove"), 2, 2
        if sweep.ALL:
            yield from more_scenes(image, releases, behind)
    if sweep.ALL:
        yield Beside("beside somebody's partitions", somebodys_drive(), image), 0, 0
        yield scenes.Scene("an MBR", image, "--size", str(sweep.SIZE), "--layout", "mbr"), 0, 0


def more_scenes(image, releases, behind):
    yield Entry("an entry of another title", behind.whole, "--entry-title", "Mine",
                "--entry-default"), 0, 0
    yield Fresh("Ventoy on a new drive with an MBR", image, "--layout", "mbr", "--ventoy",
                releases.old), 0, 0
    behind = Beside("behind Ventoy with an MBR", ventoy_drive(releases.old, "mbr"), image)
    yield behind, 0, 0
    yield Upgrade("an upgrade of Ventoy with an MBR", behind.whole, releases.new), 0, 0
