#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every write, flush, resize and close of a whole run fails, is cut short or swallowed, or is the
last that the run lives to make; one by one.  Afterwards there is nothing on the drive for anybody,
or all of it."""
import collections
import os
import re
import shutil
import subprocess
import errno

import drive
import kept
import mended
import scenes
import sweep
from sweep import Tampering, require

EIO = Tampering("EIO at", sweep.FAIL, errno.EIO)
ENOSPC = Tampering("ENOSPC at", sweep.FAIL, errno.ENOSPC)
SHORT = Tampering("half of", sweep.SHORT)
FULL = Tampering("half of, and no space after,", sweep.FULL)
DROP = Tampering("nothing of", sweep.DROP)
KILL_WRITER = Tampering("the writer killed at", sweep.KILL_WRITER)
KILL_ALL = Tampering("all killed at", sweep.KILL_ALL)

# A line of strace: the call, and of a write its length and its offset.
TRACED = re.compile(r"\d+ +(\w+)\((?:\d+, \".*, (\d+), (\d+)\))?")
CALLS = {"pwrite64": sweep.WRITE, "fdatasync": sweep.FLUSH, "fsync": sweep.FLUSH,
         "sync_file_range": sweep.RANGE, "ftruncate": sweep.RESIZE}

report = sweep.Report()
report.needs(*drive.NEEDED)
totals = collections.Counter()


def one_sentence(outcome):
    lines = outcome.err.splitlines()
    require(len(outcome.sentences()) == 1 and len(lines) <= 3 and
            outcome.sentences()[0].endswith("."), "not one sentence:", outcome.err)


def exists(target):
    return os.path.exists(target) and (not os.path.isfile(target) or os.path.getsize(target) > 0)


class Sweep:
    def __init__(self, scene):
        self.scene = scene
        slot = sweep.slots.get()
        _, whole = scene.create(slot, with_bytes=True)
        sweep.slots.put(slot)
        assert whole.status == 0, whole.err
        self.calls = whole.calls
        self.steps = scenes.steps(whole.calls)
        print(f"# {scene.name}: {len(self.calls)} calls: " + ", ".join(
            f"{n} {sweep.CALL_NAMES[kind]}"
            for kind, n in collections.Counter(c.kind for c in self.calls).items()), flush=True)

    def name(self, n):
        call = self.calls[n - 1]
        return (f"{sweep.CALL_NAMES[call.kind]} {n} of {len(self.calls)} "
                f"({call.length} at {call.offset}, {self.steps[n]})")

    def numbers(self, kinds, how_many):
        """Always: the first two, and all that matters to the table, before and after."""
        last = len(self.calls)
        of_table = [n for n in range(1, last + 1) if self.steps[n] in ("write-table", "wipe-target")]
        return sweep.spread((n for n in range(1, last + 1) if self.calls[n - 1].kind in kinds),
                            how_many, [1, 2, *of_table[::1 if sweep.ALL else self.scene.stride], last - 1, last])

    def sweep(self, promise, judge, tamperings, kinds, how_many):
        numbers = self.numbers(kinds, how_many)
        jobs = [(tampering, n) for n in numbers for tampering in tamperings]
        if not sweep.ALL:  # each number once, with one or the other
            jobs = [(tamperings[i % len(tamperings)], n) for i, n in enumerate(numbers)]

        def one(slot, job):
            tampering, n = job
            try:
                judge(slot, tampering, n)
            except sweep.Failure as failure:
                raise sweep.Failure(f"{self.name(n)}: {failure}") from None
            require(not slot.left_behind() or tampering.what in (sweep.KILL_WRITER, sweep.KILL_ALL),
                    "left behind:", slot.left_behind())
            for name in slot.left_behind():
                shutil.rmtree(os.path.join(slot.scratch, name))
            totals[tampering.what] += 1

        report.sweep(f"{self.scene.name}: {promise}", one, jobs)

    # -------------------------------------------------------------- what is found afterwards

    def look(self, target, *steps):
        return self.scene.look(target, steps) if exists(target) else None

    def go_on(self, target, found, n):
        """The same command once more: it does, where there is something left to do."""
        if found in ("complete", "unbacked") or not (sweep.ALL or n % 5 == 0):
            return
        if not self.scene.goes_on(target, found):
            return
        again = self.scene.again(target)
        require(again.returncode == 0, "a second run ends with", again.returncode, again.stderr)
        self.scene.ends_well(target)
        totals["again"] += 1

    def killed(self, slot, tampering, n):
        target, outcome = self.scene.create(slot, tampering, n)
        require(len(outcome.calls) == n, "calls after it:", len(outcome.calls) - n)
        if outcome.killed_itself or tampering.what == sweep.KILL_ALL:
            require(outcome.status == 137, "status", outcome.status, outcome.err)
        elif all(call.kind != sweep.WRITE for call in outcome.calls[:n - 1]):
            require(outcome.status == 5 or outcome.status == 10, "status", outcome.status)
            one_sentence(outcome)
        else:
            require(outcome.status == 10, "status", outcome.status, outcome.err)
            one_sentence(outcome)
        self.go_on(target, self.look(target, self.steps[n]), n)

    def failed(self, slot, tampering, n):
        target, outcome = self.scene.create(slot, tampering, n)
        words = os.strerror(tampering.errno or errno.ENOSPC)
        one_sentence(outcome)
        require(words in outcome.err, "not said:", words, outcome.err)
        require(all(call.kind != sweep.WRITE for call in outcome.calls[n:]) or
                tampering is FULL and len(outcome.calls) <= n + 2, "written after it")
        # Half of a record is all of it.
        found = self.look(target, self.steps[n], self.steps[n + (tampering is FULL)])
        self.true(outcome, target, found)
        self.go_on(target, found, n)

    def true(self, outcome, target, found, statuses=(10,)):
        """What is said of the drive."""
        said = outcome.err
        if "was not touched" in said:
            require(outcome.status == 5 and found == self.scene.untouched and
                    (found or not os.path.exists(target)), "touched:", found, outcome.status)
            return
        require(outcome.status in statuses, "status", outcome.status, said)
        if outcome.status == 11 and "do not rely on it" in said:
            return  # the table itself was not kept
        if "left without a partition table" in said:
            require(found == "blank", "found", found, said)
        elif "was given no partition table" in said:
            require(found == "blank" or self.scene.was_complete, "found", found, said)
        elif "What was on the drive is still there" in said:
            require(found in self.scene.kept_as, "found", found, said)
        elif "The drive is complete" in said:
            require(found == "complete", "found", found, said)
        elif "may be there already" in said:  # the table was being added to
            require(found in ("old", "half", "complete"), "found", found, said)
        else:
            require("just being erased or written" in said or
                    "half" in self.scene.kept_as and "Run the same command again" in said or
                    "Files of Ventoy's menu on partition 1 were just being written" in said, said)

    def resumed(self, slot, tampering, n):
        """What is written by halves is written in two."""
        target, outcome = self.scene.create(slot, tampering, n)
        require(outcome.status == 0, "status", outcome.status, outcome.err)
        require(self.look(target) == "complete", "not complete")

    def swallowed(self, slot, tampering, n):
        """Found by reading back, at the latest; or it did not matter: the same was there before,
        or it was written again."""
        target, outcome = self.scene.create(slot, tampering, n, with_bytes=True)
        totals["swallowed, and found out"] += outcome.status != 0
        if outcome.status != 0:
            one_sentence(outcome)
            self.true(outcome, target, self.scene.judge(target), (10, 11))
            return
        call = outcome.calls[n - 1]
        expected = bytearray(self.scene.before(call.offset, call.length))
        for one in outcome.calls:
            start = max(one.offset, call.offset)
            end = min(one.offset + one.length, call.offset + call.length)
            if one.kind == sweep.WRITE and start < end:
                expected[start - call.offset:end - call.offset] = \
                    one.data[start - one.offset:end - one.offset]
        with open(target, "rb") as f:
            found = os.pread(f.fileno(), call.length, call.offset)
        require(found == expected or self.scene.bears(target), "status 0, and it is lost")

    # -------------------------------------------------------------- another witness

    def strace(self, slot, job):
        """strace sees the calls that are counted, in their order, and no others that change a
        drive; and of a call that fails, and of what would follow, nothing."""
        tampering, n = job
        trace = os.path.join(slot.dir, "trace")
        target, outcome = self.scene.create(slot, tampering, n, trace=[
            "strace", "-f", "-qq", "-o", trace, "-e", "signal=none", "-e",
            "trace=write,writev,pwrite64,pwritev,pwritev2,sendfile,copy_file_range,splice,"
            "fallocate,ftruncate,fsync,fdatasync,sync_file_range,ioctl"])
        require(outcome.status == (10 if n else 0), "status", outcome.status, outcome.err)
        with open(trace, encoding="utf-8", errors="replace") as f:
            seen = [found.groups() for found in map(TRACED.match, f) if found]
        others = {name for name, *_ in seen} - {"ioctl"} - set(CALLS)
        require(not others, "not counted:", others)
        found = [(CALLS[name], int(length or 0), int(offset or 0)) for name, length, offset in seen
                 if name in CALLS]
        counted = [(c.kind, c.length, c.offset) if c.kind == sweep.WRITE else (c.kind, 0, 0)
                   for c in self.calls[:n - 1 if n else None] if c.kind != sweep.CLOSE]
        require(found == counted, "strace saw", found, "counted were", counted)

    def all(self, how_many, trace=True):
        if not trace:
            pass
        elif shutil.which("strace"):
            report.sweep(f"{self.scene.name}: strace sees the calls that are counted here",
                         self.strace, [(EIO, 0), (EIO, len(self.calls) // 2)])
        else:
            report.skip(f"{self.scene.name}: strace", "strace is not installed")
        every = range(5)
        self.sweep("a call that fails ends it with one true sentence, and nothing or all there",
                   self.failed, [EIO, ENOSPC], every, how_many)
        self.sweep("no space in the middle of a write, the same", self.failed, [FULL],
                   [sweep.WRITE], how_many // 2)
        self.sweep("killed at any call, there is nothing or all", self.killed,
                   [KILL_ALL, KILL_WRITER], every, how_many)
        self.sweep("half a write is gone on with", self.resumed, [SHORT], [sweep.WRITE],
                   how_many // 3)
        self.sweep("a write that is swallowed is found out, if it matters", self.swallowed, [DROP],
                   [sweep.WRITE], how_many // 2)


def main():
    wim = sweep.medium("one.wim", "--variant", "wim", "--editions", "1")
    size = ["--size", str(sweep.SIZE)]
    Sweep(scenes.Scene("a new file", wim, *size)).all(20)
    Sweep(scenes.OldDrive("a file with an old drive", wim)).all(14)
    if sweep.ALL:
        disc = sweep.medium("windows.iso")
        Sweep(scenes.Scene("a disc, and a data partition", disc, *size, "--data-size", "64M")).all(0)
    why = scenes.no_loops()
    if why:
        report.skip("a loop device", why)
    else:
        Sweep(scenes.Loop("a loop device", wim)).all(10)
    for scene, how_many, _ in kept.all_scenes(wim, report):
        Sweep(scene).all(how_many, trace=sweep.ALL)
    for scene in mended.scene(wim, report):
        Sweep(scene).all(4, trace=sweep.ALL)
    names = {sweep.FAIL: "failed", sweep.FULL: "failed in the middle", sweep.SHORT: "halved",
             sweep.DROP: "swallowed", sweep.KILL_ALL: "power cuts", sweep.KILL_WRITER: "kills"}
    print("# in all: " + ", ".join(f"{n} {names.get(what, what)}" for what, n in totals.items()))


sweep.begin()
try:
    main()
finally:
    sweep.end()
report.done()
