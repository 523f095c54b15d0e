# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that Windows compresses for itself (CompactOS): a reparse point names the algorithm, a
stream has the chunks, and wimlib unpacks them, by its decompressors alone."""
import ctypes
import ctypes.util
import struct

from records import DATA

TAG = 0x80000017
stream_name = "WofCompressedData".encode("utf-16-le")
XPRESS, LZX = 1, 2
# FILE_PROVIDER_COMPRESSION_x: name, wimlib's number, bytes of a chunk
ALGORITHMS = [("xpress4k", XPRESS, 4096), ("lzx", LZX, 32768), ("xpress8k", XPRESS, 8192),
              ("xpress16k", XPRESS, 16384)]


class Decompressor:
    library = None

    def __init__(self, kind, chunk_bytes):
        if Decompressor.library is None:
            name = ctypes.util.find_library("wim")
            if name is None:
                raise OSError("no libwim to decompress with")
            Decompressor.library = ctypes.CDLL(name)
        self.handle = ctypes.c_void_p()
        code = self.library.wimlib_create_decompressor(
            kind, ctypes.c_size_t(chunk_bytes), ctypes.byref(self.handle))
        if code:
            raise OSError(f"wimlib_create_decompressor: {code}")

    def unpack(self, data, size):
        out = ctypes.create_string_buffer(size)
        code = self.library.wimlib_decompress(data, ctypes.c_size_t(len(data)), out,
                                              ctypes.c_size_t(size), self.handle)
        return out.raw if code == 0 else None

    def __del__(self):
        if self.library and self.handle:
            self.library.wimlib_free_decompressor(self.handle)


decompressors = {}


class Compact:
    """One such file; what is wrong with it is said."""

    def __init__(self, file, say):
        self.what, self.say, self.name = f"record {file.number}", say, "broken"
        self.data, self.stream = file.stream(DATA), file.stream(DATA, stream_name)
        value = file.value(0xC0)
        version, provider, inner, which = struct.unpack_from("<4I", value.ljust(24, b"\0"), 8)
        if len(value) != 24 or (version, provider, inner) != (1, 2, 1) or which > 3:
            self.say(f"{self.what}: a reparse point of CompactOS of no sense")
            which = 0
        self.name, self.kind, self.chunk = ALGORITHMS[which]
        if file.flags & 0x600 != 0x600:
            self.say(f"{self.what}: compact, but attributes {file.flags:#x}")
        if self.data is None or self.data.n_clusters() or self.data.value is not None:
            self.say(f"{self.what}: compact, but data that is no hole")
        if self.stream is None:
            self.say(f"{self.what}: compact, but no stream of chunks")

    def pieces(self):
        size = self.data.size if self.data else 0
        packed = self.stream.read() if self.stream else b""
        n = -(-size // self.chunk)
        width = 8 if size >> 32 else 4
        start = (n - 1) * width
        if n == 0 or start > len(packed):
            self.say(f"{self.what}: no table of its {n} chunks")
            return
        ends = [int.from_bytes(packed[i:i + width], "little")
                for i in range(0, start, width)] + [len(packed) - start]
        key = self.kind, self.chunk
        if key not in decompressors:
            decompressors[key] = Decompressor(*key)
        at = 0
        for i, end in enumerate(ends):
            plain = min(self.chunk, size - i * self.chunk)
            piece = packed[start + at:start + end]
            if end < at or len(piece) != end - at or len(piece) > plain:
                self.say(f"{self.what}: chunk {i} of {end - at} bytes")
                return
            if len(piece) < plain:
                piece = decompressors[key].unpack(piece, plain)
            if piece is None:
                self.say(f"{self.what}: chunk {i} cannot be unpacked")
                return
            yield piece
            at = end
