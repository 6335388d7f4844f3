"""Makes the golden values of language models in both directions with PyTorch.

    pip install torch safetensors numpy
    python Tests/NeuralTests/Golden/make_bidirectional_golden.py

`both-CELL-forward.safetensors` and `both-CELL-backward.safetensors` are the two networks of a small model under their
PyTorch names. The second holds `golden.tokens`, a text behind `</s>` (token 2) and before one, and what PyTorch computes:
`golden.log_probabilities` (one row a token: what is in its place, given all others; `<s>` left out of the softmax), the
mean loss with `<s>` in it (`golden.loss`) and its gradients by the parameters of what reads backwards (`gradient/NAME`),
which NeuralTrainingTests compare.
"""
import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
VOCABULARY, SIZE, COUNT, END = 17, 9, 11, 2


def network(cell, layers, tied):
    module = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell](SIZE, SIZE, layers)
    embedding = torch.nn.Embedding(VOCABULARY, SIZE)
    output = torch.nn.Linear(SIZE, VOCABULARY)
    if tied:
        output.weight = embedding.weight
    parameters = {"embedding.weight": embedding.weight}
    parameters.update({"rnn." + name: value for name, value in module.named_parameters()})
    if not tied:
        parameters["output.weight"] = output.weight
    parameters["output.bias"] = output.bias
    for value in parameters.values():
        torch.nn.init.uniform_(value, -0.8, 0.8)
    return embedding, module, output, parameters


def case(cell, layers, tied):
    info = {
        "inkling.format": "1", "inkling.cell": cell, "inkling.layers": str(layers), "inkling.embedding": str(SIZE),
        "inkling.hidden": str(SIZE), "inkling.vocabulary": str(VOCABULARY),
        "inkling.tied": "true" if tied else "false", "inkling.units": "word", "inkling.output": "full",
    }
    embedding, module, _, forward = network(cell, layers, tied)
    backward_embedding, backward_module, output, backward = network(cell, layers, tied)
    joint = torch.nn.Linear(2 * SIZE, SIZE)
    for value in joint.parameters():
        torch.nn.init.uniform_(value, -0.8, 0.8)
    backward.update({"joint." + name: value for name, value in joint.named_parameters()})
    tokens = torch.randint(3, VOCABULARY, (COUNT,))
    end = torch.tensor([END])
    before = module(embedding(torch.cat([end, tokens[:-1]])))[0].detach()
    behind = backward_module(backward_embedding(torch.cat([end, tokens.flip(0)[:-1]])))[0].flip(0)
    logits = output(torch.tanh(joint(torch.cat([before, behind], dim=1))))
    loss = F.cross_entropy(logits, tokens)
    loss.backward()
    masked = logits.detach().clone()
    masked[:, 1] = -torch.inf
    tensors = dict(backward)
    tensors.update({"gradient/" + name: value.grad for name, value in backward.items()})
    tensors["golden.tokens"] = tokens
    tensors["golden.log_probabilities"] = torch.log_softmax(masked, dim=-1)
    tensors["golden.loss"] = loss.reshape(1)
    for name, given, more in [("forward", forward, {}), ("backward", tensors, {"inkling.direction": "backward"})]:
        save_file({key: value.detach().contiguous().clone() for key, value in given.items()},
                  os.path.join(HERE, f"both-{cell}-{name}.safetensors"), metadata={**info, **more})


torch.manual_seed(21)
case("rnn", 1, False)
case("gru", 2, False)
case("lstm", 2, True)
