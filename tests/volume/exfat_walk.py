#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Walks over an exFAT volume and says what is inconsistent in it: exfat_walk.py IMAGE [--list]

From Microsoft's public specification and no library; shares nothing with the program.  "lost
cluster" and "unused entry" are what an interrupted change may leave; anything else may not be.
"""
import hashlib
import struct
import sys


class Exfat:
    def __init__(self, data):
        self.data, self.problems, self.files, self.owner = data, [], {}, {}
        (size, fat, fat_length, heap, n, root) = struct.unpack_from("<72xQIIIII", data)
        flags, = struct.unpack_from("<H", data, 106)
        self.sector, self.cluster = 1 << data[108], 1 << data[108] + data[109]
        self.n, self.heap, self.fat = n, heap * self.sector, fat * self.sector
        if data[3:11] != b"EXFAT   " or size * self.sector > len(data):
            raise ValueError("no exFAT volume")
        if flags:
            self.say(f"flags {flags:#x}")
        self.check_boot()
        self.bitmap, self.upcase = b"", list(range(65536))
        self.walk("", self.chain(root, None, False, "the root"), True)
        self.check_bitmap()

    def say(self, text):
        self.problems.append(text)

    def check_boot(self):
        for start in 0, 12 * self.sector:
            total = 0
            for i in range(11 * self.sector):
                if i not in (106, 107, 112):
                    total = ((total << 31 | total >> 1) + self.data[start + i]) & 0xffffffff
            want = struct.pack("<I", total) * (self.sector // 4)
            if self.data[start + 11 * self.sector:start + 12 * self.sector] != want:
                self.say("boot checksum")

    def chain(self, first, size, contiguous, who):
        n = None if size is None else -(-size // self.cluster)
        found, cluster = [], first
        while n is None or len(found) < n:
            if not 2 <= cluster < self.n + 2:
                self.say(f"{who} leads to cluster {cluster}")
                break
            if cluster in self.owner:
                self.say(f"{who} shares cluster {cluster} with {self.owner[cluster]}")
                break
            self.owner[cluster] = who
            found.append(cluster)
            if contiguous:
                cluster += 1
                continue
            cluster, = struct.unpack_from("<I", self.data, self.fat + 4 * cluster)
            if cluster == 0xffffffff:
                if n is not None and len(found) < n:
                    self.say(f"{who} is too short")
                break
        else:
            if found and not contiguous and cluster != 0xffffffff:
                self.say(f"{who} is longer than it says")
        return found

    def read(self, clusters, size=None):
        at = [self.heap + (c - 2) * self.cluster for c in clusters]
        return b"".join(self.data[a:a + self.cluster] for a in at)[:size]

    def name_hash(self, name):
        total = 0
        for unit in name:
            for byte in struct.pack("<H", self.upcase[unit]):
                total = ((total << 15 | total >> 1) + byte) & 0xffff
        return total

    def walk(self, path, clusters, is_root=False):
        data, at, ended, seen, secondaries = self.read(clusters), 0, False, {}, 0
        if is_root:
            self.find_system(data)
        while at < len(data):
            kind = data[at]
            if ended:
                if kind & 0x80:
                    self.say(f"{path or '/'}: an entry after the end")
                    break
                secondaries += kind != 0
            elif kind == 0:
                ended = True
            elif kind == 0x85:
                at += 32 * self.one(path, data[at:at + 32 * (data[at + 1] + 1)], seen)
                continue
            elif kind in (0xc0, 0xc1):
                secondaries += 1
            elif kind & 0x80 and not (is_root and kind in (0x81, 0x82, 0x83)):
                self.say(f"{path or '/'}: an entry of type {kind:#x}")
            at += 32
        if secondaries:
            self.say(f"unused entry: {secondaries} in {path or '/'}")

    def find_system(self, data):
        for at in range(0, len(data), 32):
            first, size = struct.unpack_from("<20xIQ", data, at)
            if data[at] == 0x81:
                self.bitmap = self.read(self.chain(first, size, False, "the bitmap"), size)
            elif data[at] == 0x82:
                table = self.read(self.chain(first, size, False, "the table of letters"), size)
                units, letter, skip = struct.unpack(f"<{size // 2}H", table), 0, False
                for unit in units:
                    if skip:
                        letter, skip = letter + unit, False
                    elif unit == 0xffff:
                        skip = True
                    else:
                        self.upcase[letter] = unit
                        letter += 1
            elif data[at] == 0:
                break

    def one(self, path, entries, seen):
        n = len(entries) // 32
        total = 0
        for i, byte in enumerate(entries):
            if i not in (2, 3):
                total = ((total << 15 | total >> 1) + byte) & 0xffff
        if n < 3 or total != struct.unpack_from("<H", entries, 2)[0] or entries[32] != 0xc0:
            self.say(f"{path}: a set whose checksum is wrong")
            return max(n, 1)
        flags, length, name_hash, valid, first, size = struct.unpack_from(
            "<xBxBH2xQ4xIQ", entries, 32)
        raw = b"".join(entries[i * 32 + 2:i * 32 + 32] for i in range(2, n))
        units = struct.unpack(f"<{length}H", raw[:2 * length])
        name = raw[:2 * length].decode("utf-16le", "replace")
        whole = f"{path}/{name}"
        if name_hash != self.name_hash(units):
            self.say(f"{whole}: its hash is wrong")
        key = tuple(self.upcase[u] for u in units)
        if key in seen:
            self.say(f"twice: {whole}")
        seen[key] = True
        is_dir = entries[4] & 0x10
        if not flags & 1 and first:
            self.say(f"{whole}: clusters that cannot be")
        if (size == 0) != (first == 0):
            self.say(f"{whole}: {size} bytes from cluster {first}")
        clusters = self.chain(first, size, flags & 2, whole) if size else []
        if is_dir:
            if size % self.cluster or valid != size:
                self.say(f"{whole}: a directory of {size} bytes, {valid} valid")
            self.files.setdefault(whole + "/", []).append("directory")
            self.walk(whole, clusters)
        else:
            content = self.read(clusters, valid).ljust(size, b"\0")
            self.files.setdefault(whole, []).append(hashlib.sha256(content).hexdigest())
        return n

    def check_bitmap(self):
        lost = 0
        for i in range(self.n):
            used = self.bitmap[i // 8] >> i % 8 & 1
            if used and i + 2 not in self.owner:
                lost += 1
            if not used and i + 2 in self.owner:
                self.say(f"{self.owner[i + 2]}: cluster {i + 2} counts as free")
        if lost:
            self.say(f"lost cluster: {lost}")


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as image:
        volume = Exfat(image.read())
    if "--list" in sys.argv:
        for path, hashes in sorted(volume.files.items()):
            print(path, *hashes)
    for problem in volume.problems:
        print(problem, file=sys.stderr)
    sys.exit(bool(volume.problems))
