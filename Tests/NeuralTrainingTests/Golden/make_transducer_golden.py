"""Makes transducer.safetensors: what PyTorch makes of the network of TransductionTests.swift, its loss and its gradients.

Run with PyTorch, numpy and safetensors installed: python make_transducer_golden.py transducer.safetensors
Parameters are not stored: both sides make them from the same numbers (`wave`).
"""
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from golden_numbers import parameters

TYPES, SIZE, HIDDEN = 7, 3, 4
PAIRS = [([3, 4, 5, 3], [5, 3]), ([6], [6, 6, 4]), ([], [4]), ([7, 3, 8, 7], [8, 7, 3, 0]), ([5, 6], [])]


def lstm(name, suffixes):
    return [(f"{name}.{kind}_l0{suffix}", shape) for suffix in suffixes for kind, shape in (
        ("weight_ih", (4 * HIDDEN, SIZE)), ("weight_hh", (4 * HIDDEN, HIDDEN)), ("bias_ih", (4 * HIDDEN,)),
        ("bias_hh", (4 * HIDDEN,)))]


def linear(name, outputs, inputs, bias=True):
    return [(f"{name}.weight", (outputs, inputs))] + ([(f"{name}.bias", (outputs,))] if bias else [])


SHAPES = ([("sourceEmbedding.weight", (TYPES, SIZE))] + lstm("encoder", ("", "_reverse"))
          + linear("bridge", HIDDEN, 2 * HIDDEN) + linear("bridgeCells", HIDDEN, 2 * HIDDEN)
          + linear("keys", HIDDEN, 2 * HIDDEN, bias=False) + [("targetEmbedding.weight", (TYPES, SIZE))]
          + lstm("decoder", ("",)) + linear("attentional", HIDDEN, 3 * HIDDEN) + linear("output", TYPES, HIDDEN)
          + linear("gate", 1, 3 * HIDDEN + SIZE))
values = parameters(SHAPES)


def module(name, bidirectional):
    layer = torch.nn.LSTM(SIZE, HIDDEN, bidirectional=bidirectional).double()
    given = {key.removeprefix(f"{name}."): value for key, value in values.items() if key.startswith(f"{name}.")}
    return lambda *inputs: torch.func.functional_call(layer, given, inputs)


def apply(name, rows):
    return F.linear(rows, values[f"{name}.weight"], values.get(f"{name}.bias"))


def known(ids):
    return torch.tensor([unit if unit < TYPES else 0 for unit in ids], dtype=torch.long)


def log_probabilities(source, target):
    """Of each unit of the target and of its end."""
    if source:
        memory, (state, cells) = module("encoder", True)(values["sourceEmbedding.weight"][known(source)][:, None])
        memory, state, cells = memory[:, 0], state.reshape(1, -1), cells.reshape(1, -1)
    else:
        memory = torch.zeros(0, 2 * HIDDEN, dtype=torch.float64)
        state = cells = torch.zeros(1, 2 * HIDDEN, dtype=torch.float64)
    start = torch.tanh(apply("bridge", state)), apply("bridgeCells", cells)
    given = values["targetEmbedding.weight"][known([1] + target)]
    hidden, _ = module("decoder", False)(given[:, None], (start[0][None], start[1][None]))
    hidden = hidden[:, 0]
    weights = torch.softmax(hidden @ apply("keys", memory).T, 1)
    context = weights @ memory if source else torch.zeros(len(hidden), 2 * HIDDEN, dtype=torch.float64)
    written = torch.softmax(apply("output", torch.tanh(apply("attentional", torch.cat([hidden, context], 1)))), 1)
    gate = torch.sigmoid(apply("gate", torch.cat([hidden, context, given], 1)))[:, 0]
    result = []
    for row, unit in enumerate(target + [2]):
        probability = written[row, unit] if unit < TYPES else 0
        if source:
            places = torch.tensor([1.0 if other == unit else 0 for other in source], dtype=torch.float64)
            probability = gate[row] * probability + (1 - gate[row]) * (weights[row] @ places)
        result.append(torch.log(probability))
    return torch.stack(result)


found = [log_probabilities(source, target) for source, target in PAIRS]
loss = -torch.cat(found).mean()
loss.backward()
tensors = {f"gradient/{name}": value.grad.float() for name, value in values.items()}
tensors["loss"] = loss.detach().float().reshape(1)
tensors["logProbabilities"] = torch.stack([rows.sum() for rows in found]).detach().float()
save_file(tensors, sys.argv[1], metadata={"torch": torch.__version__})
