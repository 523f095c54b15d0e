#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes that volume/edit.h must leave alone, whole; and NTFS, and large ones."""
import os
import random
import struct
import subprocess
import sys
import tempfile
import time

import edit
from edit import (ENTRY, INPUT, MIB, REFUSED, UNSUITABLE, Put, Scene, exfat, fat, judge_exfat,
                  list_fat, many)
from exfat_walk import Exfat
from tap import end, must, run, tell

SMALL = {"ventoy/ventoy_grub.cfg": b"text\n"}


def refused(scene, what, kind, part, edits=None):
    """By the check and by the edit, for the same reason, and not a byte is written."""
    edits, before = edits or SMALL, scene.bytes()
    check, result = scene.edit(edits, "check"), scene.edit(edits)
    tell(check.returncode == kind and check.stdout == result.stdout and
         result.returncode == kind and part in result.stdout and before == scene.bytes(),
         f"refuses {what}", f"{check.returncode} {check.stdout}{result.returncode} {result.stdout}"
         f"{'' if before == scene.bytes() else 'and wrote to it'}")


def boot_sum(data, sector=512):
    total = 0
    for i in range(11 * sector):
        if i not in (106, 107, 112):
            total = ((total << 31 | total >> 1) + data[i]) & 0xffffffff
    return struct.pack("<I", total) * (sector // 4)


def exfat_bad(scene):
    tree = {"ventoy": {"ventoy.json": b"old" * 3000, "dir": {}}, "large": bytes(17 * MIB),
            "file": b"f", **many(60)}
    volume = exfat(scene, 32 * MIB, tree=tree, scattered=True)
    data = scene.bytes()

    def cell(cluster):
        return volume.fat + 4 * cluster

    root = [c for c, who in volume.owner.items() if who == "the root"]
    at_root = volume.heap + (root[0] - 2) * volume.cluster
    first_file = data.index(b"\x85", at_root)
    upcase = next(c for c, who in volume.owner.items() if who == "the table of letters")
    at_bitmap = volume.heap + (next(c for c, who in volume.owner.items()
                                    if who == "the bitmap") - 2) * volume.cluster
    two_fats = bytearray(data[:512 * 12])
    two_fats[110] = 2
    old = next(c for c, who in volume.owner.items() if who == "/ventoy/ventoy.json")
    replace = {"ventoy/ventoy.json": b"new"}
    for what, kind, part, writes, edits in (
        ("a dirty exFAT volume", REFUSED, "not unmounted cleanly", [(106, b"\2")], None),
        ("one that had read errors", REFUSED, "failures", [(106, b"\4")], None),
        ("one that uses its second FAT", REFUSED, "TexFAT", [(106, b"\1")], None),
        ("one with two FATs", REFUSED, "TexFAT",
         [(110, b"\2"), (11 * 512, boot_sum(two_fats))], None),
        ("a boot region with a wrong checksum", INPUT, "checksum", [(200, b"x")], None),
        ("a root that bites its tail", INPUT, "too long",
         [(cell(root[-1]), struct.pack("<I", root[0]))], None),
        ("a root that leads nowhere", INPUT, "leads to 4026531840",
         [(cell(root[0]), b"\0\0\0\xf0")], None),
        ("letters with a wrong checksum", INPUT, "letters",
         [(volume.heap + (upcase - 2) * volume.cluster, b"\1")], None),
        ("a set with a wrong checksum", INPUT, "belong together", [(first_file + 40, b"\x77")], None),
        ("an unknown critical entry", INPUT, "type 86", [(first_file, b"\x86")], None),
        ("a bitmap that frees the root", INPUT, "counts as free",
         [(at_bitmap + i, b"\0") for i in range(0, volume.n // 8)], None),
        ("a file whose clusters count as free", INPUT, "counts as free",
         [(at_bitmap + (old - 2) // 8,
           bytes([data[at_bitmap + (old - 2) // 8] & ~(1 << (old - 2) % 8)]))], replace),
        ("a directory where the file should be", REFUSED, "a directory", [],
         {"ventoy/dir": b"x"}),
        ("to remove a directory", REFUSED, "a directory", [], {"Ventoy/DIR": None}),
        ("a file where the directory should be", REFUSED, "no directory", [],
         {"file/ventoy.json": b"x"}),
        ("to replace what is large", REFUSED, "too large", [], {"large": b"x"}),
        ("a name that Windows does not know", UNSUITABLE, "forbids", [], {"what?": b"x"}),
        ("a device's name", UNSUITABLE, "device", [], {"ventoy/NUL.cfg": b"x"}),
        ("a name that is too long", UNSUITABLE, "too long", [], {"x" * 196: b"x"}),
        ("a way out", UNSUITABLE, "dot", [], {"../x": b"x"}),
    ):
        with Put(scene, writes):
            refused(scene, what, kind, part, edits)
    longest = {"ä" * 195: b"longest", "x" * 195: b"x"}
    before = Exfat(scene.bytes())
    scene.edit(longest)
    judge_exfat(scene, "takes the longest names", before, longest)
    exfat(scene, 8 * MIB, tree=many(20), leave=17)
    refused(scene, "a volume with too little room", UNSUITABLE, "no room left", ENTRY)
    exfat(scene, 8 * MIB, tree={}, leave=0)
    refused(scene, "a full volume", UNSUITABLE, "no room left")


def fat_bad(scene):
    tree = {"ventoy": {"ventoy.json": b"old" * 3000, "dir": {}}, "file": b"f",
            "user": b"usr" * 3000, **many(20)}
    for bits, size, dirty, clean in ((16, 20 * MIB, 37, b"\xff\x7f"),
                                     (32, 40 * MIB, 65, b"\xff\xff\xff\x07")):
        fat(scene, size, "-F", str(bits), "-s", "1", tree=tree)
        data = scene.bytes()
        at_fat = struct.unpack_from("<H", data, 14)[0] * 512
        replace = {"ventoy/ventoy.json": b"new"}
        slot = data.index(b"VENTOY~1JSO") if b"VENTOY~1JSO" in data else data.index(
            b"VENTOY~1JSON"[:11])
        first, = struct.unpack_from("<H", data, slot + 26)
        user = data.index(b"USER       ")
        first_of_user, = struct.unpack_from("<H", data, user + 26)
        for what, kind, part, writes, edits in (
            ("a dirty FAT volume", REFUSED, "cleanly", [(at_fat + bits // 8, clean)], None),
            ("one that Linux left mounted", REFUSED, "cleanly", [(dirty, b"\1")], None),
            ("a directory in the place", REFUSED, "a directory", [], {"VENTOY/Dir": b""}),
            ("a file in the place of one", REFUSED, "no directory", [], {"file/x": b""}),
            ("a chain that bites its tail", INPUT, "too long",
             [(at_fat + (first + 3) * bits // 8, struct.pack("<I", first)[:bits // 8])], replace),
            ("a chain that leads nowhere", INPUT, "leads to",
             [(at_fat + first * bits // 8, b"\xf0\xf0\xf0\0"[:bits // 8])], replace),
            ("a chain into what is free", INPUT, "no end",
             [(at_fat + first * bits // 8, bytes(bits // 8))], replace),
            ("a chain whose end is another file's", INPUT, "two files share",
             [(at_fat + (first + 16) * bits // 8,
               struct.pack("<I", first_of_user + 17)[:bits // 8])], replace),
            ("a file that is another's chain", INPUT, "two files share",
             [(user + 26, struct.pack("<H", first))], replace),
            ("to remove what is another's, too", INPUT, "two files share",
             [(user + 26, struct.pack("<H", first))], {"user": None}),
        ):
            with Put(scene, writes):
                refused(scene, f"{what} (FAT{bits})", kind, part, edits)
    fat(scene, 20 * MIB, "-F", "16", "-r", "16", "-s", "1",
        tree={f"{i}": b"" for i in range(13)})
    refused(scene, "a FAT16 volume whose root is full", UNSUITABLE, "full", ENTRY)
    fat(scene, 3 * MIB, "-F", "12", "-s", "2", tree={"all": bytes(3 * MIB - 70000)})
    refused(scene, "a FAT volume with too little room", UNSUITABLE, "no room left", ENTRY)


def other_bad(scene):
    edit.make_file(scene.image, 8 * MIB)
    refused(scene, "a volume that is none", REFUSED, "neither")
    must("mke2fs", "-q", "-F", scene.image)
    refused(scene, "ext2", REFUSED, "neither")


def flips(scene, dice):
    """Whatever the numbers say: a failure or not, and an end."""
    kinds, bad = set(), []
    exfat(scene, 8 * MIB, tree={"ventoy": {"ventoy.json": b"old" * 3000}, **many(30)},
          scattered=True)
    for make in None, lambda: fat(scene, 3 * MIB, "-F", "12", "-s", "2", tree={"a": b"b"}):
        if make:
            make()
        data = scene.bytes()
        lines = [i for i in range(0, len(data), 32) if any(data[i:i + 32])]
        for _ in range(400 if edit.ALL else 60):
            writes = [(dice.choice(lines) + dice.randrange(32),
                       bytes([dice.choice((0, 1, 0x7f, 0x80, 0xff, dice.randrange(256)))]))
                      for _ in range(dice.randrange(1, 30))]
            with open(scene.image, "rb") as file:
                before = file.read()
            with Put(scene, writes):
                result = scene.edit(ENTRY, "check")
            if before != scene.bytes() or result.returncode not in range(6):
                bad.append(f"{writes}: {result.returncode} {result.stdout}")
            kinds.add(result.returncode)
    tell(not bad and len(kinds) > 1, "numbers that were garbled are an error and nothing worse",
         "\n".join(bad) + str(kinds))


# ------------------------------------------------------------------ NTFS

def ntfs(scene):
    if run("which", "mkntfs", "ntfsfix", "ntfscat", "ntfscp").returncode:
        tell(True, "NTFS # SKIP no ntfs-3g")
        return
    edit.make_file(scene.image, 40 * MIB)
    must("mkntfs", "-q", "-Q", "-F", "-L", "Ventoy", scene.image)
    with open(os.path.join(scene.directory, "user"), "wb") as file:
        file.write(os.urandom(100000))
    must("ntfscp", scene.image, file.name, "user.iso")
    user = must_bytes("ntfscat", scene.image, "user.iso")
    check, result = scene.edit(ENTRY, "check"), scene.edit(ENTRY)
    tell(check.returncode == 0 and result.returncode == 0, "NTFS: takes the entry",
         check.stdout + result.stdout)
    judge_ntfs(scene, "NTFS: others read it", ENTRY, user)
    image = scene.bytes()
    scene.edit(ENTRY)
    tell(image == scene.bytes(), "NTFS: a second time changes nothing")
    changed = {path: b"new " + content for path, content in ENTRY.items()}
    scene.edit(changed)
    judge_ntfs(scene, "NTFS: each file is replaced", changed, user)
    scene.edit(dict.fromkeys(ENTRY))
    judge_ntfs(scene, "NTFS: and removed", dict.fromkeys(ENTRY), user)
    refused(scene, "a directory in the place (NTFS)", REFUSED, "a directory", {"Ventoy": b"x"})
    refused(scene, "more than NTFS has room for", UNSUITABLE, "no room",
            {f"{i}": bytes(4 * MIB) for i in range(12)})
    must("ntfsfix", "-d", scene.image)
    must("ntfsfix", scene.image)
    refused(scene, "a dirty NTFS volume", REFUSED, "not unmounted cleanly")


def must_bytes(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            check=False)
    return result.stdout if result.returncode == 0 else None


def judge_ntfs(scene, promise, edits, user):
    why = []
    for path, content in edits.items():
        seen = must_bytes("ntfscat", scene.image, path)
        if seen != content or scene.read(path) != content:
            why.append(f"{path}: {str(seen)[:100]}")
        grub = must_bytes("grub-fstest", scene.image, "cat", f"(loop0)/{path}")
        if content is not None and grub != content:
            why.append(f"GRUB reads {path} as {str(grub)[:100]}")
    if must_bytes("ntfscat", scene.image, "user.iso") != user:
        why.append("user.iso is not what it was")
    walked = run(sys.executable, os.path.join(edit.APPLY, "ntfs-walk.py"), scene.image)
    fixed = run("ntfsfix", "-n", scene.image)
    if walked.returncode or fixed.returncode:
        why.append(walked.stdout + fixed.stdout)
    tell(not why, promise, "\n".join(why))


# ------------------------------------------------------------------ large volumes

def large(scene):
    """Two TiB in a sparse file: only what is needed is read."""
    edit.make_file(scene.image, 2 << 40)
    must("mkfs.exfat", "-c", "128K", scene.image)
    begin = time.monotonic()
    result = scene.edit(ENTRY)
    took = time.monotonic() - begin
    fsck = run("fsck.exfat", "-n", scene.image)
    read = all(scene.read(path) == content for path, content in ENTRY.items())
    tell(result.returncode == 0 and took < 10 and fsck.returncode == 0 and read,
         "two TiB of exFAT take the entry at once", f"{result.stdout}{took} s\n{fsck.stdout}")
    edit.make_file(scene.image, 0)
    edit.make_file(scene.image, (2 << 40) - 512)
    must("mkfs.fat", "-F", "32", "-s", "128", scene.image)
    begin = time.monotonic()
    result = scene.edit(ENTRY)
    took = time.monotonic() - begin
    read = all(scene.read(path) == content for path, content in ENTRY.items())
    tell(result.returncode == 0 and took < 10 and read and len(list_fat(scene)) == len(ENTRY),
         "two TiB of FAT32 take the entry at once", f"{result.stdout}{took} s")


def main():
    with tempfile.TemporaryDirectory(prefix="wtgctl-edit.") as directory:
        scene = Scene(directory)
        exfat_bad(scene)
        fat_bad(scene)
        other_bad(scene)
        flips(scene, random.Random(5))
        ntfs(scene)
        large(scene)
    return end()


if __name__ == "__main__":
    sys.exit(main())
