# SPDX-License-Identifier: GPL-3.0-or-later
"""Harm to a volume that was sound, one thing at a time, for the walk to find."""
import os
import struct

from check import Check, I30, ROOT_DIR
from records import (ALLOCATION, BITMAP, DATA, FIXUP_STRIDE, LIST, NAME, STANDARD, Broken, Volume,
                     text, u16, u32, u64)
from security import SDH, SDS, SII


def unfix(block):
    """Sectors' ends put back, whatever they are."""
    at, count = struct.unpack_from("<2H", block, 4)
    for i in range(1, count):
        end = i * FIXUP_STRIDE - 2
        block[end:end + 2] = block[at + 2 * i:at + 2 + 2 * i]


def fix(block):
    at, count = struct.unpack_from("<2H", block, 4)
    for i in range(1, count):
        end = i * FIXUP_STRIDE - 2
        block[at + 2 * i:at + 2 + 2 * i] = block[end:end + 2]
        block[end:end + 2] = block[at:at + 2]


def attribute(block, kind, name=b"", nth=0):
    """Where it lies in a record."""
    at, = u16(block, 20)
    while u32(block, at)[0] != 0xFFFFFFFF:
        n, name_at = struct.unpack_from("<BH", block, at + 9)
        if u32(block, at)[0] == kind and block[at + name_at:at + name_at + 2 * n] == name:
            if nth == 0:
                return at
            nth -= 1
        at += u32(block, at + 4)[0]
    raise LookupError(f"no attribute {kind:#x}")


def value(block, kind, name=b""):
    at = attribute(block, kind, name)
    return at + u16(block, at + 20)[0]


class Victim:
    """A sound volume that is harmed, and healed again."""

    def __init__(self, path):
        self.path, self.before = path, []
        self.volume = Volume(path)
        self.check = Check(self.volume)
        self.fd = os.open(path, os.O_RDWR)

    def poke(self, data, at):
        self.before.append((os.pread(self.fd, len(data), at), at))
        os.pwrite(self.fd, data, at)

    def heal(self):
        while self.before:
            os.pwrite(self.fd, *self.before.pop())

    def walked(self):
        """What a walk finds now."""
        volume = Volume.__new__(Volume)
        try:
            volume.__init__(self.path)
            Check(volume)
        except Broken as broken:
            volume.say(str(broken))
        finally:
            volume.close()
        return volume.findings

    def file(self, path):
        number = ROOT_DIR
        for part in path.split("/"):
            number = next(reference for name, reference in self.check.directories[number]
                          if text(name.name) == part) & (1 << 48) - 1
        return self.volume.files[number]

    def write(self, stream, at, data):
        """Into a stream's clusters, or, of one in its record, there."""
        cluster = self.volume.cluster
        for lcn, n in stream.runs:
            if at < n * cluster:
                self.poke(data, lcn * cluster + at)
                return
            at -= n * cluster
        raise LookupError("no such byte")

    def record(self, number, edit):
        size = self.volume.record
        block = bytearray(self.volume.blocks[number * size:(number + 1) * size])
        unfix(block)
        edit(block)
        fix(block)
        self.write(self.volume.files[0].stream(DATA), number * size, block)

    def put(self, number, form, at, *values):
        """Values into a record, at a place or where at(block) says."""
        self.record(number, lambda block: struct.pack_into(
            form, block, at(block) if callable(at) else at, *values))

    def stream(self, file, kind, name, edit):
        """Its whole content edited in place; blocks without their fixups."""
        stream = file.stream(kind, name)
        if stream.value is not None:
            def within(block):
                at = value(block, kind, name)
                part = bytearray(block[at:at + stream.size])
                edit(part)
                block[at:at + stream.size] = part
            self.record(stream.first.record.number, within)
            return
        data, step = bytearray(stream.read()), self.volume.index
        blocks = range(0, len(data), step) if kind == ALLOCATION else []
        for each in (unfix, fix):
            for at in blocks:
                part = data[at:at + step]
                if part[:4] == b"INDX":
                    each(part)
                    data[at:at + step] = part
            if each is unfix:
                edit(data)
        self.write(stream, 0, data)

    def flip(self, file, kind, name, at):
        def edit(data):
            data[at if at >= 0 else len(data) + at] ^= 1
        self.stream(file, kind, name, edit)


MANY = "Program Files/wtgctl stand-in/odd/many"
LINKED = "Program Files/wtgctl stand-in/odd/links/of many names"
LARGE = "Program Files/wtgctl stand-in/odd/sizes/1000000 bytes"
JUNCTION = "Documents and Settings"
OBJECT_ID = "Program Files/wtgctl stand-in/odd/object id"


def first_entry(block, at):
    """In a block of an index at that byte of all of them."""
    return at + 24 + u32(block, at + 24)[0]


def with_leaf(v, edit):
    """Edit the first leaf of a large directory that has more than two entries."""
    def all_blocks(data):
        for at in range(0, len(data), v.volume.index):
            if data[at:at + 4] == b"INDX" and not data[at + 36] & 1:
                edit(data, first_entry(data, at))
                return
        raise LookupError("no leaf")
    v.stream(v.file(MANY), ALLOCATION, I30, all_blocks)


def swap(data, at):
    size = u16(data, at + 8)[0]
    after = u16(data, at + size + 8)[0]
    data[at:at + size + after] = data[at + size:at + size + after] + data[at:at + size]


def remove(data, at):
    """The first entry, what follows moved up."""
    start = at - at % 4096 + 24
    size, (end,) = u16(data, at + 8)[0], u32(data, start + 4)
    data[at:start + end - size] = data[at + size:start + end]
    struct.pack_into("<I", data, start + 4, end - size)


def put(form, offset, change):
    """An edit of a value at an offset from where it is called for."""
    def edit(data, at=0):
        old, = struct.unpack_from(form, data, at + offset)
        struct.pack_into(form, data, at + offset, change(old))
    return edit


def more(old):
    return old + 1


def first_child(v, change):
    """change: of the first and the second child of an inner block."""
    def edit(data):
        at = next(at for at in range(0, len(data), v.volume.index) if data[at + 36] & 1)
        at = first_entry(data, at)
        end = at + u16(data, at + 8)[0]
        second, = u64(data, end + u16(data, end + 8)[0] - 8)
        struct.pack_into("<Q", data, end - 8, change(u64(data, end - 8)[0], second))
    v.stream(v.file(MANY), ALLOCATION, I30, edit)


def runs_of(path, edit):
    """Edit the mapping pairs of a file's data."""
    def harm(v):
        def within(block):
            at = attribute(block, DATA)
            edit(block, at + u16(block, at + 32)[0])
        v.record(v.file(path).number, within)
    return harm


def share(v):
    """Two files, the same clusters."""
    other = v.file("Windows/System32/config/SYSTEM").stream(DATA).runs[0][0]
    file = v.file(LARGE)
    n = file.stream(DATA).n_clusters()

    def within(block):
        at = attribute(block, DATA)
        at += u16(block, at + 32)[0]
        block[at:at + 8] = struct.pack("<BHIB", 0x42, n, other, 0)
    v.record(file.number, within)


def far(block, at):
    n, m = block[at] & 15, block[at] >> 4
    block[at + n + m] = 0x7F


def shorter(block, at):
    block[at + 1] -= 1


def bitmap_bit(v, bit):
    v.stream(v.volume.files[6], DATA, b"", put("<B", bit // 8, lambda old: old ^ 1 << bit % 8))


def mft_bit(v, path):
    n = v.file(path).number
    v.stream(v.volume.files[0], BITMAP, b"", put("<B", n // 8, lambda old: old ^ 1 << n % 8))


def in_record(path, form, at, change):
    """at: a place, or the kind of an attribute and a place in its value."""
    def harm(v):
        where = at if isinstance(at, int) else lambda block: value(block, at[0]) + at[1]

        def edit(block):
            put(form, where(block) if callable(where) else where, change)(block)
        v.record(v.file(path).number, edit)
    return harm


def in_header(path, kind, form, offset, change):
    """In an attribute itself."""
    def harm(v):
        v.record(v.file(path).number, lambda block: put(
            form, attribute(block, kind) + offset, change)(block))
    return harm


def extent(v):
    """A record that holds more of a file than its base has room for."""
    return v.file(LINKED).records[1].number


# What it is, what the walk must say (a part of it), how it is done.
HARM = [
    ("a boot sector of something else", "no NTFS boot sector",
     lambda v: v.poke(b"EXFAT   ", 3)),
    ("a boot sector whose copy differs", "the boot sector's copy",
     lambda v: v.poke(b"\1", v.volume.copy_at + 100)),
    ("a torn record", "torn at sector 1",
     lambda v: v.write(v.volume.files[0].stream(DATA),
                       v.file(LARGE).number * v.volume.record + 1022, b"??")),
    ("a record of another magic", "no FILE with sound fixups",
     lambda v: v.write(v.volume.files[0].stream(DATA),
                       v.file(LARGE).number * v.volume.record, b"BAAD")),
    ("a record that says it is another", "says that it is", in_record(LARGE, "<I", 44, more)),
    ("a record of another sequence number", "of a file", in_record(LARGE, "<H", 16, more)),
    ("a record with a link too many", "2 links, but 1 names", in_record(LARGE, "<H", 18, more)),
    ("a file's record free", "that is not there", in_record(LARGE, "<H", 22, lambda _: 0)),
    ("a file's record marked a directory", "marked as a directory",
     in_record(LARGE, "<H", 22, lambda old: old | 2)),
    ("a record free in $MFT's bitmap", "in use, but marked free", lambda v: mft_bit(v, LARGE)),
    ("a record too long", "bytes are in use", in_record(LARGE, "<I", 24, lambda old: old + 8)),
    ("an attribute number too large", "numbers of attributes",
     in_record(LARGE, "<H", 40, lambda _: 1)),
    ("attributes out of order", "out of order",
     in_header(LARGE, STANDARD, "<I", 0, lambda _: 0x38)),
    ("an extent of another file", "is in its list, but not there",
     lambda v: v.record(extent(v), put("<Q", 32, lambda _: v.file(LARGE).reference))),
    ("an extent of no file", "that is not there",
     lambda v: v.record(extent(v), put("<Q", 32, lambda _: 1 << 48 | 23))),
    ("a list that names another attribute", "is not in its list",
     lambda v: v.stream(v.file(LINKED), LIST, b"", put("<H", 24, more))),
    ("a list out of order", "list of attributes is out of order",
     lambda v: v.stream(v.file(LINKED), LIST, b"", put("<I", 0, lambda _: 0xFFF0))),
    ("a mirror that differs", "$MFTMirr",
     lambda v: v.write(v.volume.files[1].stream(DATA), 100, b"??")),
    ("a run outside of the volume", "are not in the volume", runs_of(LARGE, far)),
    ("a run too short", "but from 0 to", runs_of(LARGE, shorter)),
    ("clusters of two files", "belongs to", share),
    ("a cluster in use, marked free", "is in use, but marked free",
     lambda v: bitmap_bit(v, v.file(LARGE).stream(DATA).runs[0][0])),
    ("a free cluster, marked in use", "is free, but marked in use",
     lambda v: bitmap_bit(v, v.check.used.rindex(0))),
    ("more initialized than there is", "initialized",
     in_header(LARGE, DATA, "<Q", 56, lambda old: old + 4096)),
    ("another size", "bytes of clusters for",
     in_header(LARGE, DATA, "<Q", 48, lambda old: old - 8192)),
    ("more allocated than there is", "allocated",
     in_header(LARGE, DATA, "<Q", 40, lambda old: old + 4096)),
    ("a security id that is none", "which $Secure does not have",
     in_record(LARGE, "<I", (STANDARD, 52), lambda _: 0x7777)),
    ("attributes that tell of a reparse point", "but no reparse point",
     in_record(LARGE, "<I", (STANDARD, 32), lambda old: old | 0x400)),
    ("a time that the directory does not know", "times",
     in_record(LARGE, "<Q", (STANDARD, 0), more)),
    ("a name that the directory does not have", "is not in directory",
     in_record(LARGE, "<H", (NAME, 66), more)),
    ("a directory's block torn", "torn at sector",
     lambda v: v.write(v.file(MANY).stream(ALLOCATION, I30), 510, b"??")),
    ("a directory's block of another place", "says that it is at",
     lambda v: v.stream(v.file(MANY), ALLOCATION, I30, put("<Q", 16, lambda old: old + 8))),
    ("entries out of order", "out of order", lambda v: with_leaf(v, swap)),
    ("an entry of no file", "of a file", lambda v: with_leaf(v, put("<Q", 0, lambda _: 23))),
    ("an entry of a file's older life", "of a file",
     lambda v: with_leaf(v, put("<H", 6, more))),
    ("an entry that lies elsewhere", "says that it lies in",
     lambda v: with_leaf(v, put("<Q", 16, more))),
    ("an entry of another size", "size", lambda v: with_leaf(v, put("<Q", 16 + 48, more))),
    ("an entry with other attributes", "attributes",
     lambda v: with_leaf(v, put("<I", 16 + 56, lambda old: old ^ 1))),
    ("an entry that is missing", "cannot be reached from the root",
     lambda v: with_leaf(v, remove)),
    ("an entry of no length", "an entry of",
     lambda v: with_leaf(v, put("<H", 8, lambda _: 0))),
    ("a child that is no block", "where no block is",
     lambda v: first_child(v, lambda *_: 1 << 20)),
    ("a child that is another's", "a second time", lambda v: first_child(v, lambda _, second: second)),
    ("a block free in the index's bitmap", "but its bitmap says otherwise",
     lambda v: v.stream(v.file(MANY), BITMAP, I30, put("<B", 0, lambda old: old ^ 1))),
    ("a security descriptor of another hash", "the hash of",
     lambda v: v.flip(v.volume.files[9], DATA, SDS, 60)),
    ("a copy of it that differs", "copies of",
     lambda v: v.flip(v.volume.files[9], DATA, SDS, 0x40000 + 60)),
    ("$SII pointing elsewhere", "$SII: for",
     lambda v: v.flip(v.volume.files[9], ALLOCATION, SII, 0x40 + 0x28)),
    ("$SDH pointing elsewhere", "$SDH: for",
     lambda v: v.flip(v.volume.files[9], ALLOCATION, SDH, 0x40 + 0x28)),
    ("a reparse point that $Reparse has with another tag", "$Reparse: for",
     lambda v: v.stream(v.file(JUNCTION), 0xC0, b"", put("<B", 0, lambda old: old ^ 15))),
    ("a reparse point of no sense", "a reparse point of",
     lambda v: v.stream(v.file(JUNCTION), 0xC0, b"", put("<H", 4, more))),
    ("an object id that $ObjId does not have", "$ObjId: for",
     lambda v: v.stream(v.file(OBJECT_ID), 0x40, b"", put("<B", 0, lambda old: old ^ 15))),
]
