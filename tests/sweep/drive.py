# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on a drive, by anybody but wtgctl: blkid, sfdisk, sgdisk, mtools, and firmware, whose
few rules (UEFI 5.3) are written down here a second time."""
import json
import os
import struct
import subprocess
import zlib

from sweep import Failure, require, wtgctl

NEEDED = ["blkid", "sfdisk", "sgdisk", "mcopy"]
SECTOR = 512
VTOYEFI = "VTOYEFI".encode("utf-16le")
ESP = bytes.fromhex("28732ac11ff8d211ba4b00a0c93ec93b")


def run(*command):
    return subprocess.run(command, text=True, errors="replace", stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, LC_ALL="C.UTF-8", MTOOLS_SKIP_CHECK="1"))


def protective_mbr(sector):
    """A partition of type EE from sector 1 on (UEFI 5.2.3)."""
    rows = [sector[at:at + 16] for at in range(446, 510, 16)]
    return sector[510:] == b"\x55\xaa" and any(
        row[4] == 0xEE and row[8:12] == b"\1\0\0\0" for row in rows)


def entries(f, lba):
    """Of the table with its header there, if that is sound (UEFI 5.3.2); else None."""
    f.seek(lba * SECTOR)
    header = f.read(SECTOR)
    size, crc = struct.unpack_from("<2I", header, 12)
    if header[:8] != b"EFI PART" or not 92 <= size <= SECTOR:
        return None
    if zlib.crc32(header[:16] + bytes(4) + header[20:size]) != crc:
        return None
    mine, = struct.unpack_from("<Q", header, 24)
    at, count, each, crc = struct.unpack_from("<Q3I", header, 72)
    if mine != lba or each < 128 or count * each > 1 << 20:
        return None
    f.seek(at * SECTOR)
    table = f.read(count * each)
    if zlib.crc32(table) != crc:
        return None
    return [table[i:i + each] for i in range(0, len(table), each) if any(table[i:i + 16])]


def rows(sector):
    """Of an MBR, which is all of its table; None if that is none (UEFI 5.2.1)."""
    found = [sector[at:at + 16] for at in range(446, 510, 16) if sector[at + 4]]
    return found if sector[510:] == b"\x55\xaa" and found else None


def place(entry):
    """[start, end) of an entry of one or the other."""
    if len(entry) == 16:
        first, n = struct.unpack_from("<2I", entry, 8)
        return first * SECTOR, (first + n) * SECTOR
    first, last = struct.unpack_from("<2Q", entry, 32)
    return first * SECTOR, (last + 1) * SECTOR


class Look:
    """table: firmware reads one.  shown: the protective MBR, without which it does not look.
    copies: how many of the two are sound; of an MBR there is one, and that counts as both."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as f:
            last = f.seek(0, os.SEEK_END) // SECTOR - 1
            both = [entries(f, 1), entries(f, last)]
            f.seek(0)
            sector = f.read(SECTOR)
        self.shown = protective_mbr(sector)
        if not self.shown and not any(both):
            both = [rows(sector)] * 2
        self.copies = sum(one is not None for one in both)
        self.table = both[0] or both[1]

    def volumes(self):
        """Where firmware looks, as mtools has it: system partitions, and Ventoy's."""
        for entry in self.table:
            kind = entry[4:5] if len(entry) == 16 else entry[:16]
            if kind in (b"\x0c", b"\xef", ESP) or entry[56:].startswith(VTOYEFI):
                yield f"{self.path}@@{place(entry)[0]}"

    def boots(self):
        """Firmware finds a loader, and Windows' its store."""
        volumes = list(self.volumes())
        return (any(starts_with(one, "::/EFI/BOOT/BOOTX64.EFI", "MZ") for one in volumes) and
                any(starts_with(one, "::/EFI/Microsoft/Boot/bootmgfw.efi", "MZ") and
                    starts_with(one, "::/EFI/Microsoft/Boot/BCD", "regf") for one in volumes))


def starts_with(image, file, magic):
    return run("mcopy", "-n", "-i", image, file, "-").stdout.startswith(magic)


def findings(path):
    """What `wtgctl verify` finds wrong: topics."""
    out = wtgctl("verify", "--json", path).stdout.splitlines()
    verify = next((one for one in map(json.loads, out) if one["type"] == "verify"), None)
    require(verify, "verify found nothing to say:", out)
    return {one["topic"] for one in verify["findings"] if one["grade"] == "wrong"}


def agree(path, look):
    """sfdisk reads the same partitions."""
    found = json.loads(run("sfdisk", "--json", path).stdout)["partitiontable"]["partitions"]
    require([[one["start"] * SECTOR, (one["start"] + one["size"]) * SECTOR] for one in found] ==
            [list(place(one)) for one in look.table], "sfdisk reads another table:", found)


def judge(path):
    """blank: no table for anybody, nothing to start.  complete: in the eyes of all.  unbacked:
    complete, but for the table's backup.  half: a table that is not shown, or is damaged, and all
    that it leads to.  Anything else fails."""
    look = Look(path)
    if look.table is None:
        probed = run("blkid", "-p", path)
        # An old drive's protective MBR, alone, leads nowhere.
        require(probed.returncode == 2 or look.shown and 'PTTYPE="PMBR"' in probed.stdout,
                "no table, but blkid says", probed.stdout, probed.stderr)
        if not look.shown:
            asked = run("sfdisk", "--json", path).stderr
            require("does not contain a recognized partition table" in asked, "sfdisk:", asked)
        return "blank"
    require(look.boots(), "there is a table, and nothing boots")
    wrong = findings(path)
    # Boot code comes with what shows the table.
    require(wrong <= {"table"} | (set() if look.shown else {"ventoy"}),
            "there is a table, and verify finds wrong:", wrong)
    if wrong:
        return "half"
    require(wtgctl("verify", "-q", path).returncode == 0, "verify does not accept it")
    if look.copies < 2:
        return "unbacked"
    agree(path, look)
    require(not look.shown or "No problems found" in run("sgdisk", "-v", path).stdout,
            "sgdisk finds problems")
    return "complete"


def status(path):
    """(state, step) as `wtgctl status` has it."""
    out = wtgctl("status", "--json", path)
    for line in out.stdout.splitlines():
        said = json.loads(line)
        if said["type"] == "status":
            return said["state"], said.get("interrupted_in")
    raise Failure(f"status says {out.returncode}: {out.stderr}")
