"""Makes the golden values of NeuralTests with PyTorch.

    pip install torch safetensors numpy
    python Tests/NeuralTests/Golden/make_golden.py

Every file holds a small network under its PyTorch names, a sequence of tokens, and what PyTorch computes for it:
`golden.log_probabilities` (one row a token: what comes after it and those before it, by file row) and the state
after the last one. `<s>` (token 1) is left out of the softmax, as docs/weights.md says.
"""
import os

import torch
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
STEPS = 9


def metadata(cell, layers, embedding, hidden, vocabulary, tied=False, window=None, **output):
    result = {
        "inkling.format": "1", "inkling.cell": cell, "inkling.layers": str(layers),
        "inkling.embedding": str(embedding), "inkling.hidden": str(hidden),
        "inkling.vocabulary": str(vocabulary), "inkling.tied": "true" if tied else "false",
        "inkling.units": "word", "inkling.output": "full",
    }
    if window:
        result["inkling.window"] = str(window)
    result.update(output)
    return result


def write(name, tensors, info):
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()},
              os.path.join(HERE, name + ".safetensors"), metadata=info)


def full_log_probabilities(logits):
    logits = logits.clone()
    logits[:, 1] = -torch.inf
    return torch.log_softmax(logits, dim=-1)


def recurrent(cell, layers, tied):
    vocabulary, embedding_size, hidden_size = 21, (13 if tied else 6), 13
    module = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[cell](
        embedding_size, hidden_size, layers)
    for parameter in module.parameters():
        torch.nn.init.uniform_(parameter, -0.8, 0.8)
    embedding = torch.nn.Embedding(vocabulary, embedding_size)
    output = torch.nn.Linear(hidden_size, vocabulary)
    if tied:
        output.weight = embedding.weight
    tokens = torch.randint(0, vocabulary, (STEPS,))
    hidden, state = module(embedding(tokens))
    tensors = {"embedding.weight": embedding.weight, "output.bias": output.bias}
    if not tied:
        tensors["output.weight"] = output.weight
    tensors.update({"rnn." + k: v for k, v in module.state_dict().items()})
    tensors["golden.tokens"] = tokens
    tensors["golden.log_probabilities"] = full_log_probabilities(output(hidden))
    if cell == "lstm":  # h and c of each layer
        tensors["golden.state"] = torch.stack([state[0], state[1]], dim=1).flatten()
    else:
        tensors["golden.state"] = state.flatten()
    write(f"{cell}-{layers}{'-tied' if tied else ''}", tensors,
          metadata(cell, layers, embedding_size, hidden_size, vocabulary, tied))


def adaptive(head_bias):
    vocabulary, embedding_size, hidden_size, cutoffs = 60, 10, 16, [12, 30]
    embedding = torch.nn.Embedding(vocabulary, embedding_size)
    module = torch.nn.LSTM(embedding_size, hidden_size)
    output = torch.nn.AdaptiveLogSoftmaxWithLoss(
        hidden_size, vocabulary, cutoffs, div_value=2.0, head_bias=head_bias)
    for parameter in [*module.parameters(), *output.parameters()]:
        torch.nn.init.uniform_(parameter, -0.8, 0.8)
    # A permutation that leaves <s> (token 1) in the head.
    permutation = torch.cat([torch.randperm(12), 12 + torch.randperm(vocabulary - 12)])
    swap = 12 + torch.randperm(40)[:6]
    permutation[swap], permutation[2:8] = permutation[2:8].clone(), permutation[swap].clone()
    start = (permutation == 1).nonzero().item()
    if start >= 12:
        permutation[start], permutation[11] = permutation[11].clone(), permutation[start].clone()
        start = 11
    rows = torch.randint(0, vocabulary, (STEPS,))
    hidden, state = module(embedding(rows))
    probabilities = output.log_prob(hidden).exp()
    probabilities[:, start] = 0
    tensors = {"embedding.weight": embedding.weight, "vocabulary.permutation": permutation.int()}
    tensors.update({"rnn." + k: v for k, v in module.state_dict().items()})
    tensors.update({"output." + k: v for k, v in output.state_dict().items()})
    tensors["golden.tokens"] = permutation[rows]
    tensors["golden.log_probabilities"] = (probabilities / probabilities.sum(-1, keepdim=True)).log()
    tensors["golden.state"] = torch.stack([state[0], state[1]], dim=1).flatten()
    write(f"adaptive{'-bias' if head_bias else ''}", tensors,
          metadata("lstm", 1, embedding_size, hidden_size, vocabulary, **{
              "inkling.output": "adaptive", "inkling.cutoffs": ",".join(map(str, cutoffs)),
              "inkling.divisor": "2", "inkling.head-bias": "true" if head_bias else "false"}))


def feedforward(cell):
    vocabulary, embedding_size, hidden_size, window, layers = 21, 5, 9, 4, 2
    embedding = torch.nn.Embedding(vocabulary, embedding_size)
    first = window * embedding_size if cell == "window" else embedding_size
    hidden = torch.nn.ModuleList(
        [torch.nn.Linear(first if layer == 0 else hidden_size, hidden_size) for layer in range(layers)])
    output = torch.nn.Linear(hidden_size, vocabulary)
    tokens = torch.randint(0, vocabulary, (STEPS,))
    logits = []
    for last in range(STEPS):
        seen = embedding(tokens[max(0, last - window + 1):last + 1])
        if cell == "bag":
            x = seen.mean(0)
        else:
            x = torch.cat([torch.zeros(window - len(seen), embedding_size), seen]).flatten()
        for layer in hidden:
            x = torch.tanh(layer(x))
        logits.append(output(x))
    tensors = {"embedding.weight": embedding.weight}
    tensors.update({"hidden." + k: v for k, v in hidden.state_dict().items()})
    tensors.update({"output." + k: v for k, v in output.state_dict().items()})
    tensors["golden.tokens"] = tokens
    tensors["golden.log_probabilities"] = full_log_probabilities(torch.stack(logits))
    write(cell, tensors, metadata(cell, layers, embedding_size, hidden_size, vocabulary, window=window))


torch.manual_seed(20)
for cell in ["rnn", "gru", "lstm"]:
    for layers in [1, 2]:
        for tied in [False, True]:
            recurrent(cell, layers, tied)
for head_bias in [False, True]:
    adaptive(head_bias)
for cell in ["window", "bag"]:
    feedforward(cell)
