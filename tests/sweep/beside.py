#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The power goes while a Windows is added beside what stays.  Whatever part of the writes reached
the medium: everybody sees the partitions that were there, with every byte in them, in the gap and
in sector 0, alone or with all of the new ones.  GRUB, which looks at no checksum, does so in each
slot of the primary table; firmware, sfdisk and sgdisk in one that is sound."""
import json
import os
import struct

import drive
import scenes
import sweep
from epochs import Rebuilt, epochs, states
from sweep import require, wtgctl

report = sweep.Report()
report.needs(*drive.NEEDED)
SECTOR = 512
SHARES = 4


def slots(path):
    """The primary's, whatever their checksum."""
    with open(path, "rb") as f:
        f.seek(2 * SECTOR)
        table = f.read(128 * 128)
    return [table[i:i + 128] for i in range(0, len(table), 128)]


def used(entries):
    return [entry for entry in entries if any(entry[:16])]


class Beside:
    def __init__(self, scene, how_many):
        self.scene, self.how_many = scene, how_many
        slot = sweep.slots.get()
        target, whole = scene.create(slot, with_bytes=True)
        sweep.slots.put(slot)
        assert whole.status == 0, whole.err
        self.old = used(slots(scene.old))
        self.new = used(slots(target))
        self.changed = [struct.unpack_from("<2Q", entry, 32) for entry in self.new[len(self.old):]]
        self.check_places(whole.calls)
        self.epochs = epochs(whole.calls)
        self.n_states = 0
        self.found = {}

    def check_places(self, calls):
        """Nothing is written but the new partitions, the table's own, and one block, the record."""
        last = sweep.SIZE // SECTOR - 1
        own = [(1, 34), (last - 32, last + 1), self.scene.edited]
        own += [(first, end + 1) for first, end in self.changed]
        records = set()
        for call in calls:
            if call.kind != sweep.WRITE:
                continue
            first, end = call.offset // SECTOR, -(-(call.offset + call.length) // SECTOR)
            if not any(a <= first and end <= b for a, b in own):
                records.add((call.offset, call.length))
        assert len(records) == 1 and next(iter(records))[1] == 4096, records

    def look(self, path):
        with open(path, "rb") as f, open(self.scene.old, "rb") as old:
            for offset, length in self.scene.kept:
                require(os.pread(f.fileno(), length, offset) ==
                        os.pread(old.fileno(), length, offset), "changed:", offset, length)
        now = slots(path)
        for i, entry in enumerate(now):
            may = [part[i] if i < len(part) else bytes(128) for part in (self.old, self.new)]
            require(entry in may, "slot", i + 1, "is neither the old nor the new one")
        firmware = drive.Look(path)
        require(firmware.shown and firmware.table in (self.old, self.new), "firmware sees",
                firmware.table)
        n = self.by_sfdisk(path)
        require(n == len(firmware.table), "sfdisk sees", n)
        found = "new" if n == len(self.new) else "old"
        if found == "new":
            require(self.starts(path, firmware), "nothing boots")
            require(drive.findings(path) <= {"table"}, drive.findings(path))
        self.found[found] = self.found.get(found, 0) + 1

    def starts(self, _path, firmware):
        return firmware.boots()

    @staticmethod
    def by_sfdisk(path):
        out = drive.run("sfdisk", "--json", path)
        require(out.returncode == 0, out.stderr)
        return len(json.loads(out.stdout)["partitiontable"]["partitions"])

    def one_epoch(self, slot, job):
        epoch, share = job
        rebuilt = Rebuilt(self.scene, slot, epoch)
        failures = []
        for i, (what, some_pieces) in enumerate(states(epoch, self.how_many, self.scene.name)):
            if i % SHARES != share:
                continue
            try:
                rebuilt.with_pieces(some_pieces, lambda: self.look(rebuilt.path))
            except sweep.Failure as failure:
                failures.append(f"{what}: {failure}")
            self.n_states += 1
        rebuilt.close()
        require(not failures, epoch.name, *failures[:5])

    def go_on(self, slot, job):
        """The same command once more."""
        epoch, = job
        rebuilt = Rebuilt(self.scene, slot, epoch)
        rebuilt.close()
        again = self.scene.again(rebuilt.path)
        require(again.returncode == 0, "a second create ends with", again.returncode, again.stderr)
        self.look_again(rebuilt.path)

    def look_again(self, path):
        require(self.by_sfdisk(path) == len(self.new), "sfdisk sees", self.by_sfdisk(path))
        require(wtgctl("verify", "-q", path).returncode == 0, "verify does not accept it")
        require("No problems found" in drive.run("sgdisk", "-v", path).stdout, "sgdisk does not")

    def all(self):
        jobs = [(epoch, share) for epoch in self.epochs for share in range(SHARES)]
        report.sweep(f"{self.scene.name}: whatever reached the medium, what was there is there",
                     self.one_epoch, jobs, "parts")
        report.sweep(f"{self.scene.name}: cut at a flush, the same command goes on", self.go_on,
                     [(self.epochs[i],) for i in sweep.spread(range(len(self.epochs)), 4)
                      if not self.epochs[i].steps & {"write-table"}])
        print(f"# {self.n_states} drives rebuilt around {len(self.epochs)} flushes: "
              + ", ".join(f"{n} {what}" for what, n in sorted(self.found.items())), flush=True)


class BesideVentoy(Beside):
    def look(self, path):
        super().look(path)
        out = wtgctl("ventoy", "status", path)
        require(out.returncode == 0, "its loader would refuse:", out.stdout, out.stderr)

    def starts(self, path, _firmware):
        """By Ventoy alone: the way of removable drives is not there."""
        first, = struct.unpack_from("<Q", self.new[2], 32)
        return drive.starts_with(f"{path}@@{first * SECTOR}", "::/EFI/Microsoft/Boot/bootmgfw.efi",
                                 "MZ")


def main():
    wim = sweep.medium("one.wim", "--variant", "wim", "--editions", "1")
    how_many = 200 if sweep.ALL else 8
    Beside(scenes.Beside("beside what stays", wim), how_many).all()
    if scenes.BesideVentoy.has_payload():
        BesideVentoy(scenes.BesideVentoy("beside Ventoy", wim), how_many).all()
    else:
        report.skip("beside Ventoy", "no stand-in for it could be made (tests/ventoy)")


sweep.begin()
try:
    main()
finally:
    sweep.end()
report.done()
