#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The power goes: of what was written since the last flush that came back, any part may be on the
medium, in any order.  A whole run is recorded, and for each of its flushes the drive is rebuilt
with everything before it and some of what follows: after every write, without each write, and
with a random part of its blocks or sectors.  Afterwards there is nothing on the drive for anybody,
or all of it."""
import os
import subprocess

import drive
import kept
import mended
import scenes
import sweep
from epochs import Rebuilt, epochs, states
from sweep import require

report = sweep.Report()
report.needs(*drive.NEEDED)


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
        found = self.scene.look(path, epoch.steps)
        self.found[found] = self.found.get(found, 0) + 1
        if (found in ("blank", "half", "old") and i % EACH == 0 and
                (None not in epoch.steps or not self.scene.tells_steps)):
            self.go_on(path, found)

    def go_on(self, path, found):
        """On a copy: the same command once more does."""
        copy = path + ".again"
        subprocess.run(["cp", "--sparse=always", path, copy], check=True)
        if not self.scene.goes_on(copy, found):
            os.unlink(copy)
            return
        again = self.scene.again(copy)
        require(again.returncode == 0, "a second run ends with", again.returncode, again.stderr)
        self.scene.ends_well(copy)
        os.unlink(copy)
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
    for scene, _, share in kept.all_scenes(wim, report):
        if sweep.ALL or share:
            Cuts(scene, how_many if sweep.ALL else share).all()
    for scene in mended.scene(wim, report):
        Cuts(scene, how_many if sweep.ALL else 2).all()
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
