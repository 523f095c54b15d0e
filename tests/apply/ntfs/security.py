# SPDX-License-Identifier: GPL-3.0-or-later
"""$Secure: every security descriptor once, twice over, in two indexes."""
import struct

from indexes import Index, by_u32s
from records import DATA

SDS, SII, SDH = (name.encode("utf-16-le") for name in ("$SDS", "$SII", "$SDH"))
BLOCK = 0x40000  # a block of $SDS, with its copy behind it
FIRST_ID = 0x100


def hash_of(descriptor):
    value = 0
    for unit, in struct.iter_unpack("<I", descriptor[:len(descriptor) & ~3]):
        value = (value >> 29 | value << 3) + unit & 0xFFFFFFFF
    return value


def sound(sd):
    """Self-relative, and its parts lie in it ([MS-DTYP] 2.4.6)."""
    if len(sd) < 20 or sd[0] != 1 or not sd[3] & 0x80:
        return False
    owner, group, sacl, dacl = struct.unpack_from("<4I", sd, 4)
    for at in owner, group:
        if at and (at + 8 > len(sd) or at + 8 + 4 * sd[at + 1] > len(sd)):
            return False
    return all(not at or at + 8 <= len(sd) and
               at + struct.unpack_from("<H", sd, at + 2)[0] <= len(sd) for at in (sacl, dacl))


class Secure:
    """descriptors: by id."""

    def __init__(self, volume, file):
        self.say, self.descriptors, self.headers = volume.say, {}, {}
        stream = file.stream(DATA, SDS)
        if stream is None:
            self.say("$Secure: no $SDS")
            return
        self.read(stream.read())
        self.check_index(Index(volume, file, SII, False), "$SII", lambda header: header[4:8])
        self.check_index(Index(volume, file, SDH, False), "$SDH", lambda header: header[:8])

    def read(self, data):
        for block in range(0, len(data), 2 * BLOCK):
            at, end = block, min(block + BLOCK, len(data))
            while at + 20 <= end:
                value, number, offset, size = struct.unpack_from("<2IQI", data, at)
                if size == 0:
                    break
                if offset != at or size < 20 or at + size > end:
                    self.say(f"$SDS: at {at:#x} an entry of {size} bytes for {offset:#x}")
                    break
                self.entry(data, at, number, size, value)
                at += -(-size // 16) * 16
            if any(data[at:end]):
                self.say(f"$SDS: something behind the last entry, at {at:#x}")

    def entry(self, data, at, number, size, value):
        descriptor = data[at + 20:at + size]
        if data[at:at + size] != data[at + BLOCK:at + BLOCK + size]:
            self.say(f"$SDS: the two copies of {number} differ")
        if hash_of(descriptor) != value:
            self.say(f"$SDS: the hash of {number} is {hash_of(descriptor):#x}, not {value:#x}")
        if not sound(descriptor):
            self.say(f"$SDS: {number} is no security descriptor")
        if number in self.descriptors or number < FIRST_ID:
            self.say(f"$SDS: {number} a second time, or too small a number")
        self.descriptors[number] = descriptor
        self.headers[number] = data[at:at + 20]

    def check_index(self, index, name, key_of):
        index.check_order(by_u32s)
        listed = {entry.key: entry.data[:20] for entry in index.entries}
        there = {key_of(header): header for header in self.headers.values()}
        for key in sorted(listed.keys() | there.keys()):
            if listed.get(key) != there.get(key):
                self.say(f"{name}: for {key.hex()} it has {listed.get(key)!r}, "
                         f"$SDS {there.get(key)!r}")
