# SPDX-License-Identifier: GPL-3.0-or-later
"""NTFS indexes: trees of sorted entries, over names or over other keys."""
import struct

from records import ALLOCATION, BITMAP, ROOT, fixed, text, u32, u64

LAST, HAS_CHILD = 2, 1


class Entry:
    __slots__ = ("key", "data", "reference")

    def __init__(self, key, data, reference):
        self.key, self.data, self.reference = key, data, reference


class Index:
    """entries: all of them in the tree's own order."""

    def __init__(self, volume, file, name, of_files):
        self.volume, self.of_files, self.entries, self.blocks = volume, of_files, [], set()
        self.what = f"record {file.number}, index {text(name)}"
        self.allocation = file.stream(ALLOCATION, name)
        self.bitmap = file.stream(BITMAP, name)
        root = file.stream(ROOT, name)
        if root is None or root.value is None or len(root.value) < 32:
            self.say("no root")
            return
        self.kind, self.collation, self.block_bytes, per_block = struct.unpack_from(
            "<3IB", root.value)
        self.unit = volume.cluster if volume.cluster <= volume.index else 512
        if self.block_bytes != volume.index or per_block != volume.index // self.unit:
            self.say(f"blocks of {self.block_bytes} bytes, {per_block} units")
        self.data = self.allocation.read() if self.allocation else b""
        self.node(root.value, 16, "root", root.value[28] & 1)
        if bool(root.value[28] & 1) != (self.allocation is not None):
            self.say("the root does not say whether there are blocks")
        self.check_bitmap()

    def say(self, finding):
        self.volume.say(f"{self.what}: {finding}")

    def check_bitmap(self):
        if bool(self.allocation) != bool(self.bitmap):
            self.say("blocks without a bitmap, or a bitmap without blocks")
            return
        if not self.bitmap:
            return
        bits = int.from_bytes(self.bitmap.read(), "little")
        used = sum(1 << block for block in self.blocks)
        if bits != used:
            wrong = bits ^ used
            first = (wrong & -wrong).bit_length() - 1
            self.say(f"block {first} is {'not in use' if bits >> first & 1 else 'in use'}, "
                     "but its bitmap says otherwise")
        if len(self.data) % self.block_bytes or self.bitmap.size * 8 < used.bit_length():
            self.say(f"{len(self.data)} bytes of blocks, a bitmap of {self.bitmap.size}")

    def node(self, node, header, where, inner):
        """The node's entries and all below them; its header lies at that byte."""
        first, end, allocated = struct.unpack_from("<3I", node, header)
        at, stop, n = header + first, header + end, 0
        if first % 8 or end > allocated or header + allocated > len(node):
            self.say(f"{where}: entries from {first} to {end} of {allocated} bytes")
            return
        while at + 16 <= stop:
            size, key_bytes, flags = struct.unpack_from("<3H", node, at + 8)
            if size < 16 or size % 8 or at + size > stop or 16 + key_bytes > size:
                self.say(f"{where}: an entry of {size} bytes, its key {key_bytes}")
                return
            if bool(flags & HAS_CHILD) != bool(inner):
                self.say(f"{where}: inner and leaf entries in one node")
                return
            if flags & HAS_CHILD:
                self.child(u64(node, at + size - 8)[0], where)
            if flags & LAST:
                at += size
                break
            self.take(node, at, key_bytes)
            at, n = at + size, n + 1
        else:
            self.say(f"{where}: no last entry")
        if at != stop:
            self.say(f"{where}: entries end at {at - header}, not at {end}")
        if n == 0 and where != "root" and not inner:
            self.say(f"{where}: a leaf without entries")

    def take(self, node, at, key_bytes):
        key = node[at + 16:at + 16 + key_bytes]
        if self.of_files:
            self.entries.append(Entry(key, b"", u64(node, at)[0]))
            return
        offset, size = struct.unpack_from("<2H", node, at)
        self.entries.append(Entry(key, node[at + offset:at + offset + size], None))

    def child(self, vcn, where):
        at = vcn * self.unit
        number = at // self.block_bytes
        if at % self.block_bytes or at + self.block_bytes > len(self.data):
            self.say(f"{where}: a child at {vcn}, where no block is")
            return
        if number in self.blocks:
            self.say(f"{where}: block {number} a second time")
            return
        self.blocks.add(number)
        where = f"block {number}"
        block = fixed(self.data[at:at + self.block_bytes], b"INDX", f"{self.what}, {where}",
                      self.volume)
        if block is None:
            return
        if u64(block, 16)[0] != vcn:
            self.say(f"{where}: says that it is at {u64(block, 16)[0]}, not {vcn}")
        self.node(block, 24, where, block[36] & 1)

    def check_order(self, order):
        last = None
        for entry in self.entries:
            this = order(entry.key)
            if last is not None and not last < this:
                self.say(f"out of order at {this}")
                return
            last = this


def by_u32s(key):
    """COLLATION_NTOFS_ULONGS, for one or several."""
    return struct.unpack(f"<{len(key) // 4}I", key)


def by_u32(key):
    return u32(key)
