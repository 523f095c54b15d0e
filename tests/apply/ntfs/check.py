# SPDX-License-Identifier: GPL-3.0-or-later
"""What the records of a volume must say of each other, and its clusters of them."""
import struct

from indexes import Index, by_u32s
from records import (BAD, BITMAP, DATA, DESCRIPTOR, DIRECTORY, LIST, MFT, NAME, NEVER, OBJECT,
                     REPARSE, ROOT, STANDARD, Stream, list_entries, text)
from security import Secure

MIRROR, ROOT_DIR, CLUSTERS, SECURE, EXTEND = 1, 5, 6, 9, 11
FIRST_OF_USER = 24      # below: NTFS' own files, of which 12 to 15 are but reserved
I30 = "$I30".encode("utf-16-le")
POSIX, WIN32, DOS, BOTH = range(4)  # namespaces
# FILE_ATTRIBUTE_x: those that a copy of the attributes must have as the file itself has them
COPIED = 0x7FB7 & ~0x10
IS_DIRECTORY = 0x10000000


class FileName:
    __slots__ = ("parent", "times", "allocated", "size", "flags", "tag", "space", "name", "raw")

    def __init__(self, raw):
        self.raw = raw
        self.parent, = struct.unpack_from("<Q", raw)
        self.times = struct.unpack_from("<4Q", raw, 8)
        self.allocated, self.size, self.flags, self.tag = struct.unpack_from("<2Q2I", raw, 40)
        n, self.space = raw[64], raw[65]
        self.name = raw[66:66 + 2 * n]

    def key(self):
        return self.parent, self.space, self.name

    def sound(self):
        return len(self.raw) >= 66 and len(self.raw) == 66 + 2 * self.raw[64] and self.raw[64]


def file_name(raw):
    return FileName(raw.ljust(66, b"\0"))


def without_change(times):
    """Created, written, accessed; not the record's own change, which making the copy is."""
    return times[0], times[1], times[3]


class Check:
    def __init__(self, volume):
        self.volume, self.say = volume, volume.say
        volume.load()
        self.files = volume.files
        self.used = bytearray(volume.n_clusters)
        self.directories = {}  # number: [(FileName, reference)]
        self.reparse, self.objects = {}, {}
        self.merge()
        self.claim_clusters()
        self.check_bitmaps()
        self.check_mirror()
        self.secure = Secure(volume, self.files[SECURE])
        for file in self.files.values():
            self.check_file(file)
        self.check_names()
        self.check_reach()
        self.check_special_indexes()

    # ------------------------------------------------------------ records and their extents

    def merge(self):
        for record in self.volume.records.values():
            if not record.base:
                continue
            base = self.files.get(record.base & (1 << 48) - 1)
            if base is None or base.base.sequence != record.base >> 48:
                self.say(f"{record.what}: of a file {record.base & (1 << 48) - 1} "
                         "that is not there")
                continue
            base.records.append(record)
        for file in self.files.values():
            self.check_list(file)
            self.make_streams(file)

    def check_list(self, file):
        lists = file.attributes(LIST)
        if not lists:
            for record in file.records[1:]:
                self.say(f"{record.what}: of {file.number}, which has no list of attributes")
            return
        listed = list_entries(lists[0], self.volume)
        there = [(a.kind, a.name, a.lowest, a.record.number | a.record.sequence << 48, a.id)
                 for record in file.records for a in record.attributes if a.kind != LIST]
        for entry in set(there) - set(listed):
            self.say(f"record {file.number}: attribute {entry[0]:#x} {text(entry[1])} of "
                     f"record {entry[3] & NEVER - 1} is not in its list")
        for entry in set(listed) - set(there):
            self.say(f"record {file.number}: attribute {entry[0]:#x} {text(entry[1])} of "
                     f"record {entry[3] & NEVER - 1} is in its list, but not there")
        order = [(entry[0], self.volume.upcase(entry[1]), entry[2]) for entry in listed]
        if order != sorted(order) or len(set(listed)) != len(listed):
            self.say(f"record {file.number}: its list of attributes is out of order")

    def make_streams(self, file):
        parts = {}
        for record in file.records:
            for attribute in record.attributes:
                key = attribute.kind, attribute.name
                if attribute.kind == NAME:  # as many as there are names
                    key += (attribute.value,)
                parts.setdefault(key, []).append(attribute)
        for group in parts.values():
            group.sort(key=lambda part: part.lowest)
            stream = Stream(group, self.volume)
            stream.check()
            file.streams.append(stream)

    # ------------------------------------------------------------ clusters

    def claim_clusters(self):
        owners = []
        for file in self.files.values():
            for stream in file.streams:
                if file.number != BAD:
                    owners += [(lcn, n, stream) for lcn, n in stream.runs if lcn is not None]
        last = (0, 0, None)
        for claim in sorted(owners, key=lambda claim: claim[:2]):
            lcn, n, stream = claim
            if lcn < last[0] + last[1]:
                self.say(f"{stream.first}: cluster {lcn} belongs to {last[2].first}, too")
            if lcn + n > last[0] + last[1]:
                last = claim
            self.used[lcn:lcn + n] = b"\1" * n

    def check_bits(self, name, found, used, what):
        """found: a bitmap's bytes; used: a byte for each thing that has a bit."""
        n = len(used)
        used = used + b"\0" * (-n % 8)
        packed = 0
        for bit in range(8):
            packed |= int.from_bytes(used[bit::8], "little") << bit
        bits = int.from_bytes(found, "little")
        wrong = (bits ^ packed) & (1 << n) - 1
        if len(found) * 8 < n:
            self.say(f"{name}: {len(found)} bytes for {n} {what}s")
        if wrong:
            first = (wrong & -wrong).bit_length() - 1
            state = "free, but marked in use" if bits >> first & 1 else "in use, but marked free"
            self.say(f"{name}: {what} {first} is {state}; {bin(wrong).count('1')} such")
        return bits >> n

    def check_bitmaps(self):
        volume = self.volume
        data = self.files[CLUSTERS].stream(DATA)
        found = data.read() if data else b""
        beyond = self.check_bits("$Bitmap", found, bytes(self.used), "cluster")
        n = len(found) * 8 - volume.n_clusters
        if n > 0 and beyond != (1 << n) - 1:
            self.say("$Bitmap: what is behind the last cluster is marked free")
        bitmap = self.files[MFT].stream(BITMAP)
        in_use = bytes(n in volume.records for n in range(volume.n_records))
        if self.check_bits("$MFT's bitmap", bitmap.read() if bitmap else b"", in_use, "record"):
            self.say("$MFT's bitmap: records behind the last are marked in use")

    def check_mirror(self):
        volume = self.volume
        stream = self.files[MIRROR].stream(DATA) if MIRROR in self.files else None
        copy = stream.read() if stream else b""
        if len(copy) < 4 * volume.record or copy != volume.blocks[:len(copy)]:
            self.say("$MFTMirr: is not what $MFT begins with")
        elif stream.runs[0][0] != volume.mirror_lcn:
            self.say("$MFTMirr: does not lie where the boot sector says")

    # ------------------------------------------------------------ one file

    def check_file(self, file):
        what = f"record {file.number}"
        names = [file_name(a.value or b"") for a in file.attributes(NAME)]
        file.names = [name for name in names if name.sound()]
        file.is_directory = file.stream(ROOT, I30) is not None
        file.flags, file.times, file.security = 0, (0, 0, 0, 0), None
        self.check_standard(file, what)
        if len(file.names) != len(names):
            self.say(f"{what}: a name of no sense")
        if bool(file.base.flags & DIRECTORY) != file.is_directory:
            self.say(f"{what}: marked as a directory or not, but with another content")
        reserved = 12 <= file.number < FIRST_OF_USER
        if not reserved and file.base.links != len(names):
            self.say(f"{what}: {file.base.links} links, but {len(names)} names")
        if not reserved and not names:
            self.say(f"{what}: no name")
        self.check_namespaces(file, what)
        if not file.is_directory and file.stream(DATA) is None and not reserved and \
                file.number not in (SECURE,) and file.number >= FIRST_OF_USER and \
                not any(name.parent & NEVER - 1 == EXTEND for name in names):
            self.say(f"{what}: a file without data")
        self.check_reparse(file, what)
        if file.stream(OBJECT):
            self.objects[file.number] = file.value(OBJECT)
        if file.is_directory:
            index = Index(self.volume, file, I30, True)
            self.check_directory(file, index)

    def check_standard(self, file, what):
        value = file.value(STANDARD)
        if value is None or len(value) not in (48, 72):
            self.say(f"{what}: no standard information")
            return
        file.times = struct.unpack_from("<4Q", value)
        file.flags, = struct.unpack_from("<I", value, 32)
        if len(value) == 72:
            file.security, = struct.unpack_from("<I", value, 52)
        own = file.stream(DESCRIPTOR) is not None
        if file.security and file.security not in self.secure.descriptors:
            self.say(f"{what}: security id {file.security}, which $Secure does not have")
        if not file.security and not own and file.number >= FIRST_OF_USER:
            self.say(f"{what}: no security descriptor")

    def check_namespaces(self, file, what):
        for name in file.names:
            if name.space > BOTH:
                self.say(f"{what}: namespace {name.space}")
            partners = [other for other in file.names if other.parent == name.parent and
                        other.space == (DOS if name.space == WIN32 else WIN32)]
            if name.space == DOS and len(partners) != 1:
                self.say(f"{what}: short name {text(name.name)} of no long one")
            if name.space == DOS and len(name.name) > 24:
                self.say(f"{what}: short name {text(name.name)} is long")

    def check_reparse(self, file, what):
        value = file.value(REPARSE)
        if bool(file.flags & 0x400) != (value is not None):
            self.say(f"{what}: attributes {file.flags:#x}, "
                     f"but {'no' if value is None else 'a'} reparse point")
        file.tag = 0
        if value is None:
            return
        if len(value) < 8 or struct.unpack_from("<H", value, 4)[0] != len(value) - \
                (8 if value[3] & 0x80 else 24):
            self.say(f"{what}: a reparse point of {len(value)} bytes")
            return
        file.tag, = struct.unpack_from("<I", value)
        self.reparse[file.number] = file.tag

    # ------------------------------------------------------------ directories

    def check_directory(self, file, index):
        if not hasattr(index, "kind"):
            return
        if (index.kind, index.collation) != (NAME, 1):
            index.say(f"of attribute {index.kind:#x} by collation {index.collation}")
        names = [(file_name(entry.key), entry.reference) for entry in index.entries]
        for name, _ in names:
            if not name.sound():
                index.say("a name of no sense")
        index.check_order(lambda key: self.name_order(file_name(key).name))
        self.directories[file.number] = names

    def name_order(self, name):
        """Whatever the case; then by case."""
        return self.volume.upcase(name), struct.unpack(f"<{len(name) // 2}H", name)

    def check_names(self):
        """Every entry of a directory is a name of the file, and every name an entry."""
        found = set()
        for number, names in self.directories.items():
            mine = self.files[number].reference
            for name, reference in names:
                file = self.files.get(reference & (1 << 48) - 1)
                what = f"directory {number}, {text(name.name)}"
                if file is None or file.reference != reference:
                    self.say(f"{what}: of a file {reference & NEVER - 1} that is not there")
                    continue
                if name.parent != mine:
                    self.say(f"{what}: says that it lies in {name.parent & NEVER - 1}")
                    continue
                record_name = next((n for n in file.names if n.key() == name.key()), None)
                if record_name is None:
                    self.say(f"{what}: record {file.number} has no such name")
                    continue
                found.add((file.number, name.key()))
                if file.number >= FIRST_OF_USER and number != EXTEND:
                    self.check_copy(file, name, what)
        for file in self.files.values():
            for name in file.names:
                if (file.number, name.key()) not in found:
                    self.say(f"record {file.number}: its name {text(name.name)} is not in "
                             f"directory {name.parent & NEVER - 1}")

    def check_copy(self, file, name, what):
        """What the index says of the file, against the file."""
        data = None if file.is_directory else file.stream(DATA)
        size = data.size if data else 0
        allocated = 0 if not data else -(-data.size // 8) * 8 if data.value is not None else \
            data.first.stored if data.first.stored is not None else data.allocated
        flags = file.flags & COPIED | (IS_DIRECTORY if file.is_directory else 0)
        for label, mine, theirs in (
                ("times", without_change(name.times), without_change(file.times)),
                ("size", name.size, size),
                ("allocated size", name.allocated, allocated),
                ("attributes", name.flags & (COPIED | IS_DIRECTORY), flags),
                ("reparse tag", name.tag if name.flags & 0x400 else 0, file.tag)):
            if mine != theirs:
                self.say(f"{what}: {label} {mine}, but of record {file.number} {theirs}")

    def check_reach(self):
        """From the root, every file."""
        seen, todo = {ROOT_DIR}, [ROOT_DIR]
        while todo:
            for name, reference in self.directories.get(todo.pop(), []):
                number = reference & (1 << 48) - 1
                if number in seen:
                    continue
                seen.add(number)
                if number in self.directories:
                    todo.append(number)
        for number in self.files:
            if number not in seen and not 12 <= number < FIRST_OF_USER:
                self.say(f"record {number}: cannot be reached from the root")
        for number in self.directories:
            links = {name.parent for name in self.files[number].names}
            if len(links) > 1:
                self.say(f"record {number}: a directory in several directories")

    # ------------------------------------------------------------ $Reparse and $ObjId

    def special(self, name, index_name):
        """An index of $Extend's, or None."""
        for entry, reference in self.directories.get(EXTEND, []):
            file = self.files.get(reference & (1 << 48) - 1)
            if text(entry.name) == name and file is not None:
                index = Index(self.volume, file, index_name.encode("utf-16-le"), False)
                index.check_order(by_u32s)
                return index
        return None

    def check_special_indexes(self):
        index = self.special("$Reparse", "$R")
        listed = {}
        for entry in index.entries if index else []:
            tag, reference = struct.unpack("<IQ", entry.key.ljust(12, b"\0")[:12])
            listed[reference] = tag
        there = {self.files[number].reference: tag for number, tag in self.reparse.items()}
        self.compare("$Reparse", listed, there)
        index = self.special("$ObjId", "$O")
        listed, there = {}, {}
        for entry in index.entries if index else []:
            reference, = struct.unpack_from("<Q", entry.data.ljust(8, b"\0"))
            listed[reference] = entry.key + entry.data[8:56]
        for number, value in self.objects.items():
            reference = self.files[number].reference
            self.objects[number] = listed.get(reference, value)
            # A record of 16 bytes leaves the rest, ids from its birth, to the index.
            there[reference] = value + self.objects[number][len(value):]
        self.compare("$ObjId", listed, there)

    def compare(self, name, listed, there):
        for reference in sorted(listed.keys() | there.keys()):
            one, other = listed.get(reference), there.get(reference)
            if one != other:
                self.say(f"{name}: for record {reference & NEVER - 1} it has {one!r}, "
                         f"the record {other!r}")
