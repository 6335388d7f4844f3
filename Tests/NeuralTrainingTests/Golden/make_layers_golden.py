"""Makes layers.safetensors: what PyTorch makes of the layers that LayerCase.swift lists, forward and backward.

Run with PyTorch, numpy and safetensors installed: python make_layers_golden.py layers.safetensors
Parameters and inputs are not stored: both sides make them from the same numbers (`wave`). Of a case there are `output.N`,
`gradient/PARAMETER` and `input.N` (the gradients by the inputs), rows one sequence after the other, for the loss that
multiplies every output with further numbers.
"""
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from golden_numbers import parameters, waves

RAGGED = [4, 1, 0, 6, 3]


def cut(rows, lengths):
    return list(torch.split(rows, lengths))


tensors = {}


def case(name, shapes, function, sizes=(3,), lengths=(RAGGED,)):
    values = parameters(shapes)
    inputs = []
    for place, size in enumerate(sizes):
        rows = sum(lengths[min(place, len(lengths) - 1)])
        inputs.append(waves(rows * size, 1000 * (place + 1), 0.8).reshape(rows, size).requires_grad_())
    parts = [cut(rows, lengths[min(place, len(lengths) - 1)]) for place, rows in enumerate(inputs)]
    outputs = function(values, *parts)
    loss = sum((output * waves(output.numel(), 77 * (place + 1)).reshape(output.shape)).sum()
               for place, output in enumerate(outputs))
    loss.backward()
    for place, output in enumerate(outputs):
        tensors[f"{name}/output.{place}"] = output.detach().float().contiguous()
    for key, value in values.items():
        tensors[f"{name}/gradient/{key}"] = value.grad.float()
    for place, rows in enumerate(inputs):
        tensors[f"{name}/input.{place}"] = rows.grad.float()


def recurrent(cell, reverse=False):
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    suffix = "l0_reverse" if reverse else "l0"
    return [(f"rnn.weight_ih_{suffix}", (4 * gates, 3)), (f"rnn.weight_hh_{suffix}", (4 * gates, 4)),
            (f"rnn.bias_ih_{suffix}", (4 * gates,)), (f"rnn.bias_hh_{suffix}", (4 * gates,))]


def run(cell, values, sequences, reverse=False, states=None, cells=None):
    """Each sequence through PyTorch's module by itself: outputs, last states, last cells."""
    module = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell](3, 4).double()
    suffix = "l0_reverse" if reverse else "l0"
    given = {key.removeprefix("rnn.").replace(suffix, "l0"): value for key, value in values.items()
             if key.endswith(suffix)}
    outputs, last, last_cells = [], [], []
    for index, sequence in enumerate(sequences):
        state = states[index] if states else torch.zeros(1, 4, dtype=torch.float64)
        memory = cells[index] if cells else torch.zeros(1, 4, dtype=torch.float64)
        if len(sequence):
            start = (state[None], memory[None]) if cell == "lstm" else state[None]
            steps = sequence.flip(0) if reverse else sequence
            hidden, end = torch.func.functional_call(module, given, (steps[:, None], start))
            outputs.append(hidden[:, 0].flip(0) if reverse else hidden[:, 0])
            state = end[0][0] if cell == "lstm" else end[0]
            memory = end[1][0] if cell == "lstm" else memory
        last.append(state)
        last_cells.append(memory)
    return torch.cat(outputs), torch.cat(last), torch.cat(last_cells)


for cell in ("rnn", "gru", "lstm"):
    kept = 3 if cell == "lstm" else 2
    case(f"{cell}, ragged", recurrent(cell), lambda values, x: run(cell, values, x)[:kept])
    case(f"{cell}, backwards, last state alone", recurrent(cell, True),
         lambda values, x: run(cell, values, x, reverse=True)[1:2])
    if cell == "lstm":
        case("lstm, from a state", recurrent(cell),
             lambda values, x, h, c: run(cell, values, x, states=h, cells=c)[:2], (3, 4, 4), (RAGGED, [1] * 5))
    else:
        case(f"{cell}, from a state", recurrent(cell),
             lambda values, x, h, c: [*run(cell, values, x, states=h)[:1],
                                      run(cell, values, x, states=h)[1] + 0 * torch.cat(c)], (3, 4, 4), (RAGGED, [1] * 5))


def convolved(values, sequences, padding, function, name="conv", stride=1):
    weight, bias = values[f"{name}.weight"], values[f"{name}.bias"]
    width = weight.shape[2]
    before, after = {"valid": (0, 0), "same": ((width - 1) // 2, width // 2), "full": (width - 1, width - 1)}[padding]
    result = []
    for sequence in sequences:
        padded = F.pad(sequence.T[None], (before, after))
        if padded.shape[2] < width:
            result.append(torch.zeros(0, weight.shape[0], dtype=torch.float64))
        else:
            result.append(function(F.conv1d(padded, weight, bias, stride=stride)[0].T))
    return result


def filters(count, width):
    return [("conv.weight", (count, 3, width)), ("conv.bias", (count,))]


def maxima(sequences, size):
    return torch.stack([s.max(0).values if len(s) else torch.zeros(size, dtype=torch.float64) for s in sequences])


for padding in ("valid", "same", "full"):
    case(f"convolution of three, {padding}", filters(5, 3),
         lambda values, x: [torch.cat(convolved(values, x, padding, torch.tanh))])
case("convolution of four, the largest, rectified", filters(5, 4),
     lambda values, x: [maxima(convolved(values, x, "full", torch.relu), 5)])
case("convolution of three, the largest of many", filters(5, 3),
     lambda values, x: [maxima(convolved(values, x, "full", torch.tanh), 5)], lengths=([40, 25, 0, 60, 1, 31],))
case("convolution of two by steps of three, full", filters(5, 2),
     lambda values, x: [torch.cat(convolved(values, x, "full", torch.tanh, stride=3))])
case("means of pairs", [], lambda values, x: [torch.cat([s[:len(s) // 2 * 2].reshape(-1, 2, 3).mean(1) for s in x])])
case("largest of threes", [],
     lambda values, x: [torch.cat([s[:len(s) // 3 * 3].reshape(-1, 3, 3).amax(1) for s in x])])
case("mean of all", [],
     lambda values, x: [torch.stack([s.mean(0) if len(s) else torch.zeros(3, dtype=torch.float64) for s in x])])


def convolutional_lstm(values, frames):
    sums = convolved(values, frames, "same", lambda x: x)
    outputs = []
    for first, count in ((0, 3), (3, 0), (3, 1), (4, 2)):
        state = memory = torch.zeros(0, 2, dtype=torch.float64)
        for gate_sums in sums[first:first + count]:
            places = len(gate_sums)
            fit = lambda rows: F.pad(rows[:places], (0, 0, 0, max(0, places - len(rows))))
            state, memory = fit(state), fit(memory)
            gates = gate_sums + F.conv1d(state.T[None], values["state.weight"], padding=1)[0].T
            i, f, g, o = gates.split(2, 1)
            memory = torch.sigmoid(f) * memory + torch.sigmoid(i) * torch.tanh(g)
            state = torch.sigmoid(o) * torch.tanh(memory)
            outputs.append(state)
    return [torch.cat(outputs)]


case("convolutional LSTM", filters(8, 3) + [("state.weight", (8, 2, 3))], convolutional_lstm,
     lengths=([3, 3, 3, 4, 2, 5],))

for name, function in (("identity", lambda x: x), ("tanh", torch.tanh), ("relu", torch.relu), ("sigmoid", torch.sigmoid)):
    case(f"linear, {name}", [("linear.weight", (4, 3)), ("linear.bias", (4,))],
         lambda values, x: [function(F.linear(torch.cat(x), values["linear.weight"], values["linear.bias"]))])


def attend(queries, keys, contents, scale, width):
    return torch.cat([torch.softmax(scale * q @ k.T, 1) @ v if len(k) else torch.zeros(len(q), width, dtype=torch.float64)
                      for q, k, v in zip(queries, keys, contents)])


case("attention of one sequence to another", [], lambda values, q, k, v: [attend(q, k, v, 0.7, 5)], (3, 3, 5),
     ([2, 1, 0, 3, 1], [4, 0, 2, 1, 5]))
case("attention of a sequence to itself", [], lambda values, x: [attend(x, x, x, 1, 3)])
case("a sequence by attention to a vector", [("query", (3,))],
     lambda values, k, v: [torch.stack([torch.softmax(a @ values["query"], 0) @ b for a, b in zip(k, v)])], (3, 4))
case("one activation through two functions", [],
     lambda values, x: [torch.tanh(torch.sigmoid(torch.cat(x))), torch.relu(torch.cat(x))])



def joined(values, left, right):
    """Two neighbours, each a vector and its number of leaves: what they become, and what is lost of them."""
    pair = torch.cat([left[0], right[0]])
    sums = torch.tanh(F.linear(pair, values["phrases.encoder.weight"], values["phrases.encoder.bias"]))
    parent = F.normalize(sums, dim=0)
    told = F.linear(parent, values["phrases.decoder.weight"], values["phrases.decoder.bias"])
    lost = (told - pair).square().reshape(2, -1).sum(1)
    leaves = left[1] + right[1]
    return (parent, leaves), (left[1] * lost[0] + right[1] * lost[1]) / leaves


def autoencoded(values, sequences):
    nodes, roots, errors = [], [], []
    for leaves in sequences:
        forest = [(leaf, 1) for leaf in leaves]
        error = torch.zeros(1, dtype=torch.float64)
        nodes += list(leaves)
        while len(forest) > 1:
            made = [joined(values, left, right) for left, right in zip(forest, forest[1:])]
            place = min(range(len(made)), key=lambda index: made[index][1].item())
            forest[place:place + 2] = [made[place][0]]
            nodes.append(made[place][0][0])
            error = error + made[place][1]
        roots.append(forest[0][0] if forest else torch.zeros(3, dtype=torch.float64))
        errors.append(error)
    return [torch.stack(nodes), torch.stack(roots), torch.stack(errors)]


case("trees of a recursive autoencoder",
     [("phrases.encoder.weight", (3, 6)), ("phrases.encoder.bias", (3,)), ("phrases.decoder.weight", (6, 3)),
      ("phrases.decoder.bias", (6,))], autoencoded)
save_file(tensors, sys.argv[1], metadata={"torch": torch.__version__})
