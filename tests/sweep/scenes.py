# SPDX-License-Identifier: GPL-3.0-or-later
"""What is created onto what."""
import fcntl
import os
import random
import shutil
import struct
import subprocess

import drive
import sweep
from sweep import require

BLKDISCARD = 0x1277
MARKER = b"wtgctl marker "
MARKER_STEP = slice(48, 96)


class Scene:
    was_complete = False  # another drive was there
    untouched = None      # as what that is found
    kept_as = ("old",)    # where what was there is said to be there still
    size = sweep.SIZE     # of what a run leaves
    stride = 3            # in a normal run, of calls that wipe or write the table
    tells_steps = True    # the record of the drive says which one is being done

    def __init__(self, name, image, *more):
        self.name = name
        self.image = image
        self.more = more

    def prepare(self, slot):
        """A new file: there is none."""
        if os.path.exists(slot.file):
            os.unlink(slot.file)
        return slot.file

    def arguments(self, target):
        return ["create", "-q", "--progress", "none", "--edition", "1", "--image", self.image,
                "--seed", "sweep", *self.more, target]

    def before(self, offset, length):
        """What was there."""
        return bytes(length)

    def create(self, slot, *tampering, **more):
        target = self.prepare(slot)
        return target, slot.run(self.arguments(target), target, *tampering, **more)

    def again(self, target):
        return sweep.wtgctl(*self.arguments(target))

    def judge(self, target):
        """What is found on it."""
        return drive.judge(target)

    def check_status(self, target, found, steps):
        """It tells the truth: complete, or stopped in one of the steps, if there is a record."""
        said = drive.status(target)
        require(found != "unbacked" or self.was_complete, "the backup is not there")
        if found in ("complete", "unbacked"):
            require(said[0] == "complete", found, "but status says", said)
        elif None not in steps:
            require(said[0] == "interrupted" and said[1] in steps, found, "but status says", said)

    def goes_on(self, target, found):
        """The same command does, there."""
        return True

    def ends_well(self, target):
        """What a second run left; a status of 0 says that it was verified."""

    def bears(self, target):
        """That a write was lost."""
        return False

    def look(self, target, steps):
        found = self.judge(target)
        self.check_status(target, found, steps)
        return found


class OldDrive(Scene):
    """A file that holds a drive of another run."""

    was_complete, untouched = True, "complete"
    how = "--overwrite"
    old_name = "old.img"

    def __init__(self, name, image, *more):
        super().__init__(name, image, self.how, *more)
        self.old = os.path.join(sweep.DIR, self.old_name)
        if not os.path.exists(self.old):
            self.make_old()

    def make_old(self):
        subprocess.run([sweep.WTGCTL, "create", "-q", "--image", self.image, "--edition", "1",
                        "--size", str(sweep.SIZE), "--seed", "old", self.old], check=True,
                       env=sweep.environment())

    def prepare(self, slot):
        super().prepare(slot)
        subprocess.run(["cp", "--sparse=always", self.old, slot.file], check=True)
        return slot.file

    def arguments(self, target):
        return [*super().arguments(target)[:-1], "--confirm", target, target]

    def before(self, offset, length):
        with open(self.old, "rb") as f:
            return os.pread(f.fileno(), length, offset)


class Loop(Scene):
    """A loop device without anything on it."""

    def prepare(self, slot):
        if not slot.loop:
            back = os.path.join(slot.dir, "loop.img")
            with open(back, "wb") as f:
                f.truncate(sweep.SIZE)
            slot.loop = subprocess.run(["losetup", "--show", "-f", back], check=True, text=True,
                                       stdout=subprocess.PIPE).stdout.strip()
        drive = os.open(slot.loop, os.O_RDWR)
        fcntl.ioctl(drive, BLKDISCARD, struct.pack("2Q", 0, sweep.SIZE))
        os.close(drive)
        return slot.loop

    def arguments(self, target):
        return [*super().arguments(target)[:-1], "--confirm", target, target]


class Beside(OldDrive):
    """A file that holds a drive of somebody's, who keeps it: odd partitions, made by sfdisk, with
    something in them and in the gap before them."""

    how = "--beside"
    old_name = "beside.img"
    partitions = """label: gpt
first-lba: 34
start=2048, size=122880, name=Data, attrs="GUID:60"
start=124929, size=3, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
"""
    kept = [(0, 512), (34 * 512, (1 << 20) - 34 * 512), (2048 * 512, 122880 * 512),
            (124929 * 512, 3 * 512)]
    edited = (0, 0)  # sectors in which files are changed

    def make_old(self):
        rng = random.Random("beside")
        with open(self.old, "wb") as f:
            f.truncate(sweep.SIZE)
            for offset, length in self.kept[1:]:
                f.seek(offset)
                f.write(rng.randbytes(min(length, 1 << 20)))
        subprocess.run(["sfdisk", "-q", "--wipe", "never", self.old], check=True, text=True,
                       input=self.partitions)


class BesideVentoy(Beside):
    """One with Ventoy, and a GPT.  Its first partition gets the entry's files."""

    old_name = "ventoy.img"
    kept = [(0, 512), (34 * 512, (1 << 20) - 34 * 512), (65 << 20, 32 << 20)]
    edited = (2048, 65 << 11)

    @staticmethod
    def has_payload():
        return subprocess.run([os.environ["MAKE_PAYLOAD"], os.path.join(sweep.DIR, "payload")],
                              check=False, capture_output=True).returncode == 0

    def make_old(self):
        payload = os.path.join(sweep.DIR, "payload")
        subprocess.run([sweep.WTGCTL, "ventoy", "install", "-q", "--size", str(sweep.SIZE),
                        "--data-size", "64M", "--ventoy",
                        os.path.join(payload, "ventoy-1.1.00-linux.tar.gz"), self.old],
                       check=True, env=sweep.environment())


def no_loops():
    """Why there are none here."""
    if os.geteuid() != 0:
        return "loop devices are root's"
    free = shutil.which("losetup") and subprocess.run(["losetup", "-f"], capture_output=True)
    return None if free and free.returncode == 0 else "there are no loop devices here"


def steps(calls):
    """For each call, by its number: the step that is on record when it is made."""
    found, step = [None, None], None
    for call in calls:
        if call.kind == sweep.WRITE and call.data.startswith(MARKER):
            name = call.data[MARKER_STEP].split(b"\0")[0].decode()
            step = name if name != step else step
        found.append(step)
    return found
