#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every request for memory of a size that a file may have a say in is refused, one by one: it
alone, or it and all that follow.  The program says so in one sentence, blames neither the image nor
the drive, and what it says of the drive is true."""
import collections
import os
import re
import shutil
import struct
import subprocess

import drive
import scenes
import sweep
from sweep import require

report = sweep.Report()
report.needs(*drive.NEEDED)
WORDS = struct.Struct("5Q")
totals = collections.Counter()

# hivex asks iconv() for every name, and where that has no memory takes the name for a wrong one, or
# puts a key in the wrong place, which our own reader then finds.
HIVEX = re.compile(r"hivex: |compare_name_with_nk_name|read the edited hive: ")


class Run:
    def __init__(self, command, least, arguments, target=None):
        self.command, self.least, self.arguments, self.target = command, least, arguments, target
        slot = sweep.slots.get()
        whole, self.n = self.run(slot, 0, 0)
        self.expected = whole.stdout
        sweep.slots.put(slot)
        assert whole.returncode == 0, whole.stderr

    def run(self, slot, at, and_all):
        control = os.path.join(slot.dir, "memory")
        with open(control, "wb") as f:
            f.write(WORDS.pack(0, at, and_all, self.least, 0))
        if self.command == "create" and os.path.exists(slot.file):
            os.unlink(slot.file)
        target = [slot.file] if self.command in ("create", "plan") else []
        done = subprocess.run(
            [sweep.WTGCTL, *self.arguments, *target], text=True, errors="replace", timeout=120,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=sweep.environment(LD_PRELOAD=os.path.join(os.environ["SHIMS"], "memory-shim.so"),
                                  SWEEP_CONTROL=control, TMPDIR=slot.scratch,
                                  SOURCE_DATE_EPOCH="1700000000"))
        with open(control, "rb") as f:
            calls = WORDS.unpack(f.read())[0]
        done.stdout = done.stdout.replace(slot.dir, "")
        return done, calls

    def one(self, slot, job):
        _, at, and_all = job
        done, _ = self.run(slot, at, and_all)
        left = slot.left_behind()
        for name in left:
            shutil.rmtree(os.path.join(slot.scratch, name))
        totals[done.returncode] += 1
        try:
            self.judge(slot, done)
            # Nobody can list a directory without memory.
            require(not left or and_all, "left behind:", left)
        except sweep.Failure as failure:
            raise sweep.Failure(f"{failure}: status {done.returncode}, {done.stderr}") from None

    def judge(self, slot, done):
        said = [line for line in done.stderr.splitlines() if line.startswith("wtgctl: ")]
        if done.returncode == 0:  # done without it
            require(done.stdout == self.expected, "another answer:", done.stdout)
            require(self.command != "create" or drive.judge(slot.file) == "complete", "not complete")
            return
        require(len(said) == 1 and said[0].endswith("."), "not one sentence")
        require(HIVEX.search(done.stderr) or "memory" in done.stderr or self.command == "create" and
                "libntfs-3g cannot write the volume" in done.stderr, "of memory nothing is said")
        if done.returncode == 5 or HIVEX.search(done.stderr) and done.returncode == 4:
            require(not os.path.exists(slot.file), "the file is there")
            return
        require(self.command == "create" and done.returncode == 10, "this status")
        found = drive.judge(slot.file)
        if "left without a partition table" in done.stderr:
            require(found == "blank", "found", found)
        elif "The drive is complete" in done.stderr:
            require(found == "complete", "found", found)
        else:
            require("just being erased or written" in done.stderr or
                    "status' shows" in done.stderr, "nothing of the drive")

    def sweep(self, how_many):
        numbers = sweep.spread(range(1, self.n + 1), how_many)
        report.sweep(f"{self.command}: a lack of memory is told as what it is",
                     self.one, [(self, at, and_all) for at in numbers for and_all in (0, 1)])

    @property
    def name(self):
        return f"{self.command}, {self.n} requests of at least {self.least}, number"


def main():
    disc = sweep.medium("windows.iso")
    whole = os.path.join(sweep.DIR, "whole.img")
    made = sweep.wtgctl("create", "-q", "--image", disc, "--edition", "1", "--size", str(sweep.SIZE),
                        whole)
    assert made.returncode == 0, made.stderr
    make = ["--edition", "1", "--image", disc, "--size", str(sweep.SIZE), "--seed", "memory"]
    Run("info", 4096, ["info", disc]).sweep(12)
    Run("status", 4096, ["status", whole]).sweep(10)
    Run("verify", 4096, ["verify", whole]).sweep(16)
    Run("plan", 16384, ["plan", *make]).sweep(12)
    Run("create", 16384, ["create", "-q", *make]).sweep(30)


if sweep.is_sanitized():
    report.skip("a lack of memory", "the sanitizers have an allocator of their own")
    report.done()
sweep.begin()
try:
    main()
finally:
    sweep.end()
print("# statuses: " + ", ".join(f"{n} times {status}" for status, n in sorted(totals.items())))
report.done()
