# SPDX-License-Identifier: GPL-3.0-or-later
"""Each stream of an NTFS volume and its SHA-1, as libfsntfs reads it (that knows CompactOS, too):
RECORD:STREAM SIZE SHA1."""
import hashlib
import sys

import pyfsntfs


def text(name):
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in name)


def tell(number, stream, source):
    value, size, left = hashlib.sha1(), source.get_size(), source.get_size()
    while left:
        piece = source.read_buffer(min(left, 1 << 20))
        if not piece:
            raise OSError(f"record {number}: {left} bytes are missing")
        value.update(piece)
        left -= len(piece)
    print(f"{number}:{stream} {size} {value.hexdigest()}")


def walk(entry, seen):
    for i in range(entry.get_number_of_sub_file_entries()):
        child = entry.get_sub_file_entry(i)
        number = child.get_file_reference() & (1 << 48) - 1
        if number < 24 or number in seen:
            continue
        seen.add(number)
        if child.has_default_data_stream():
            tell(number, "", child)
        for k in range(child.get_number_of_alternate_data_streams()):
            stream = child.get_alternate_data_stream(k)
            tell(number, text(stream.get_name()), stream)
        walk(child, seen)


def main():
    volume = pyfsntfs.volume()
    volume.open(sys.argv[1])
    walk(volume.get_root_directory(), set())
    volume.close()


if __name__ == "__main__":
    main()
