# SPDX-License-Identifier: GPL-3.0-or-later
"""LZNT1, the compression of NTFS itself ([MS-XCA] 2.5)."""
import struct


def unpack_chunk(data):
    out, at = bytearray(), 0
    while at < len(data):
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            token, = struct.unpack_from("<H", data, at)
            at += 2
            length_bits = 12
            while length_bits > 4 and len(out) > 1 << (16 - length_bits):
                length_bits -= 1
            back = (token >> length_bits) + 1
            length = (token & (1 << length_bits) - 1) + 3
            if back > len(out):
                raise ValueError("LZNT1: a match before the start")
            for _ in range(length):
                out.append(out[-back])
    return out


def unpack_unit(data, size):
    """A compression unit's clusters into its bytes; what is not there is zero."""
    out, at = bytearray(), 0
    while at + 2 <= len(data) and len(out) < size:
        header, = struct.unpack_from("<H", data, at)
        if header == 0:
            break
        length = (header & 0xFFF) + 1
        chunk = data[at + 2:at + 2 + length]
        if header & 0x8000:
            chunk = unpack_chunk(chunk)
        out += chunk
        if len(out) % 4096 and len(out) < size:
            out += bytes(4096 - len(out) % 4096)
        at += 2 + length
    return bytes(out[:size]).ljust(size, b"\0")
