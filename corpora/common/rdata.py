"""Reads the part of R's serialisation format that packaged data uses: vectors, lists and attributes.

The format is described in "R Internals", section 1.8 (serialisation), and its lazy-load data bases (an .rdx
index and an .rdb file of compressed values) in R's own `lazyLoadDBfetch`.
"""
import bz2
import lzma
import struct
import zlib


class Reader:
    """A cursor over one serialised value in XDR (big-endian) form."""

    def __init__(self, data):
        if data[:2] != b"X\n":
            raise ValueError("not R's XDR serialisation")
        self.data = data
        self.offset = 2
        self.references = []
        version = self.integer()
        self.integer()  # the version of R that wrote it
        self.integer()  # the oldest that reads it
        if version == 3:
            length = self.integer()
            self.offset += length  # the native encoding's name
        elif version != 2:
            raise ValueError(f"serialisation version {version} is not known")

    def integer(self):
        (value,) = struct.unpack_from(">i", self.data, self.offset)
        self.offset += 4
        return value

    def numbers(self, code, size, count):
        values = struct.unpack_from(f">{count}{code}", self.data, self.offset)
        self.offset += size * count
        return list(values)

    def value(self):
        flags = self.integer()
        kind = flags & 0xFF
        has_attributes = bool(flags & 0x200)
        has_tag = bool(flags & 0x400)
        if kind in (254, 253, 242, 241, 252, 251):  # NULL, the global, empty and base environments and the like
            return None
        if kind == 255:  # something seen before
            return self.references[(flags >> 8 or self.integer()) - 1]
        if kind == 1:  # symbol
            name = self.value()
            self.references.append(name)
            return name
        if kind == 2:  # pair list
            attributes = self.value() if has_attributes else None
            tag = self.value() if has_tag else None
            head = self.value()
            rest = self.value()
            return [(tag, head)] + (rest if isinstance(rest, list) else [])
        if kind == 9:  # one string
            length = self.integer()
            if length < 0:
                return None
            text = self.data[self.offset:self.offset + length]
            self.offset += length
            return text.decode("utf-8" if flags & (1 << 15) else "latin-1" if flags & (1 << 14) else "utf-8")
        if kind == 238:  # an alternative representation: (class, state, attributes)
            information, state = self.value(), self.value()
            self.value()
            return alternative(information, state)
        count = self.integer()
        if kind in (10, 13):  # logical, integer
            values = self.numbers("i", 4, count)
        elif kind == 14:
            values = self.numbers("d", 8, count)
        elif kind in (16, 19, 20):  # strings, list, expressions
            values = [self.value() for _ in range(count)]
        elif kind == 24:
            values = self.data[self.offset:self.offset + count]
            self.offset += count
        else:
            raise ValueError(f"values of type {kind} are not known")
        if has_attributes:
            attributes = dict(self.value())
            if kind == 19 and "names" in attributes:
                return dict(zip(attributes["names"], values))
        return values


def alternative(information, state):
    name = information[0][1]
    if name == "compact_intseq":
        count, first, step = (int(x) for x in state)
        return [first + i * step for i in range(count)]
    if name.startswith("wrap_"):
        return state[0][1] if isinstance(state[0], tuple) else state[0]
    raise ValueError(f"the representation {name} is not known")


def decompressed(data):
    """What R's `memDecompress` would make of a file's content."""
    if data[:2] == b"\x1f\x8b":
        return zlib.decompress(data, 31)
    if data[:3] == b"BZh":
        return bz2.decompress(data)
    if data[:6] == b"\xfd7zXZ\x00":
        return lzma.decompress(data)
    return zlib.decompress(data) if data[:1] == b"x" else data


def lazy_load(stem):
    """The values of a lazy-load data base, by name."""
    with open(stem + ".rdx", "rb") as file:
        index = Reader(decompressed(file.read())).value()
    with open(stem + ".rdb", "rb") as file:
        base = file.read()
    values = {}
    for name, (offset, length) in index["variables"].items():
        entry = base[offset:offset + length]
        if entry[4:5] == b"Z":
            data = lzma.decompress(entry[5:], lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2}])
        elif entry[4:5] == b"2":
            data = bz2.decompress(entry[5:])
        else:
            data = zlib.decompress(entry[4:])
        values[name] = Reader(data).value()
    return values
