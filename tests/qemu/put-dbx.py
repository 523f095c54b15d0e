#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""put-dbx.py VARIABLES LIST: give OVMF another dbx.

EDK II keeps variables one after the other, in a firmware volume's only store
(MdeModulePkg, VariableFormat.h): the old one is marked as deleted, the new one is
added behind the last.
"""
import struct
import sys
import uuid

DATABASE = uuid.UUID("d719b2cb-3d3a-4596-a3bc-dad00e67656f").bytes_le
START, ADDED, DELETED = 0x55AA, 0x3F, 0xFD
HEADER = struct.Struct("<HBBIQ16sIII16s")
STORE_HEADER = 28
TIME = bytes([0xEA, 0x07, 1, 1, 0, 0, 0, 0]) + bytes(8)


def main(path, list_path):
    with open(path, "rb") as file:
        store = bytearray(file.read())
    with open(list_path, "rb") as file:
        data = file.read()
    name = "dbx\0".encode("utf-16-le")
    at = struct.unpack_from("<H", store, 0x30)[0] + STORE_HEADER
    attributes = None
    while struct.unpack_from("<H", store, at)[0] == START:
        found = HEADER.unpack_from(store, at)
        name_size, data_size = found[7:9]
        if (found[9] == DATABASE and found[1] == ADDED and
                store[at + HEADER.size:at + HEADER.size + name_size] == name):
            attributes = found[3]
            store[at + 2] &= DELETED
        at += (HEADER.size + name_size + data_size + 3) & ~3
    if attributes is None:
        sys.exit("no dbx is in " + path)
    new = HEADER.pack(START, ADDED, 0, attributes, 0, TIME, 0, len(name), len(data), DATABASE)
    new += name + data
    store[at:at + len(new)] = new
    with open(path, "wb") as file:
        file.write(store)


main(*sys.argv[1:])
