"""One text at a time by a trained classifier, here and by ONNX Runtime, which computes the same network on one thread.

Usage: classifier_latency.py INKLING MODEL TEXTS [float32]

MODEL is a directory of `inkling-train classify` with the encoder cnn, multi-cnn, lstm or cnn-lstm; TEXTS has a text a line, its words split by spaces. Here a
text is a line of `inkling classify --lines --json`, reading and finding its words and printing included: the time of the texts four times over less that of
the texts once, over three times their number. ONNX Runtime gets the words' numbers. Times are of the processor, the least of three rounds in turn. Prints
microseconds a text and how far the probabilities are apart.
"""
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import onnx
import onnxruntime
from onnx import helper, numpy_helper

PRECISION = sys.argv[4] if len(sys.argv) > 4 else "int8"
FLOAT, INTEGER = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64


def weights(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    return {name: numpy.frombuffer(data[8 + size:][entry["data_offsets"][0]:entry["data_offsets"][1]], numpy.float32).reshape(entry["shape"]).copy()
            for name, entry in header.items() if name != "__metadata__"}


def gates(matrix, size):
    """PyTorch's order i f g o as ONNX has it: i o f g."""
    i, f, g, o = (matrix[k * size:(k + 1) * size] for k in range(4))
    return numpy.concatenate([i, o, f, g])


def graph(network, tensors):
    nodes, constants = [], {}

    def constant(name, value):
        constants[name] = numpy_helper.from_array(numpy.ascontiguousarray(value), name)
        return name

    for layer in network["layers"]:
        name, inputs, kind = layer["name"], [x.replace(".", "_") for x in layer["inputs"]], layer["kind"]
        if kind == "embedding":
            nodes.append(helper.make_node("Gather", [constant(name + "_w", tensors[name + ".weight"]), inputs[0]], [name]))
        elif kind == "dropout":
            nodes.append(helper.make_node("Identity", inputs, [name]))
        elif kind == "convolution1D":
            pads = layer["width"] - 1 if layer["padding"] == "full" else 0
            nodes.append(helper.make_node("Transpose", inputs, [name + "_t"], perm=[0, 2, 1]))
            nodes.append(helper.make_node("Conv", [name + "_t", constant(name + "_w", tensors[name + ".weight"]), constant(name + "_b", tensors[name + ".bias"])],
                                          [name + "_c"], pads=[pads, pads]))
            nodes.append(helper.make_node("Relu", [name + "_c"], [name + "_r"]))
            nodes.append(helper.make_node("Transpose", [name + "_r"], [name], perm=[0, 2, 1]))
        elif kind == "pooling" and layer["window"] == "sequence":
            nodes.append(helper.make_node("ReduceMax", [inputs[0], constant(name + "_axis", numpy.array([1]))], [name], keepdims=0))
        elif kind == "pooling":
            nodes.append(helper.make_node("Transpose", inputs, [name + "_t"], perm=[0, 2, 1]))
            nodes.append(helper.make_node("MaxPool", [name + "_t"], [name + "_p"], kernel_shape=[layer["window"]], strides=[layer["window"]]))
            nodes.append(helper.make_node("Transpose", [name + "_p"], [name], perm=[0, 2, 1]))
        elif kind == "combining":
            nodes.append(helper.make_node("Concat", inputs, [name], axis=-1))
        elif kind == "recurrent":
            size = layer["size"]
            w, u = (gates(tensors[f"{name}.weight_{k}_l0"], size)[None] for k in ("ih", "hh"))
            bias = numpy.concatenate([gates(tensors[f"{name}.bias_{k}_l0"], size) for k in ("ih", "hh")])[None]
            nodes.append(helper.make_node("Transpose", inputs, [name + "_t"], perm=[1, 0, 2]))
            nodes.append(helper.make_node("LSTM", [name + "_t", constant(name + "_w", w), constant(name + "_u", u), constant(name + "_b", bias)],
                                          ["", name + "_h"], hidden_size=size))
            nodes.append(helper.make_node("Squeeze", [name + "_h", constant(name + "_axis", numpy.array([0]))], [name + "_last"]))
        elif kind == "linear":
            nodes.append(helper.make_node("Gemm", [inputs[0], constant(name + "_w", tensors[name + ".weight"]), constant(name + "_b", tensors[name + ".bias"])],
                                          [name + "_l"], transB=1))
            nodes.append(helper.make_node("Softmax", [name + "_l"], [name]))
        else:
            sys.exit(f"classifier_latency: {kind}: is not translated")
    model = helper.make_model(helper.make_graph(
        nodes, "classifier", [helper.make_tensor_value_info(network["inputs"][0]["name"], INTEGER, [1, "T"])],
        [helper.make_tensor_value_info(network["outputs"][0], FLOAT, None)], list(constants.values())), opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    return model


def used():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def here(program, model, texts, times):
    start = used()
    result = subprocess.run([program, "classify", "--model", model, "--lines", "--json", "--top", "1000", "--precision", PRECISION], input=(texts * times).encode(), stdout=subprocess.PIPE, check=True)
    return used() - start, result.stdout.splitlines()


def theirs(session, name, ids):
    start = time.process_time()
    for text in ids:
        session.run(None, {name: text})
    return time.process_time() - start


def main():
    program, model, path = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    description = json.loads((model / "model.json").read_text())
    lines = [line for line in pathlib.Path(path).read_text(errors="replace").splitlines() if line.split()]
    texts = "\n".join(lines) + "\n"
    if "network" not in description:
        few, many = (min(here(program, model, texts, times)[0] for _ in range(3)) for times in (1, 4))
        return print(f"{description['encoder']}: here {1e6 * (many - few) / 3 / len(lines):.1f} µs a text")
    vocabulary = {word: number for number, word in enumerate((model / "vocabulary.txt").read_text().split("\n"))}
    ids = [numpy.array([[vocabulary.get(word, 0) for word in line.lower().split()]]) for line in lines]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        onnx.save(graph(description["network"], weights(model / "network.safetensors")), file.name)
        session = onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])
    name = description["network"]["inputs"][0]["name"]
    few, many, other, answers = float("inf"), float("inf"), float("inf"), []
    for _ in range(3):
        few = min(few, here(program, model, texts, 1)[0])
        seconds, answers = here(program, model, texts, 4)
        many, other = min(many, seconds), min(other, theirs(session, name, ids))
    apart = []
    for text, answer in zip(ids, answers):
        labels = {entry["label"]: entry["probability"] for entry in json.loads(answer)["labels"]}
        output = session.run(None, {name: text})[0][0]
        apart.append(max(abs(labels[label] - p) for label, p in zip(description["labels"], output)))
    ours, onnx_time = 1e6 * (many - few) / 3 / len(lines), 1e6 * other / len(lines)
    print(f"{description['encoder']}: here {ours:.1f} µs a text, ONNX Runtime {onnx_time:.1f}, ratio {onnx_time / ours:.2f}; probabilities apart by {statistics.median(apart):.1e} (median)")


if __name__ == "__main__":
    main()
