# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a volume holds, a line for each name, without what differs between two volumes of the
same content: numbers, places, and times of change to a record."""
import hashlib
import struct

from check import DOS, ROOT_DIR
from records import DATA, DESCRIPTOR, REPARSE, text
from wof import TAG, Compact, stream_name

SYSTEM_FILES = 16  # in the root


def sha1(pieces):
    value = hashlib.sha1()
    for piece in pieces:
        value.update(piece)
    return value.hexdigest()


class Tree:
    def __init__(self, check):
        self.check, self.files, self.first, self.told = check, check.files, {}, {}

    def lines(self):
        """Sorted by path."""
        yield "/ " + self.tell(self.files[ROOT_DIR])
        yield from self.directory(ROOT_DIR, "")

    def directory(self, number, path):
        names = self.check.directories.get(number, [])
        short = {reference: name.name for name, reference in names if name.space == DOS}
        for name, reference in sorted(names, key=lambda pair: text(pair[0].name)):
            file = self.files.get(reference & (1 << 48) - 1)
            if name.space == DOS or file is None or file.number < SYSTEM_FILES:
                continue
            here = f"{path}/{text(name.name)}"
            alias = short.get(reference, b"") if name.space != 3 else name.name
            yield f"{here} short={text(alias)} {self.links(file, here)} {self.tell(file)}"
            if file.is_directory:
                yield from self.directory(file.number, here)

    def links(self, file, here):
        n = sum(name.space != DOS for name in file.names)
        return f"links={n} first={self.first.setdefault(file.number, here) if n > 1 else ''}"

    def tell(self, file):
        if file.number not in self.told:
            self.told[file.number] = self.describe(file)
        return self.told[file.number]

    def describe(self, file):
        compact = Compact(file, self.check.say) if file.tag == TAG else None
        flags = file.flags & ~0x10 | (0x10 if file.is_directory else 0)
        created, written, _, accessed = file.times
        point = file.value(REPARSE)
        if compact:
            flags, point = flags & ~0x600, None
        descriptor = self.check.secure.descriptors.get(file.security) or \
            file.value(DESCRIPTOR) or b""
        parts = [f"attributes={flags:08x}", f"created={created}", f"written={written}",
                 f"accessed={accessed}", f"security={hashlib.sha1(descriptor).hexdigest()}",
                 f"object={self.check.objects.get(file.number, b'').hex().rstrip('0')}",
                 f"reparse={self.point(point)}"]
        for stream in sorted(file.streams, key=lambda stream: stream.name):
            if stream.kind != DATA or compact and stream.name == stream_name:
                continue
            pieces = compact.pieces() if compact and not stream.name else stream.pieces()
            parts.append(f"stream={text(stream.name)}:{stream.size}:{sha1(pieces)}")
        return " ".join(parts) + (f" compact={compact.name}" if compact else "")

    @staticmethod
    def point(value):
        if value is None or len(value) < 8:
            return ""
        return f"{struct.unpack_from('<I', value)[0]:08x}:{value[8:].hex()}"
