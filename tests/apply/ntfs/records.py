# SPDX-License-Identifier: GPL-3.0-or-later
"""An NTFS volume as its boot sector and its MFT records tell it, with nothing believed: every
oddity is said to volume.say().  Written from public descriptions of the format alone, so that
it shares no error with the libraries that make volumes."""
import os
import struct

from lznt1 import unpack_unit

STANDARD, LIST, NAME, OBJECT, DESCRIPTOR = 0x10, 0x20, 0x30, 0x40, 0x50
DATA, ROOT, ALLOCATION, BITMAP, REPARSE = 0x80, 0x90, 0xA0, 0xB0, 0xC0
COMPRESSED, SPARSE = 0x00FF, 0x8000  # an attribute's flags
IN_USE, DIRECTORY = 1, 2             # a record's
MFT, BAD = 0, 8                      # records with rules of their own
FIXUP_STRIDE = 512                   # whatever the sector size
NEVER = 1 << 32                      # no volume here has as many clusters in one run

u16 = struct.Struct("<H").unpack_from
u32 = struct.Struct("<I").unpack_from
u64 = struct.Struct("<Q").unpack_from


class Broken(Exception):
    """So far from a volume that the walk cannot go on."""


def text(name):
    """A name of UTF-16 units, for people; lone surrogates and control characters spelled."""
    shown = name.decode("utf-16-le", "surrogatepass")
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown)


def fixed(block, magic, what, volume):
    """The block with the ends of its sectors put back; None if it is no such block."""
    at, count = struct.unpack_from("<2H", block, 4)
    sectors = len(block) // FIXUP_STRIDE
    if block[:4] != magic or count != sectors + 1 or at + 2 * count > FIXUP_STRIDE - 2:
        volume.say(f"{what}: no {magic.decode()} with sound fixups")
        return None
    block = bytearray(block)
    for i in range(sectors):
        end = (i + 1) * FIXUP_STRIDE - 2
        if block[end:end + 2] != block[at:at + 2]:
            volume.say(f"{what}: torn at sector {i}")
            return None
        block[end:end + 2] = block[at + 2 + 2 * i:at + 4 + 2 * i]
    return bytes(block)


def parse_runs(data, lowest, what, volume):
    """Mapping pairs as [(first cluster or None, how many)]; and their sum."""
    runs, at, lcn, total = [], 0, 0, 0
    while at < len(data) and data[at]:
        n, m = data[at] & 15, data[at] >> 4
        count = int.from_bytes(data[at + 1:at + 1 + n], "little", signed=True)
        if n == 0 or n > 8 or m > 8 or at + 1 + n + m > len(data) or not 0 < count < NEVER:
            volume.say(f"{what}: a run that cannot be read")
            return runs, total
        if m:
            delta = data[at + 1 + n:at + 1 + n + m]
            lcn += int.from_bytes(delta, "little", signed=True)
            if lcn < 0 or lcn + count > volume.n_clusters:
                volume.say(f"{what}: clusters {lcn} to {lcn + count - 1} are not in the volume")
                return runs, total
        runs.append((lcn if m else None, count))
        total += count
        at += 1 + n + m
    if at >= len(data):
        volume.say(f"{what}: runs without an end")
    return runs, total


class Attribute:
    """One attribute of one record, or a part of one."""
    __slots__ = ("record", "kind", "name", "flags", "id", "value", "indexed", "lowest",
                 "highest", "runs", "unit", "allocated", "size", "initialized", "stored")

    def __init__(self, record, raw, volume):
        self.record = record
        self.kind, _, nonresident, n, at, self.flags, self.id = struct.unpack_from(
            "<2I2B3H", raw)
        self.name = raw[at:at + 2 * n]
        if len(self.name) != 2 * n:
            volume.say(f"{self}: a name outside of it")
        self.value, self.lowest, self.runs, self.stored = None, 0, [], None
        if nonresident:
            self.parse_nonresident(raw, volume)
            return
        size, at, self.indexed = struct.unpack_from("<IHB", raw, 16)
        self.value = raw[at:at + size]
        self.size = self.initialized = self.allocated = size
        if len(self.value) != size or at % 8:
            volume.say(f"{self}: a value outside of it or not aligned")

    def parse_nonresident(self, raw, volume):
        if len(raw) < 64:
            volume.say(f"{self}: too short")
            raw = raw.ljust(72, b"\0")
        self.lowest, self.highest, at, self.unit = struct.unpack_from("<2QHB", raw, 16)
        self.allocated, self.size, self.initialized = struct.unpack_from("<3Q", raw, 40)
        if self.flags & (COMPRESSED | SPARSE) and self.lowest == 0:
            self.stored, = u64(raw.ljust(72, b"\0"), 64)
        self.runs, total = parse_runs(raw[at:], self.lowest, str(self), volume)
        if (self.lowest + total - 1) % (1 << 64) != self.highest:
            volume.say(f"{self}: runs of {total} clusters, "
                       f"but from {self.lowest} to {self.highest}")

    def __str__(self):
        name = f" {text(self.name)}" if self.name else ""
        return f"record {self.record.number}, attribute {self.kind:#x}{name}"


class Record:
    def __init__(self, number, block, volume):
        self.number, self.attributes = number, []
        self.what = f"record {number}"
        (self.sequence, self.links, at, self.flags, used, allocated, self.base, next_id,
         _, mine) = struct.unpack_from("<4H2IQ2HI", block, 16)
        if mine != number:
            volume.say(f"{self.what}: says that it is {mine}")
        if allocated != len(block) or used > allocated or at % 8:
            volume.say(f"{self.what}: sizes {used} and {allocated} make no sense")
            return
        last = None
        while at + 8 <= used:
            kind, size = struct.unpack_from("<2I", block, at)
            if kind == 0xFFFFFFFF:
                break
            if size < 24 or size % 8 or at + size > used:
                volume.say(f"{self.what}: attribute {kind:#x} of {size} bytes")
                return
            attribute = Attribute(self, block[at:at + size], volume)
            order = kind, volume.upcase(attribute.name)
            if last is not None and order < last:
                volume.say(f"{attribute}: out of order")
            last = order
            self.attributes.append(attribute)
            at += size
        if at + 8 != used or u32(block, at)[0] != 0xFFFFFFFF:
            volume.say(f"{self.what}: ends at {at}, but {used} bytes are in use")
        ids = [attribute.id for attribute in self.attributes]
        if len(set(ids)) != len(ids) or max(ids, default=-1) >= next_id:
            volume.say(f"{self.what}: numbers of attributes {ids}, the next {next_id}")


class Stream:
    """A whole attribute, its parts put together."""

    def __init__(self, parts, volume):
        first = parts[0]
        self.volume, self.first, self.parts = volume, first, parts
        self.kind, self.name, self.flags, self.value = (
            first.kind, first.name, first.flags, first.value)
        self.size, self.initialized, self.allocated = (
            first.size, first.initialized, first.allocated)
        self.runs = [run for part in parts for run in part.runs]
        self.compressed = self.value is None and bool(self.flags & COMPRESSED)

    def n_clusters(self):
        return sum(n for lcn, n in self.runs if lcn is not None)

    def check(self):
        """What its parts and sizes say of each other."""
        say, cluster, at = self.volume.say, self.volume.cluster, 0
        number = self.first.record.number
        if self.value is not None:
            if len(self.parts) > 1:
                say(f"{self.first}: twice")
            return
        for part in self.parts:
            if part.value is not None or part.lowest != at:
                say(f"{part}: begins at {part.lowest}, not at {at}")
            at = (part.highest + 1) % (1 << 64) if part.value is None else at
        total = sum(n for _, n in self.runs) * cluster
        if not self.initialized <= self.size <= self.allocated == total:
            say(f"{self.first}: initialized {self.initialized}, size {self.size}, "
                f"allocated {self.allocated}, runs {total}")
        if not self.flags & (COMPRESSED | SPARSE):
            holes = any(lcn is None for lcn, _ in self.runs)
            if holes and number != BAD:
                say(f"{self.first}: holes, but not sparse")
            if total - self.size >= cluster and number != MFT:  # which grows ahead
                say(f"{self.first}: {total} bytes of clusters for {self.size}")
        elif self.first.stored != self.n_clusters() * cluster:
            say(f"{self.first}: {self.first.stored} bytes stored, "
                f"but {self.n_clusters()} clusters")

    def raw(self):
        """As it lies on the volume, holes as zeros, in pieces."""
        for lcn, n in self.runs:
            step = (4 << 20) // self.volume.cluster
            for i in range(0, n, step):
                m = min(step, n - i)
                if lcn is None:
                    yield bytes(m * self.volume.cluster)
                else:
                    yield self.volume.clusters(lcn + i, m)

    def units(self):
        """A compressed stream's units, unpacked: a whole one is plain, an empty one zeros."""
        size = self.volume.cluster << self.first.unit
        clusters = [lcn if lcn is None else lcn + i
                    for lcn, n in self.runs for i in range(n)]
        for at in range(0, len(clusters), 1 << self.first.unit):
            unit = clusters[at:at + (1 << self.first.unit)]
            packed = b"".join(self.volume.clusters(lcn, 1) for lcn in unit if lcn is not None)
            yield packed if len(packed) == size else unpack_unit(packed, size)

    def pieces(self):
        """Its content, in pieces."""
        if self.value is not None:
            yield self.value
            return
        left, sound = self.size, self.initialized
        for piece in self.units() if self.compressed else self.raw():
            piece = piece[:left]
            if len(piece) > sound:
                piece = piece[:sound] + bytes(len(piece) - sound)
            left -= len(piece)
            sound -= min(sound, len(piece))
            if piece:
                yield piece

    def read(self):
        return b"".join(self.pieces())


class File:
    """A base record with its extents."""

    def __init__(self, base):
        self.base, self.number, self.records, self.streams = base, base.number, [base], []
        self.reference = base.number | base.sequence << 48

    def attributes(self, kind):
        return [a for record in self.records for a in record.attributes if a.kind == kind]

    def stream(self, kind, name=b""):
        for stream in self.streams:
            if stream.kind == kind and stream.name == name:
                return stream
        return None

    def value(self, kind):
        """Of a small attribute without a name, or None."""
        stream = self.stream(kind)
        return stream.read() if stream and stream.size < 1 << 20 else None


class Volume:
    def __init__(self, path, offset=0):
        self.fd, self.offset, self.findings = os.open(path, os.O_RDONLY), offset, []
        self.bytes = os.fstat(self.fd).st_size - offset
        self.upcase_table = None
        self.boot()

    def say(self, finding):
        self.findings.append(finding)

    def close(self):
        os.close(self.fd)

    def clusters(self, lcn, n):
        data = os.pread(self.fd, n * self.cluster, self.offset + lcn * self.cluster)
        if len(data) != n * self.cluster:
            raise Broken(f"the file ends before cluster {lcn + n}")
        return data

    def boot(self):
        first = os.pread(self.fd, 512, self.offset)
        if len(first) < 512 or first[3:11] != b"NTFS    " or first[510:] != b"\x55\xaa":
            raise Broken("no NTFS boot sector")
        self.sector, per_cluster = struct.unpack_from("<HB", first, 11)
        sectors, self.mft_lcn, self.mirror_lcn = struct.unpack_from("<3Q", first, 40)
        record, index = struct.unpack_from("<b3xb", first, 64)
        if self.sector not in (512, 1024, 2048, 4096) or not per_cluster:
            raise Broken(f"sectors of {self.sector} bytes")
        per_cluster = per_cluster if per_cluster <= 128 else 1 << (256 - per_cluster)
        self.cluster = self.sector * per_cluster
        self.record = record * self.cluster if record > 0 else 1 << -record
        self.index = index * self.cluster if index > 0 else 1 << -index
        self.n_clusters = sectors * self.sector // self.cluster
        if self.record not in (1024, 4096) or not 512 <= self.index <= 65536:
            raise Broken(f"records of {self.record}, index blocks of {self.index} bytes")
        if sectors * self.sector > self.bytes or not self.n_clusters:
            raise Broken(f"{sectors} sectors in a file of {self.bytes} bytes")
        self.copy_at = sectors * self.sector
        last = os.pread(self.fd, 512, self.offset + self.copy_at)
        if last and last != first:
            self.say("the boot sector's copy behind the last cluster differs")

    def upcase(self, name):
        """As a key to sort by; before $UpCase is known, as it is."""
        if not name:
            return ()
        units = struct.unpack(f"<{len(name) // 2}H", name)
        if self.upcase_table is None:
            return units
        return tuple([self.upcase_table[unit] for unit in units])

    def first_record(self):
        """$MFT itself, from where the boot sector says it lies."""
        size = -(-self.record // self.cluster)
        block = fixed(self.clusters(self.mft_lcn, size)[:self.record], b"FILE", "record 0",
                      self)
        if block is None:
            raise Broken("$MFT has no record")
        return Record(0, block, self)

    def load(self):
        """All records in use, as files, and the MFT's blocks as they lie there."""
        base = File(self.first_record())
        self.findings = [f for f in self.findings if not f.startswith("record 0")]
        parts = [a for a in base.base.attributes if a.kind == DATA and not a.name]
        if not parts or parts[0].value is not None:
            raise Broken("$MFT has no data")
        if base.attributes(LIST):  # more parts, which the first one's records tell
            parts = self.all_parts(base, parts[0])
        mft = Stream(parts, self)
        self.blocks = mft.read()[:mft.initialized]
        self.n_records = mft.initialized // self.record
        self.read_upcase()
        self.records = {}
        for number in range(self.n_records):
            record = self.parse(number)
            if record:
                self.records[number] = record
        self.files = {n: File(r) for n, r in self.records.items() if not r.base}
        if not {0, 5, 6, 9, 10} <= set(self.files):
            raise Broken("$MFT, root, $Bitmap, $Secure or $UpCase has no record")

    def all_parts(self, base, first):
        start, found, known = Stream([first], self).read(), [first], set()
        for entry in list_entries(base.attributes(LIST)[0], self):
            number = entry[3] & (1 << 48) - 1
            block = start[number * self.record:(number + 1) * self.record]
            if number in known or number == 0 or len(block) < self.record:
                continue
            known.add(number)
            block = fixed(block, b"FILE", f"record {number}", self)
            if block:
                found += [a for a in Record(number, block, self).attributes
                          if a.kind == DATA and not a.name]
        return sorted(found, key=lambda part: part.lowest)

    def read_upcase(self):
        record = self.parse(10)
        parts = [a for a in record.attributes if a.kind == DATA] if record else []
        table = Stream(parts, self).read() if parts else b""
        if len(table) != 2 << 16:
            raise Broken("$UpCase is not 65,536 characters")
        self.upcase_table = struct.unpack("<65536H", table)

    def parse(self, number):
        block = self.blocks[number * self.record:(number + 1) * self.record]
        if block[:4] != b"FILE" and not block.strip(b"\0"):
            return None
        block = fixed(block, b"FILE", f"record {number}", self)
        if block is None or not u16(block, 22)[0] & IN_USE:
            return None
        return Record(number, block, self)


def list_entries(attribute, volume):
    """An attribute list as [(kind, name, lowest, reference, id)]."""
    data = Stream([attribute], volume).read()
    found, at = [], 0
    while at + 26 <= len(data):
        kind, size, n, name_at, lowest, reference, number = struct.unpack_from(
            "<IHBBQQH", data, at)
        if size < 26 or size % 8 or name_at + 2 * n > size or at + size > len(data):
            break
        found.append((kind, data[at + name_at:at + name_at + 2 * n], lowest, reference, number))
        at += size
    if at != len(data):
        volume.say(f"{attribute}: broken at byte {at} of {len(data)}")
    return found
