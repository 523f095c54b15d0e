# SPDX-License-Identifier: GPL-3.0-or-later
"""A drive whose Windows is repaired: boot files of another chain, a store that leads elsewhere, a
registry to be edited.  Whatever happens to a run, each file is the old one or the new one, and
nothing else is another than it was."""
import hashlib
import os
import shutil
import subprocess
import sys

import drive
import kept
import scenes
import sweep
from sweep import require

WALK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "apply", "ntfs-walk.py")
NEEDED = ["ntfscat", "fsck.fat", "mcopy", "sgdisk"]
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
    size = 320 << 20

    def __init__(self, name, image):
        base = os.path.join(sweep.DIR, "to-be-mended.img")
        kept.must("create", "-q", "--progress", "none", "--image", image, "--edition", "1", "--size",
                  str(self.size), "--esp-size", "100M", "--seed", "mended", "--internal-disks",
                  "online", base)
        made = drive.run("sgdisk", "-G", base)
        assert made.returncode == 0, made.stderr
        self.parts = [drive.place(one) for one in drive.Look(base).table]
        super().__init__(name, base, "repair", "--boot-ca", "2023")
        self.old, self.new = (self.files_of(path) for path in (base, self.whole))
        assert {one for one in self.old if self.old[one] != self.new[one]} >= {
            HIVE, "EFI/Microsoft/Boot/BCD", "EFI/Boot/bootx64.efi"}

    def may_change(self):
        return [self.parts[0], self.parts[2]]

    def part(self, path, number):
        """The volume, as a sparse file of its own."""
        start, end = self.parts[number]
        name = f"{path}.{number}"
        with open(name, "wb") as f:
            f.truncate(end - start)
            for first, last in kept.extents(path, start, end):
                f.seek(first - start)
                f.write(kept.read(path, first, last))
        return name

    def files_of(self, path):
        """{path: hash} of the system partition, and the registry."""
        to = path + ".files"
        os.mkdir(to)
        read = drive.run("mcopy", "-s", "-n", "-i", f"{path}@@{self.parts[0][0]}", "::", to)
        found = {"mcopy": read.returncode}
        for at, _, names in os.walk(to):
            for name in names:
                with open(os.path.join(at, name), "rb") as f:
                    found[os.path.relpath(os.path.join(at, name), to)] = digest(f.read())
        shutil.rmtree(to)
        volume = self.part(path, 2)
        hive = subprocess.run(["ntfscat", "-f", "-q", volume, HIVE], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False).stdout
        found[HIVE] = digest(hive)
        os.unlink(volume)
        return found

    def judge(self, target):
        for start, end in self.stays():
            require(kept.same(target, self.base, start, end), "changed between", start, "and", end)
        files = self.files_of(target)
        for name in files.keys() | self.old.keys() | self.new.keys():
            if files.get(name) not in (self.old.get(name), self.new.get(name)):
                return "odd"
        return "complete" if files == self.new else "old" if files == self.old else "half"

    def sound(self, path):
        """At worst, clusters that nobody uses: by fsck.fat and the walk over NTFS."""
        for number in 0, 2:
            volume = self.part(path, number)
            told = drive.run("fsck.fat", "-n", volume) if number == 0 else drive.run(
                sys.executable, WALK, volume)
            os.unlink(volume)
            said = (told.stdout + told.stderr).strip()
            if number == 0:
                harmless = told.returncode == 0 or any(one in said for one in LOST_OF_FAT)
            else:
                harmless = all(any(one in line for one in LOST) for line in said.split("\n") if line)
            require(harmless, said)

    def bears(self, target):
        """A write that was lost where nobody reads: of a page that was written again in part, what the
        rest should be is not known any more.  (Below the kernel's cache a drive loses whole pages.)"""
        self.sound(target)
        return self.judge(target) == "complete"

    def look(self, target, steps):
        found = self.judge(target)
        require(found != "odd", "a file is neither the old one nor the new one")
        self.sound(target)
        require(drive.status(target)[0] == "complete", "status says something else")
        return found


def scene(image, report):
    missing = [one for one in NEEDED if not shutil.which(one)]
    if missing:
        report.skip("a Windows that is repaired", f"{missing[0]} is not installed")
        return
    yield Mended("a Windows that is repaired", image)
