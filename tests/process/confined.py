#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every library that parses what a stranger made is only ever entered by a worker without power,
in whole runs of every command; and whatever a worker is killed at, the drive is what is said of
it.  WTGCTL_PROCESS=all kills at more entries."""
import collections
import mmap
import os
import shutil
import signal
import struct
import subprocess
import sys

import drive
import sweep
from process import ALL, Run, create, fresh, main, promise, require, state_is_true

# As in parser-shim.c.
DOORS = ["wimlib_open_wim", "wimlib_reference_resource_files", "wimlib_iterate_dir_tree",
         "wimlib_iterate_lookup_table", "wimlib_extract_image", "wimlib_decompress",
         "udfread_open_input", "hivex_open", "ntfs_device_mount", "xmlReadMemory",
         "json_tokener_parse_ex", "archive_read_open", "lzma_stream_decoder"]
COUNTS = 3
WORDS = struct.Struct(f"{COUNTS + 2 * len(DOORS)}Q")
SHIM = "LD_PRELOAD=" + os.environ["PARSER_SHIM"]


class Control:
    """The words that all processes share."""

    def __init__(self, slot, door=None, at=0, number=0):
        self.path = os.path.join(slot.dir, "control")
        with open(self.path, "wb") as f:
            f.write(WORDS.pack(DOORS.index(door) if door else len(DOORS), at, number,
                               *[0] * (2 * len(DOORS))))

    def counts(self):
        """For each door, who went in, and who was refused."""
        with open(self.path, "rb") as f, mmap.mmap(f.fileno(), 0,
                                                   access=mmap.ACCESS_READ) as words:
            counts = WORDS.unpack_from(words)[COUNTS:]
        return {door: counts[2 * i:2 * i + 2] for i, door in enumerate(DOORS)}


def doors(control):
    for door, (_, refused) in control.counts().items():
        require(refused == 0, refused, "times", door, "was entered with power")
    return {door: n for door, (n, _) in control.counts().items() if n > 0}


class Confined:
    def __init__(self, report):
        self.entered = collections.Counter()
        self.iso = sweep.medium("windows.iso", "--bytes", "3M")
        self.esd = sweep.medium("solid.esd", "--variant", "esd")
        self.parts = sweep.medium("parts.swm", "--variant", "swm")
        subprocess.run([os.environ["MAKE_PAYLOAD"], sweep.DIR], check=True)
        self.release = os.path.join(sweep.DIR, "ventoy-1.1.00-linux.tar.gz")
        slot = sweep.slots.get()
        target, self.create = create(slot, self.iso, before=["env", SHIM],
                                     PARSER_CONTROL=Control(slot).path)
        assert self.create.ended() == 0, self.create.lines()
        self.done = os.path.join(sweep.DIR, "done.img")
        shutil.copy(target, self.done)
        sweep.slots.put(slot)
        self.report = report

    def run(self, slot, *arguments):
        control = Control(slot)
        arguments = [one.format(new=fresh(slot), **vars(self)) for one in arguments]
        run = Run(slot, *arguments, before=["env", SHIM], PARSER_CONTROL=control.path)
        require(run.ended() == 0, run.lines())
        found = doors(control)
        self.entered.update(found)
        print(f"# {' '.join(map(os.path.basename, arguments))}: " + ", ".join(
            f"{n} {door}" for door, n in found.items()), flush=True)

    def all_doors(self, _slot):
        never = [door for door in DOORS if not self.entered[door]]
        require(not never, "never entered, so nothing is known of:", never)

    def refuses(self, slot, *command):
        """Somebody who is not confined."""
        if not shutil.which(command[0]):
            raise sweep.Failure(f"{command[0]} is not installed")
        control = Control(slot)
        status = subprocess.run(
            ["env", SHIM, *(one.format(**vars(self)) for one in command)], check=False,
            env=sweep.environment(PARSER_CONTROL=control.path), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode
        refused = sum(refused for _, refused in control.counts().values())
        require(status == -signal.SIGABRT and refused == 1, status, refused)

    def killed(self, slot, door, at, number):
        """A worker, as it goes in there."""
        control = Control(slot, door, at, number)
        target, run = create(slot, self.iso, "--seed", "1", before=["env", SHIM],
                             PARSER_CONTROL=control.path)
        status, result = run.ended(), run.result()
        require(status in (4, 5, 7, 10, 11), "status", status, run.lines())
        require(len(run.sentences()) == 1, run.sentences())
        how = "was killed" if number == signal.SIGKILL else f"was ended by signal {number}"
        require(how in result["message"], result)
        require((status < 10) == (result["drive"] == "untouched"), result)
        require(number != signal.SIGKILL or result["kind"] == "system", result)
        run.nothing_left(target)
        state_is_true(target, result["drive"])
        again = sweep.wtgctl("create", "-q", "--edition", "1", "--image", self.iso, "--size",
                             "1G", "--overwrite", "--confirm", target, target)
        require(again.returncode == 0, "again:", again.stderr)
        require(drive.judge(target) == "complete", "again:", drive.judge(target))
        return result

    def kills(self):
        slot = sweep.slots.get()
        control = Control(slot)
        _, run = create(slot, self.iso, "--seed", "1", before=["env", SHIM],
                        PARSER_CONTROL=control.path)
        assert run.ended() == 0, run.lines()
        sweep.slots.put(slot)
        numbers = [signal.SIGKILL] if sweep.is_sanitized() else [signal.SIGSEGV, signal.SIGKILL]
        few = 40 if ALL else 1
        chosen = [(door, at) for door, n in doors(control).items()
                  for at in sorted({1 + (2 * i + 1) * (n - 1) // (2 * few) for i in range(few)})]
        if ALL:
            return [(*one, number) for one in chosen for number in numbers]
        return [(*one, numbers[i % len(numbers)]) for i, one in enumerate(chosen)]


def promises(report):
    c = Confined(report)
    promise(report, "every command parses without power", c.run, [
        ["create", "-q", "--edition", "1", "--image", "{iso}", "--check", "--size", "1G", "{new}"],
        ["create", "-q", "--edition", "1", "--image", "{esd}", "--size", "1G", "{new}"],
        ["create", "-q", "--edition", "1", "--image", "{iso}", "--engine", "wimlib", "--size", "1G",
         "{new}"],
        ["create", "-q", "--edition", "1", "--image", "{iso}", "--size", "1G", "{new}", "{new}2"],
        ["plan", "-q", "--edition", "1", "--image", "{parts}", "--size", "1G", "{new}"],
        ["info", "{iso}"], ["info", "{esd}"], ["info", "{parts}"],
        ["ventoy", "install", "-q", "--ventoy", "{release}", "--size", "256M", "{new}"],
        ["verify", "-q", "{done}"], ["status", "{done}"], ["list", "--all"],
        ["repair", "-q", "--dry-run", "--boot-ca", "2023", "{done}"],
    ])
    promise(report, "all of these libraries were entered", c.all_doors)
    promise(report, "who has power is seen and stopped", c.refuses,
            [["wimlib-imagex", "info", "{esd}"], ["hivexsh", sweep.WTGCTL]])
    promise(report, "a worker that is killed is told, and the drive is what is said of it",
            c.killed, c.kills())


if __name__ == "__main__":
    sys.exit(main(promises))
