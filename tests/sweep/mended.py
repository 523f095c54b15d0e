# SPDX-License-Identifier: GPL-3.0-or-later
"""A drive whose Windows is repaired: boot files of another chain, half a loader, some missing, a
store that leads elsewhere, a registry to be edited.  Whatever happens to a run, each file of both
partitions is the old one or the new one, nothing else is another than it was, and the same command
once more ends well."""
import hashlib
import os
import re
import shutil
import sys

import drive
import kept
import scenes
import sweep
from sweep import require

WALK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "apply", "ntfs-walk.py")
NEEDED = ["fsck.fat", "mcopy", "mdel", "mdeltree", "sgdisk"]
HIVE = "/Windows/System32/config/SYSTEM"
# What a cut may leave of NTFS: clusters that nobody uses, an old size in the directory.
LOST = ("is free, but marked in use", "but of record")
# Of FAT, whose fsck tells what it would do.
LOST_OF_FAT = ("unused cluster", "Free cluster summary", "FATs differ", "Orphan", "Reclaimed")


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Mended(kept.Kept):
    """found is old, complete, half: some files are the new ones; odd: some are neither."""

    kept_as = ("old", "half", "complete")
    tells_steps = False
    size = 320 << 20

    def __init__(self, name, image):
        base = os.path.join(sweep.DIR, "to-be-mended.img")
        kept.must("create", "-q", "--progress", "none", "--image", image, "--edition", "1", "--size",
                  str(self.size), "--esp-size", "100M", "--seed", "mended", "--internal-disks",
                  "online", base)
        self.parts = [drive.place(one) for one in drive.Look(base).table]
        self.break_it(base)
        super().__init__(name, base, "repair", "--boot-ca", "2023")
        (self.old, wrong), (self.new, wrong_after) = map(self.walk_both, (base, self.whole))
        assert not wrong and not wrong_after, (wrong, wrong_after)
        assert {one for one in self.old.keys() | self.new.keys()
                if self.old.get(one) != self.new.get(one)} >= {
                    HIVE, "EFI/Microsoft/Boot/BCD", "EFI/Boot/bootx64.efi"}

    def break_it(self, path):
        """As somebody's clone of a drive, left half way."""
        esp = f"{path}@@{self.parts[0][0]}"
        half = os.path.join(sweep.DIR, "half.efi")
        with open(half, "wb") as f:
            f.write(b"MZ" + bytes(700))
        for command in (["sgdisk", "-G", path], ["mcopy", "-o", "-i", esp, half,
                                                 "::/EFI/Boot/bootx64.efi"],
                        ["mdel", "-i", esp, "::/EFI/Microsoft/Boot/boot.stl"],
                        ["mdeltree", "-i", esp, "::/EFI/Microsoft/Boot/Resources"]):
            done = drive.run(*command)
            assert done.returncode == 0, done.stderr

    def may_change(self):
        return [self.parts[0], self.parts[2]]

    def of_esp(self, path):
        """({path: hash} of the system partition, what fsck.fat finds)."""
        start, end = self.parts[0]
        to = path + ".files"
        os.mkdir(to)
        read = drive.run("mcopy", "-s", "-n", "-i", f"{path}@@{start}", "::", to)
        found = {"mcopy": read.returncode}
        for at, _, names in os.walk(to):
            for name in names:
                with open(os.path.join(at, name), "rb") as f:
                    found[os.path.relpath(os.path.join(at, name), to)] = digest(f.read())
        shutil.rmtree(to)
        volume = path + ".fat"
        with open(volume, "wb") as f:
            f.truncate(end - start)
            for first, last in kept.extents(path, start, end):
                f.seek(first - start)
                f.write(kept.read(path, first, last))
        told = drive.run("fsck.fat", "-n", volume)
        os.unlink(volume)
        harmless = told.returncode == 0 or any(one in told.stdout for one in LOST_OF_FAT)
        return found, [] if harmless else [told.stdout + told.stderr]

    def of_windows(self, path):
        """({path: all that NTFS keeps of it}, what the walk finds)."""
        done = drive.run(sys.executable, WALK, "--list", "--offset", str(self.parts[2][0]), path)
        found = {}
        for line in done.stdout.splitlines():
            name, attributes = re.split(" short=| attributes=", line, maxsplit=1)
            # When the registry was written is of that moment.
            found[name] = attributes.split("stream=", 1)[1] if name == HIVE else attributes
        return found, [line for line in done.stderr.splitlines()
                       if not any(one in line for one in LOST)]

    def walk_both(self, path):
        (esp, wrong), (windows, wrong_too) = self.of_esp(path), self.of_windows(path)
        return {**esp, **windows}, wrong + wrong_too

    def judge(self, target):
        for start, end in self.stays():
            require(kept.same(target, self.base, start, end), "changed between", start, "and", end)
        files, wrong = self.walk_both(target)
        require(not wrong, *wrong[:4])
        for name in files.keys() | self.old.keys() | self.new.keys():
            if files.get(name) not in (self.old.get(name), self.new.get(name)):
                return "odd"
        return "complete" if files == self.new else "old" if files == self.old else "half"

    def bears(self, target):
        """A write that was lost where nobody reads: of a page that was written again in part, what the
        rest should be is not known any more.  (Below the kernel's cache a drive loses whole pages.)"""
        return self.judge(target) == "complete"

    def look(self, target, steps):
        found = self.judge(target)
        require(found != "odd", "a file is neither the old one nor the new one")
        require(drive.status(target)[0] == "complete", "status says something else")
        return found

    def ends_well(self, target):
        super().ends_well(target)
        verified = sweep.wtgctl("verify", "-q", target)
        require(verified.returncode == 0, "verify:", verified.stdout, verified.stderr)


def scene(image, report):
    missing = [one for one in NEEDED if not shutil.which(one)]
    if missing:
        report.skip("a Windows that is repaired", f"{missing[0]} is not installed")
        return
    yield Mended("a Windows that is repaired", image)
