"""What `inkling-train export-corpus` writes, mapped into memory: docs/scale.md describes the folder.

A text is one stream of rows of the network, cut into streams side by side, and these into segments, as
Sources/NeuralTraining/Tasks/LanguageModel/TrainingText.swift does: with equal corpora both train on equal tokens.
"""
import json
import os

import numpy

# What a description says of training.
TRAINING = (
    "tokens", "streams", "steps", "epochs", "optimizer", "rate", "schedule", "clipNorm", "clipValue", "weightDecay",
    "inputDropout", "layerDropout", "outputDropout", "embeddingDropout", "unknownProbability", "predictsUnknown",
    "rotatesText", "patience")
FILE_TYPES = {"F32": numpy.float32, "I32": numpy.int32}


class CorpusError(Exception):
    """What is wrong with a file, in a line for a person."""


class Corpus:
    def __init__(self, folder):
        path = os.path.join(folder, "corpus.json")
        try:
            with open(path, "rb") as file:
                self.description = json.load(file)
        except OSError as error:
            raise CorpusError(f"{path}: {error.strerror} (write it with inkling-train export-corpus)") from None
        except ValueError as error:
            raise CorpusError(f"{path}: {error}") from None
        if not isinstance(self.description, dict) or self.description.get("format") != "inkling-corpus":
            raise CorpusError(f"{path}: is no description of a corpus")
        if self.description.get("version") != 1:
            raise CorpusError(f"{path}: is of another version of the format (update, or export it again)")
        try:
            self.folder = folder
            self.training = self.description["training"]
            self.training["seed"] = int(self.training["seed"])
            missing = [name for name in TRAINING if name not in self.training]
            if missing:
                raise KeyError(missing[0])
            self.rows = self.description["rows"]
            self.architecture = self.description["architecture"]
            self.vocabulary_digest = self.description["vocabulary"]["xxh64"]
            # Weights that belong together with the text.
            self.digest = json.dumps(self.description["files"], sort_keys=True)
            self.stream = self._map("training.i32")
            self.held_out = self._map("held-out.i32")
        except (KeyError, TypeError, ValueError) as error:
            raise CorpusError(f"{path}: lacks {error}") from None

    def _map(self, name):
        path = os.path.join(self.folder, name)
        expected = self.description["files"][name]["bytes"]
        if not os.path.isfile(path) or os.path.getsize(path) != expected or expected % 4 or expected < 4:
            raise CorpusError(f"{path}: is not as long as its description says (export the corpus again)")
        rows = numpy.memmap(path, dtype="<i4", mode="r")
        if rows.min() < 0 or rows.max() >= self.rows["count"]:
            raise CorpusError(f"{path}: holds rows that the network does not have (export the corpus again)")
        return rows

    def initial_weights(self):
        return read_safetensors(os.path.join(self.folder, "initial.safetensors"))


class Segments:
    """The part of every segment that one of several processes reads: some of the streams."""

    def __init__(self, corpus, index, count):
        training = corpus.training
        self.stream = corpus.stream
        self.size = len(self.stream) - 1
        self.seed = training["seed"]
        self.rotates = training["rotatesText"]
        self.probability = training["unknownProbability"]
        self.predicts_unknown = training["predictsUnknown"]
        self.unknown = corpus.rows["unknown"]
        self.total_stream_count = max(1, min(training["streams"], self.size // 8))
        self.length = self.size // self.total_stream_count
        self.step_count = max(1, min(training["steps"], self.length))
        self.streams = part(self.total_stream_count, index, count)
        counts = numpy.bincount(self.stream[1:], minlength=corpus.rows["count"])
        self.is_singleton = counts == 1
        self.is_singleton[self.unknown] = False

    @property
    def count(self):
        """Segments of an epoch."""
        return (self.length + self.step_count - 1) // self.step_count

    def segment(self, index, epoch):
        """The rows read and predicted: each steps × own streams."""
        first = index * self.step_count
        steps = min(self.step_count, self.length - first)
        key = mix(numpy.array([self.seed * 31 + epoch + 1 & 2**64 - 1], dtype=numpy.uint64))
        shift = int(key[0]) % self.size if self.rotates and epoch > 0 else 0
        positions = numpy.arange(first, first + steps)[:, None] + numpy.array(self.streams)[None, :] * self.length
        return (
            self._rows(positions, shift, key, True),
            self._rows(positions + 1, shift, key, self.predicts_unknown),
        )

    def _rows(self, positions, shift, key, replaces):
        moved = positions + shift
        places = (moved - 1) % self.size + 1
        places[moved == 0] = 0
        rows = self.stream[places].astype(numpy.int64)
        if replaces:
            chance = (mix(key + places.astype(numpy.uint64)) >> numpy.uint64(11)) * 2.0**-53
            rows[self.is_singleton[rows] & (chance < self.probability) & (places > 0)] = self.unknown
        return rows


def part(total, index, count):
    """A range of things, one of `count` that are as equal as can be."""
    return range(total * index // count, total * (index + 1) // count)


def mix(values):
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014) of 64-bit numbers."""
    values = (values ^ values >> numpy.uint64(30)) * numpy.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> numpy.uint64(27)) * numpy.uint64(0x94D049BB133111EB)
    return values ^ values >> numpy.uint64(31)


def read_safetensors(path):
    """The metadata and the arrays of a file that inkling-train wrote, by name."""
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length <= os.path.getsize(path):
                raise ValueError("is cut short")
            header = json.loads(file.read(length))
        metadata = header.pop("__metadata__", {})
        data = numpy.memmap(path, dtype=numpy.uint8, mode="r", offset=8 + length)
        arrays = {}
        for name, entry in header.items():
            start, end = entry["data_offsets"]
            arrays[name] = data[start:end].view(FILE_TYPES[entry["dtype"]]).reshape(entry["shape"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{path}: {error} (export the corpus again)") from None
    return metadata, arrays


def write_safetensors(path, metadata, arrays):
    """Writes arrays under their names, beside the path and then in its place."""
    header, offset = {"__metadata__": metadata}, 0
    for name, array in arrays.items():
        kind = "I32" if array.dtype == numpy.int32 else "F32"
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    replace_file(path, lambda file: file.write(len(text).to_bytes(8, "little") + text)
                 and [file.write(numpy.ascontiguousarray(array).tobytes()) for array in arrays.values()])


def replace_file(path, write):
    """Puts a file in its place when it is whole and on the disk."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
