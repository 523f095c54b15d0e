#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A boot store as bcdboot makes one from a BCD-Template, with identifiers of its own, as text for
hivexregedit.

    other-bcd.py [--bios] DRIVE SYSTEM WINDOWS [OTHER]

The store of DRIVE that lies on partition SYSTEM and leads to WINDOWS; OTHER: and to a second one.
"""
import json
import struct
import subprocess
import sys
import uuid

BOOTMGR = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
MEMDIAG = "{b2721d73-1db4-4c62-bf78-c548a880142d}"


def element(key, name, value):
    print(f"[{key}\\Elements\\{name}]\n\"Element\"={value}\n")


def text(value, kind=1):
    data = (value + "\0").encode("utf-16-le") + (b"\0\0" if kind == 7 else b"")
    return f"hex({kind}):" + ",".join(f"{byte:02x}" for byte in data)


def binary(data):
    return "hex(3):" + ",".join(f"{byte:02x}" for byte in data)


def begin(name, kind):
    key = f"\\Objects\\{name}"
    print(f"[{key}]\n\n[{key}\\Description]\n\"Type\"=dword:{kind:08x}\n\n[{key}\\Elements]\n")
    return key


class Drive:
    def __init__(self, path):
        done = subprocess.run(["sfdisk", "--json", path], check=True, stdout=subprocess.PIPE)
        self.table = json.loads(done.stdout)["partitiontable"]

    def device(self, number):
        """As a BcdDeviceObject of a partition lies in a store."""
        partition = self.table["partitions"][number - 1]
        if self.table["label"] == "gpt":
            place = uuid.UUID(partition["uuid"]).bytes_le
            disk, style = uuid.UUID(self.table["id"]).bytes_le, 0
        else:
            place = struct.pack("<QQ", partition["start"] * self.table["sectorsize"], 0)
            disk, style = struct.pack("<I12x", int(self.table["id"], 16)), 1
        return binary(bytes(16) + struct.pack("<IIII", 6, 0, 0x48, 0) + place +
                      struct.pack("<II", 0, style) + disk + bytes(16))


def loader(drive, number, name, bios):
    ids = ["{" + str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name} {what}")) + "}"
           for what in ("loads", "resumes")]
    end = "exe" if bios else "efi"
    key = begin(ids[0], 0x10200003)
    element(key, "11000001", drive.device(number))
    element(key, "12000002", text(f"\\Windows\\system32\\winload.{end}"))
    element(key, "12000004", text(name))
    element(key, "12000005", text("de-DE"))
    element(key, "21000001", drive.device(number))
    element(key, "22000002", text("\\Windows"))
    element(key, "23000003", text(ids[1]))
    element(key, "250000c2", binary(struct.pack("<Q", 1)))
    key = begin(ids[1], 0x10200004)
    element(key, "11000001", drive.device(number))
    element(key, "12000002", text(f"\\Windows\\system32\\winresume.{end}"))
    element(key, "22000002", text("\\hiberfil.sys"))
    return ids


def main():
    arguments = sys.argv[1:]
    bios = arguments[0] == "--bios"
    drive, system, *windows = arguments[bios:]
    drive = Drive(drive)
    print("Windows Registry Editor Version 5.00\n")
    ids = [loader(drive, int(number), f"Windows {10 + i}", bios)
           for i, number in enumerate(windows)]
    key = begin(BOOTMGR, 0x10100002)
    element(key, "11000001", drive.device(int(system)))
    element(key, "12000002", text("\\bootmgr" if bios
                                  else "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"))
    element(key, "12000005", text("de-DE"))
    element(key, "23000003", text(ids[0][0]))
    element(key, "23000006", text(ids[0][1]))
    element(key, "24000001", text("\0".join(one[0] for one in ids), 7))
    element(key, "24000010", text(MEMDIAG, 7))
    element(key, "25000004", binary(struct.pack("<Q", 0)))
    key = begin(MEMDIAG, 0x10200005)
    element(key, "11000001", drive.device(int(system)))
    element(key, "12000002", text("\\boot\\memtest.exe" if bios
                                  else "\\EFI\\Microsoft\\Boot\\memtest.efi"))
    element(key, "12000004", text("Windows-Speicherdiagnose"))


main()
