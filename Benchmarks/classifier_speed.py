"""Trains Keras' example classifiers here and by PyTorch, in turn, from the same weights on the same batches.

Usage: classifier_speed.py INKLING-TRAIN [STEPS [TURNS]]

Vocabulary 20,000, embedding 128, 64 filters of 5, pool 4, LSTM 70; 100 and 400 words; batches of 32; Adam. Prints milliseconds a step
(the median of all but the first two, the best of the turns), the ratio, and how far the losses are apart after the same steps.
"""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import torch

TYPES, EMBEDDING, FILTERS, WIDTH, POOL, LSTM, BATCH, LABELS = 20_000, 128, 64, 5, 4, 70, 32, 2
THREADS = 2


class Network(torch.nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.embedding = torch.nn.Embedding(TYPES, EMBEDDING)
        torch.nn.init.uniform_(self.embedding.weight, -0.05, 0.05)
        size = EMBEDDING
        if kind != "lstm":
            self.convolution = torch.nn.Conv1d(EMBEDDING, FILTERS, WIDTH)
            size = FILTERS
        if kind != "cnn":
            self.encoder = torch.nn.LSTM(size, LSTM, batch_first=True)
            size = LSTM
        self.output = torch.nn.Linear(size, LABELS)

    def forward(self, ids):
        x = self.embedding(ids)
        if self.kind != "lstm":
            x = torch.relu(self.convolution(x.transpose(1, 2)))
            x = x.amax(2) if self.kind == "cnn" else torch.nn.functional.max_pool1d(x, POOL).transpose(1, 2)
        if self.kind != "cnn":
            x = self.encoder(x)[0][:, -1]
        return self.output(x)


def description(kind):
    layers = [{"kind": "embedding", "name": "embedding", "inputs": ["words"], "count": TYPES, "size": EMBEDDING}]
    last = "embedding"
    if kind != "lstm":
        layers.append({"kind": "convolution1D", "name": "convolution", "inputs": [last], "filters": FILTERS, "width": WIDTH,
                       "padding": "valid", "activation": "relu"})
        layers.append({"kind": "pooling", "name": "pool", "inputs": ["convolution"], "reduction": "maximum",
                       "window": "sequence" if kind == "cnn" else POOL})
        last = "pool"
    if kind != "cnn":
        layers.append({"kind": "recurrent", "name": "encoder", "inputs": [last], "cell": "lstm", "size": LSTM})
        last = "encoder.last"
    layers.append({"kind": "linear", "name": "output", "inputs": [last], "size": LABELS})
    return {"inputs": [{"name": "words", "levels": ["words"]}], "layers": layers, "outputs": ["output"]}


def write(path, tensors):
    header, data, offset = {}, b"", 0
    for name, values in tensors.items():
        kind = "F32" if values.dtype == numpy.float32 else "I32"
        raw = numpy.ascontiguousarray(values).tobytes()
        header[name] = {"dtype": kind, "shape": list(values.shape), "data_offsets": [offset, offset + len(raw)]}
        data += raw
        offset += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def by_pytorch(kind, weights, ids, labels):
    network = Network(kind)
    network.load_state_dict({name: torch.from_numpy(values.copy()) for name, values in weights.items()})
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    losses, seconds = [], []
    for start in range(0, len(ids), BATCH):
        x, y = torch.from_numpy(ids[start:start + BATCH]).long(), torch.from_numpy(labels[start:start + BATCH]).long()
        begin = time.perf_counter()
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(x), y)
        loss.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
        losses.append(loss.item())
    return losses, seconds


def main():
    program = sys.argv[1]
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    turns = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    torch.set_num_threads(THREADS)
    chance = numpy.random.default_rng(1)
    print("network    words   here ms  PyTorch ms  ratio  loss here  PyTorch")
    for kind in ["cnn", "lstm", "cnn-lstm"]:
        for length in [100, 400]:
            torch.manual_seed(1)
            weights = {name: value.detach().numpy().copy() for name, value in Network(kind).named_parameters()}
            # Words as frequent as in a language, so that something is learned.
            ids = (TYPES * chance.random((steps * BATCH, length)) ** 3).astype(numpy.int32)
            labels = (ids[:, :5].sum(1) % LABELS).astype(numpy.int32)
            best = {"here": 1e9, "torch": 1e9}
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                (folder / "network.json").write_text(json.dumps(description(kind)))
                write(folder / "examples.safetensors", {**weights, "ids": ids, "labels": labels})
                for _ in range(turns):
                    result = subprocess.run(
                        [program, "benchmark-classifier", folder / "network.json", folder / "examples.safetensors",
                         "--batch", str(BATCH), "--threads", str(THREADS)], stdout=subprocess.PIPE, check=True)
                    here = json.loads(result.stdout)
                    best["here"] = min(best["here"], statistics.median(here["seconds"][2:]))
                    losses, seconds = by_pytorch(kind, weights, ids, labels)
                    best["torch"] = min(best["torch"], statistics.median(seconds[2:]))
            print(f"{kind:<10} {length:>5} {1e3 * best['here']:>9.2f} {1e3 * best['torch']:>11.2f} "
                  f"{best['torch'] / best['here']:>6.2f}  {here['losses'][-1]:>9.5f}  {losses[-1]:.5f}", flush=True)


if __name__ == "__main__":
    main()
