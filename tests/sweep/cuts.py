#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The power goes: of what was written since the last flush that came back, any part may be on the
medium, in any order.  A whole run is recorded, and for each of its flushes the drive is rebuilt
with everything before it and some of what follows: after every write, without each write, and
with a random part of its blocks or sectors.  Afterwards there is nothing on the drive for anybody,
or all of it."""
import itertools
import os
import random
import subprocess

import drive
import scenes
import sweep
from sweep import require

report = sweep.Report()
report.needs(*drive.NEEDED)
BLOCK, SECTOR = 4096, 512


class Epoch:
    """What is written between two flushes, and the steps that are on record before and after."""

    def __init__(self, number, earlier, writes, before, after):
        self.number, self.earlier, self.writes = number, earlier, writes
        self.steps = {before, after}
        self.name = f"epoch {number} ({before} to {after}, {len(writes)} writes)"


def epochs(calls):
    steps = scenes.steps(calls)
    found, earlier, writes, before = [], [], [], None
    for n, call in enumerate(calls, 1):
        if call.kind == sweep.WRITE:
            writes.append(call)
        elif call.kind == sweep.FLUSH and writes:
            found.append(Epoch(len(found) + 1, earlier, writes, before, steps[n]))
            earlier, writes, before = earlier + writes, [], steps[n]
    return found


def pieces(writes, size):
    for write in writes:
        for at in range(0, write.length, size):
            yield write.offset + at, write.data[at:at + size]


def some(writes, size, chance, rng):
    return [piece for piece in pieces(writes, size) if rng.random() < chance]


def states(epoch, how_many, seed):
    """(what it is, [(offset, bytes)] in the order in which they reach the medium)."""
    rng = random.Random(f"{seed} {epoch.number}")
    whole = [(write.offset, write.data) for write in epoch.writes]
    n = len(whole)
    fixed = [(f"the first {i}", whole[:i]) for i in range(n + 1)]
    fixed += [(f"all but write {i + 1}", whole[:i] + whole[i + 1:]) for i in range(n)]
    if n <= 6:
        fixed += [(f"writes {subset}", [whole[i] for i in subset])
                  for r in range(n + 1) for subset in itertools.combinations(range(n), r)]
    for i in range(n):
        cut = rng.randrange(0, epoch.writes[i].length, SECTOR)
        offset, data = whole[i]
        fixed.append((f"write {i + 1} up to {cut}", whole[:i] + [(offset, data[:cut])]))
        fixed.append((f"write {i + 1} from {cut}", whole[:i] + [(offset + cut, data[cut:])]))
    if not sweep.ALL and len(fixed) > how_many // 2:
        fixed = rng.sample(fixed, how_many // 2)
    while len(fixed) < how_many:
        size = rng.choice([SECTOR, SECTOR, BLOCK])
        chance = rng.choice([0.03, 0.3, 0.5, 0.7, 0.97])
        which = rng.getrandbits(64)
        fixed.append((f"{chance} of pieces of {size} (random {which})",
                      some(epoch.writes, size, chance, random.Random(which))))
    return fixed


class Rebuilt:
    """A drive as it was at a flush, to which pieces are written and taken back."""

    def __init__(self, scene, slot, epoch):
        self.path = scene.prepare(slot)
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self.fd, sweep.SIZE)
        for write in epoch.earlier:
            os.pwrite(self.fd, write.data, write.offset)

    def with_pieces(self, some_pieces, look):
        undo = [(offset, os.pread(self.fd, len(data), offset)) for offset, data in some_pieces]
        for offset, data in some_pieces:
            os.pwrite(self.fd, data, offset)
        try:
            return look()
        finally:
            for offset, data in reversed(undo):
                os.pwrite(self.fd, data, offset)

    def close(self):
        os.close(self.fd)


class Cuts:
    def __init__(self, scene, how_many, recorded=None):
        """What is rebuilt may have been recorded elsewhere, on a drive of the same kind."""
        self.scene, self.how_many = scene, how_many
        slot = sweep.slots.get()
        _, whole = (recorded or scene).create(slot, with_bytes=True)
        sweep.slots.put(slot)
        assert whole.status == 0, whole.err
        self.epochs = epochs(whole.calls)
        self.n_states = self.n_again = 0
        self.found = {}

    def look(self, path, epoch, i):
        found = drive.judge(path)
        said = drive.status(path)
        self.found[found] = self.found.get(found, 0) + 1
        require(found != "unbacked" or self.scene.was_complete, "the backup is not there")
        if found in ("complete", "unbacked"):
            require(said[0] == "complete", found, "but status says", said)
        elif None not in epoch.steps:
            require(said[0] == "interrupted" and said[1] in epoch.steps, found,
                    "but status says", said)
        if found in ("blank", "half") and None not in epoch.steps and i % EACH == 0:
            self.go_on(path)

    def go_on(self, path):
        """On a copy: the same command once more does."""
        copy = path + ".again"
        subprocess.run(["cp", "--sparse=always", path, copy], check=True)
        again = self.scene.again(copy)
        os.unlink(copy)
        require(again.returncode == 0, "a second create ends with", again.returncode, again.stderr)
        self.n_again += 1

    def one_epoch(self, slot, job):
        epoch, share = job
        rebuilt = Rebuilt(self.scene, slot, epoch)
        failures = []
        for i, (what, some_pieces) in enumerate(states(epoch, self.how_many, self.scene.name)):
            if i % SHARES != share:
                continue
            try:
                rebuilt.with_pieces(some_pieces, lambda: self.look(rebuilt.path, epoch, i))
            except sweep.Failure as failure:
                failures.append(f"{what}: {failure}")
            self.n_states += 1
        rebuilt.close()
        require(not failures, epoch.name, *failures[:5])

    def all(self):
        jobs = [(epoch, share) for epoch in self.epochs for share in range(SHARES)]
        report.sweep(f"{self.scene.name}: whatever reached the medium, there is nothing or all",
                     self.one_epoch, jobs, "parts")
        print(f"# {self.n_states} drives rebuilt around {len(self.epochs)} flushes: "
              + ", ".join(f"{n} {what}" for what, n in sorted(self.found.items()))
              + f"; {self.n_again} times gone on", flush=True)


SHARES = 4  # of an epoch: it goes to so many slots
EACH = 25 if sweep.ALL else 11  # how many drives are looked at for one that is gone on with


def main():
    wim = sweep.medium("one.wim", "--variant", "wim", "--editions", "1")
    size = ["--size", str(sweep.SIZE)]
    how_many = 200 if sweep.ALL else 12
    Cuts(scenes.Scene("a new drive", wim, *size), how_many).all()
    Cuts(scenes.OldDrive("a drive that was in use", wim), how_many).all()
    if not scenes.no_loops():
        Cuts(scenes.Scene("a loop device", wim, *size), how_many, scenes.Loop("", wim)).all()
    if sweep.ALL:
        disc = sweep.medium("windows.iso")
        Cuts(scenes.Scene("a disc, and a data partition", disc, *size, "--data-size", "64M"),
             how_many).all()


sweep.begin()
try:
    main()
finally:
    sweep.end()
report.done()
