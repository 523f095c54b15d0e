# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills a new exFAT volume as years of use do: fragments, gaps where files were, directories of
many clusters, with a chain and without one, sets of entries across sectors."""
import struct

from exfat_walk import Exfat

STAMP = (40 << 25 | 1 << 21 | 1 << 16)  # 2020-01-01


class Gap:
    """So many entries of files that are gone."""

    def __init__(self, entries):
        self.entries = entries


class Filler:
    def __init__(self, path, random):
        with open(path, "rb") as image:
            self.data = bytearray(image.read())
        self.path, self.random, self.volume = path, random, Exfat(bytes(self.data))
        self.free = [c for c in range(2, self.volume.n + 2) if c not in self.volume.owner]
        self.bitmap = [c for c, who in self.volume.owner.items() if who == "the bitmap"]

    def take(self, n, scattered):
        if scattered:
            found = self.random.sample(self.free, n)
        else:
            found = next(self.free[i:i + n] for i in range(len(self.free) - n + 1)
                         if self.free[i + n - 1] - self.free[i] == n - 1)
        for cluster in found:
            self.free.remove(cluster)
            at = self.place(self.bitmap[(cluster - 2) // 8 // self.volume.cluster])
            self.data[at + (cluster - 2) // 8 % self.volume.cluster] |= 1 << (cluster - 2) % 8
        if scattered:
            self.chain(found)
        return found

    def chain(self, clusters):
        for cluster, following in zip(clusters, clusters[1:] + [0xffffffff]):
            struct.pack_into("<I", self.data, self.volume.fat + 4 * cluster, following)

    def place(self, cluster):
        return self.volume.heap + (cluster - 2) * self.volume.cluster

    def put(self, clusters, content):
        for i, cluster in enumerate(clusters):
            part = content[i * self.volume.cluster:(i + 1) * self.volume.cluster]
            self.data[self.place(cluster):self.place(cluster) + len(part)] = part

    def store(self, content, scattered):
        n = -(-len(content) // self.volume.cluster)
        clusters = self.take(n, scattered) if n else []
        self.put(clusters, content)
        return clusters[0] if clusters else 0, 1 if scattered or not n else 3

    def entries(self, name, attributes, first, flags, size):
        units = name.encode("utf-16le")
        n = -(-len(units) // 30)
        data = bytearray(struct.pack("<BBHHHIII3B9x", 0x85, n + 1, 0, attributes, 0, STAMP,
                                     STAMP, STAMP, 0, 0, 0x80))
        data[23:25] = b"\x80\x80"
        pairs = struct.unpack(f"<{len(units) // 2}H", units)
        data += struct.pack("<BBBBHHQIIQ", 0xc0, flags, 0, len(units) // 2,
                            self.volume.name_hash(pairs), 0, size, 0, first, size)
        for i in range(n):
            data += b"\xc1\0" + units[30 * i:30 * i + 30].ljust(30, b"\0")
        total = 0
        for i, byte in enumerate(data):
            if i not in (2, 3):
                total = ((total << 15 | total >> 1) + byte) & 0xffff
        struct.pack_into("<H", data, 2, total)
        return bytes(data)

    def directory(self, tree, scattered):
        data = b""
        for name, what in tree.items():
            if isinstance(what, Gap):
                data += (b"\x05" + bytes(31)) * what.entries
            elif isinstance(what, dict):
                inner = self.directory(what, scattered) or bytes(32)
                inner += bytes(-len(inner) % self.volume.cluster)
                first, flags = self.store(inner, name.endswith("chain") or scattered)
                data += self.entries(name, 0x10, first, flags, len(inner))
            else:
                first, flags = self.store(what, scattered and self.random.random() < .5)
                data += self.entries(name, 0x20, first, flags, len(what))
        return data

    def fill(self, tree, scattered=False, leave=None):
        """Into the root; then one large file takes all but so many free clusters."""
        root = next(c for c, who in self.volume.owner.items() if who == "the root")
        data = self.volume.read([root])
        data = data[:next(i for i in range(0, len(data), 32) if data[i] == 0)]
        data += self.directory(tree, scattered)
        clusters = [root]
        if leave is not None:
            more = -(-(len(data) + 96) // self.volume.cluster) - 1
            n = len(self.free) - more - leave
            taken = self.random.sample(self.free, n)
            for cluster in taken:
                self.free.remove(cluster)
            rest, self.free = self.free, taken
            first = self.take(n, True)[0]
            self.free = rest
            data += self.entries("large", 0x20, first, 1, n * self.volume.cluster)
        while len(data) > len(clusters) * self.volume.cluster:
            clusters += self.take(1, True)
        self.chain(clusters)
        self.put(clusters, data.ljust(len(clusters) * self.volume.cluster, b"\0"))
        with open(self.path, "wb") as image:
            image.write(self.data)
