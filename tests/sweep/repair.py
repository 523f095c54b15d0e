#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""repair, cut short: each of its writes and flushes fails, is swallowed, or is the last that the run
lives to make; and the power goes, so that of what was not flushed any part is there.  Afterwards
every file of both partitions is the old one or the new one, nothing else is another, what was said
is true, and the same command ends well."""
import collections
import errno
import os
import random
import re
import subprocess
import sys

import drive
import sweep
from epochs import Epoch, states
from sweep import Tampering, require

APPLY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "apply")
MIB = 1 << 20
SIZE = 440 * MIB
HIVE = "/Windows/System32/config/SYSTEM"
HARM = """Windows Registry Editor Version 5.00

[\\ControlSet001\\Services\\partmgr\\Parameters]
"SanPolicy"=dword:00000001

[\\ControlSet001\\Control\\Session Manager\\Power]
"HiberbootEnabled"=dword:00000001
"""

EIO = Tampering("EIO at", sweep.FAIL, errno.EIO)
FULL = Tampering("half of, and no space after,", sweep.FULL)
DROP = Tampering("nothing of", sweep.DROP)
KILL_WRITER = Tampering("the writer killed at", sweep.KILL_WRITER)
KILL_ALL = Tampering("all killed at", sweep.KILL_ALL)

report = sweep.Report()
report.needs(*drive.NEEDED, "hivexregedit", "ntfscp", "ntfscat", "mdel", "fsck.fat")


def mtools(tool, path, *arguments):
    done = drive.run(tool, "-i", f"{path}@@1M", *arguments)
    assert done.returncode == 0, done.stderr


def carve(path, at, size, to):
    subprocess.run(["dd", f"if={path}", f"of={to}", "bs=1M", f"skip={at}", f"count={size}",
                    "iflag=skip_bytes,count_bytes", "conv=sparse", "status=none"], check=True)


def put(volume, path, at):
    subprocess.run(["dd", f"if={volume}", f"of={path}", "bs=1M", f"seek={at}", "conv=notrunc",
                    "oflag=seek_bytes", "status=none"], check=True)


class Broken:
    """A drive of ours that somebody cloned and broke: a store that leads elsewhere, half a loader,
    boot files missing, a registry for the inside of a PC."""

    name = "repair"

    def __init__(self, image, *more):
        self.base = os.path.join(sweep.DIR, "broken.img")
        done = sweep.wtgctl("create", "-q", "--image", image, "--size", str(SIZE), "--esp-size",
                            "100M", *more, self.base)
        assert done.returncode == 0, done.stderr
        table = [drive.place(one) for one in drive.Look(self.base).table]
        self.esp, self.windows = table[0], table[-1]
        self.break_esp()
        self.break_registry()
        self.whole = self.copy(self.base, self.base + ".whole")
        done = sweep.wtgctl(*self.arguments(self.whole))
        assert done.returncode == 0, done.stderr
        self.old, self.new = self.files(self.base), self.files(self.whole)
        assert self.old != self.new

    def break_esp(self):
        half = os.path.join(sweep.DIR, "half.efi")
        with open(half, "wb") as f:
            f.write(b"MZ" + bytes(700))
        # Its store's own identifiers go on: what is written is the same each time.
        assert drive.run("sgdisk", "-G", self.base).returncode == 0
        mtools("mdel", self.base, "::/EFI/Microsoft/Boot/boot.stl")
        mtools("mcopy", self.base, "-o", half, "::/EFI/Boot/bootx64.efi")
        mtools("mdeltree", self.base, "::/EFI/Microsoft/Boot/Resources")

    def break_registry(self):
        volume, hive = os.path.join(sweep.DIR, "volume"), os.path.join(sweep.DIR, "SYSTEM")
        carve(self.base, self.windows[0], self.windows[1] - self.windows[0], volume)
        with open(hive, "wb") as f:
            subprocess.run(["ntfscat", "-f", "-q", volume, HIVE], check=True, stdout=f)
        subprocess.run(["hivexregedit", "--merge", hive], input=HARM, text=True, check=True)
        subprocess.run(["ntfscp", "-f", volume, hive, HIVE], check=True, capture_output=True)
        put(volume, self.base, self.windows[0])
        os.unlink(volume)

    @staticmethod
    def copy(path, to):
        subprocess.run(["cp", "--sparse=always", path, to], check=True)
        return to

    def arguments(self, target):
        return ["repair", "-q", "--progress", "none", "--confirm", target, target]

    def run(self, slot, *tampering, **more):
        target = self.copy(self.base, slot.file)
        return target, slot.run(self.arguments(target), target, *tampering, **more)

    # -------------------------------------------------------------- what is there

    def esp_files(self, path):
        """{path: hash}, by mtools."""
        into = path + ".esp"
        os.makedirs(into)
        done = drive.run("mcopy", "-s", "-n", "-Q", "-i", f"{path}@@{self.esp[0]}", "::", into)
        require(done.returncode == 0, "mtools:", done.stderr)
        found = drive.run("sh", "-c", f"cd {into} && find . -type f -exec sha256sum {{}} +")
        subprocess.run(["rm", "-rf", into], check=True)
        # FAT's names have no case of their own where they are short.
        return {"esp " + line[66:].lower(): line[:64] for line in found.stdout.splitlines()}

    def windows_files(self, path):
        """{path: all that NTFS keeps of it}, by the walk, which says what is wrong as well."""
        done = drive.run(sys.executable, os.path.join(APPLY, "ntfs-walk.py"), "--list",
                         "--offset", str(self.windows[0]), path)
        wrong = [line for line in done.stderr.splitlines() if not LOST.search(line)]
        require(not wrong, "NTFS:", *wrong[:4])
        found = {}
        for line in done.stdout.splitlines():
            name, attributes = re.split(" short=| attributes=", line, maxsplit=1)
            if name == HIVE:  # when it was written is of that moment
                attributes = attributes.split("stream=", 1)[1]
            found[name] = attributes
        return found

    def fsck(self, path):
        volume = path + ".fat"
        carve(path, self.esp[0], self.esp[1] - self.esp[0], volume)
        done = drive.run("fsck.fat", "-n", volume)
        os.unlink(volume)
        if done.returncode:
            return [line for line in done.stdout.splitlines() if not KNOWN.search(line)]
        return []

    def files(self, path):
        wrong = self.fsck(path)
        require(not wrong, "fsck.fat:", *wrong[:4])
        return {**self.esp_files(path), **self.windows_files(path)}

    def outside(self, path):
        """What is of neither partition."""
        with open(path, "rb") as f:
            return (os.pread(f.fileno(), self.esp[0], 0) +
                    os.pread(f.fileno(), MIB, os.path.getsize(path) - MIB))

    def judge(self, target):
        """old, new, or some of each; anything else fails."""
        require(self.outside(target) == self.outside(self.base), "the table, or a gap, is another")
        found = self.files(target)
        for name in found.keys() | self.old.keys() | self.new.keys():
            require(found.get(name) in (self.old.get(name), self.new.get(name)), name,
                    "is neither the old one nor the new one:", found.get(name))
        return "old" if found == self.old else "new" if found == self.new else "between"

    def heals(self, target):
        again = sweep.wtgctl(*self.arguments(target))
        require(again.returncode == 0, "a second run ends with", again.returncode, again.stderr)
        require(self.judge(target) == "new", "a second run leaves something undone")
        verified = sweep.wtgctl("verify", "-q", target)
        require(verified.returncode == 0, "verify:", verified.stdout, verified.stderr)


# What a cut may leave: space that nobody uses, sizes in a directory that are those of before (which
# Windows asks of the file), FSInfo a little off, the second FAT behind.
LOST = re.compile(r"free, but marked in use|directory \d+, SYSTEM: (allocated )?size")
KNOWN = re.compile(r"^fsck.fat|FATs differ|Using first FAT|Free cluster summary|Reclaimed|clusters$|"
                   r"Leaving filesystem|Auto-correcting|Correct \(|files,|unused cluster|"
                   r"reclaim|but real count|Cluster chain|^ *$|wrong")


# ------------------------------------------------------------------ calls that go wrong

class Calls:
    def __init__(self, scene):
        self.scene = scene
        slot = sweep.slots.get()
        _, whole = scene.run(slot, with_bytes=True)
        sweep.slots.put(slot)
        assert whole.status == 0, whole.err
        self.calls = whole.calls
        self.totals = collections.Counter()
        print("# " + ", ".join(
            f"{n} {sweep.CALL_NAMES[kind]}"
            for kind, n in collections.Counter(c.kind for c in self.calls).items()), flush=True)

    def first_write(self):
        return next(n for n, call in enumerate(self.calls, 1) if call.kind == sweep.WRITE)

    def sentence(self, outcome):
        lines = outcome.err.splitlines()
        require(len(outcome.sentences()) == 1 and len(lines) <= 3 and
                outcome.sentences()[0].endswith("."), "not one sentence:", outcome.err)

    def one(self, slot, job):
        tampering, n = job
        target, outcome = self.scene.run(slot, tampering, n)
        call = self.calls[n - 1]
        try:
            self.check(outcome, tampering, n)
            if tampering is DROP and outcome.status != 0:
                self.totals["found out"] += 1
                return
            found = self.scene.judge(target)
            self.true(outcome, found)
            self.totals[found] += 1
            if found != "new":
                self.scene.heals(target)
        except sweep.Failure as failure:
            raise sweep.Failure(f"{sweep.CALL_NAMES[call.kind]} {n} ({call.length} at "
                                f"{call.offset}): {failure}") from None
        finally:
            for name in slot.left_behind():
                subprocess.run(["rm", "-rf", os.path.join(slot.scratch, name)], check=True)

    def check(self, outcome, tampering, n):
        if outcome.killed_itself or tampering is KILL_ALL:
            require(outcome.status == 137, "status", outcome.status, outcome.err)
            return
        self.sentence(outcome) if outcome.status else None
        if tampering is DROP:
            require(outcome.status in (0, 10, 11), "status", outcome.status, outcome.err)
        elif n > self.first_write() or tampering is FULL:
            require(outcome.status == 10, "status", outcome.status, outcome.err)
        else:
            require(outcome.status in (5, 10), "status", outcome.status, outcome.err)

    @staticmethod
    def true(outcome, found):
        if "was not touched" in outcome.err:
            require(found == "old" and outcome.status < 10, "touched:", found)
        if outcome.status == 0:
            require(found == "new", "status 0, and it is", found)
        if "complete" in outcome.err and outcome.status == 10:
            require(found == "new", "found", found, outcome.err)

    def all(self, how_many):
        kinds = (sweep.WRITE, sweep.FLUSH, sweep.CLOSE)
        writes = [n for n, c in enumerate(self.calls, 1) if c.kind == sweep.WRITE]
        calls = [n for n, c in enumerate(self.calls, 1) if c.kind in kinds]
        for promise, tamperings, numbers in (
                ("a call that fails", [EIO], calls), ("no space", [FULL], writes),
                ("killed", [KILL_ALL, KILL_WRITER], calls), ("swallowed", [DROP], writes)):
            numbers = sweep.spread(numbers, how_many, [numbers[-1]])
            jobs = [(tampering, n) for i, n in enumerate(numbers)
                    for tampering in (tamperings if sweep.ALL else
                                      [tamperings[i % len(tamperings)]])]
            report.sweep(f"{promise}: every file is the old or the new, and it can be mended",
                         self.one, jobs)
        print("# found: " + ", ".join(f"{n} {what}" for what, n in sorted(self.totals.items())))


# ------------------------------------------------------------------ power cuts

def epochs(calls):
    found, earlier, writes = [], [], []
    for call in calls:
        if call.kind == sweep.WRITE:
            writes.append(call)
        elif call.kind == sweep.FLUSH and writes:
            found.append(Epoch(len(found) + 1, earlier, writes, "", ""))
            earlier, writes = earlier + writes, []
    return found


class Cuts:
    def __init__(self, scene, calls, how_many):
        self.scene, self.how_many = scene, how_many
        self.epochs = epochs(calls)
        self.totals = collections.Counter()

    def one(self, slot, job):
        epoch, = job
        failures = []
        for i, (what, pieces) in enumerate(states(epoch, self.how_many, self.scene.name)):
            target = self.scene.copy(self.scene.base, slot.file)
            with open(target, "r+b") as f:
                for at, data in [(w.offset, w.data) for w in epoch.earlier] + pieces:
                    os.pwrite(f.fileno(), data, at)
            try:
                found = self.scene.judge(target)
                self.totals[found] += 1
                if found != "new" and i % 3 == 0:
                    self.scene.heals(target)
            except sweep.Failure as failure:
                failures.append(f"{what}: {failure}")
        require(not failures, epoch.name, *failures[:5])

    def all(self):
        report.sweep("whatever reached the medium, every file is the old or the new",
                     self.one, [(epoch,) for epoch in self.epochs], "flushes")
        print("# found: " + ", ".join(f"{n} {what}" for what, n in sorted(self.totals.items())))


def main():
    random.seed("repair")
    scene = Broken(sweep.medium("one.wim", "--variant", "wim", "--editions", "1"))
    calls = Calls(scene)
    calls.all(4)
    Cuts(scene, calls.calls, 25 if sweep.ALL else 2).all()


sweep.begin()
try:
    main()
finally:
    sweep.end()
report.done()
