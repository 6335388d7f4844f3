"""Makes golden.safetensors: logits, losses and gradients of PyTorch for small networks with given weights.

Run with PyTorch, numpy and safetensors installed: python make_golden.py golden.safetensors
Every tensor's name starts with the case's, as in "lstm-2-tied/rnn.weight_ih_l0". Weights come from a fixed generator,
and tensors of the results are `logits` (steps x streams x V, before the softmax; log-probabilities for the adaptive one),
`loss` (mean over targets), `gradient/<parameter>`, `h`, `c` (the state after the segment). For one case, `adam/` and
`sgd/` hold the losses of five steps on the same segment from the same state, and the weights after them.
"""
import sys
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

V, H, STEPS, STREAMS = 23, 8, 6, 3
torch.manual_seed(20)
tensors = {}


def case(name, cell, layers, tied, adaptive=False):
    width = H if tied else 5
    embedding = nn.Embedding(V, width)
    rnn = getattr(nn, {'rnn': 'RNN', 'gru': 'GRU', 'lstm': 'LSTM'}[cell])(width, H, layers)
    output = nn.AdaptiveLogSoftmaxWithLoss(H, V, [7, 14], div_value=2.0) if adaptive else nn.Linear(H, V)
    if tied:
        output.weight = embedding.weight
    parameters = {}
    for prefix, module in (('embedding', embedding), ('rnn', rnn), ('output', output)):
        for key, value in module.named_parameters():
            if not (tied and (prefix, key) == ('output', 'weight')):
                parameters[f'{prefix}.{key}'] = value
    for value in parameters.values():
        nn.init.uniform_(value, -0.7, 0.7)
    tokens = torch.randint(0, V, (STEPS, STREAMS))
    targets = torch.randint(0, V, (STEPS, STREAMS))
    h0 = torch.rand(layers, STREAMS, H) - 0.5
    c0 = torch.rand(layers, STREAMS, H) - 0.5
    hidden, state = rnn(embedding(tokens), (h0, c0) if cell == 'lstm' else h0)
    flat = hidden.reshape(-1, H)
    if adaptive:
        logits = output.log_prob(flat)
        loss = output(flat, targets.reshape(-1)).loss
    else:
        logits = output(flat)
        loss = F.cross_entropy(logits, targets.reshape(-1))
    loss.backward()
    put = lambda key, value: tensors.__setitem__(f'{name}/{key}', value.detach().contiguous().clone())
    for key, value in parameters.items():
        put(key, value)
        put(f'gradient/{key}', value.grad)
    put('tokens', tokens.int())
    put('targets', targets.int())
    put('h0', h0)
    put('c0', c0)
    put('logits', logits)
    put('loss', loss.reshape(1))
    put('h', state[0] if cell == 'lstm' else state)
    if cell == 'lstm':
        put('c', state[1])
    if name != 'lstm-1-free':
        return
    start = {key: value.detach().clone() for key, value in parameters.items()}
    for kind in ('adam', 'sgd'):
        for key, value in parameters.items():
            value.data.copy_(start[key])
        if kind == 'adam':
            optimizer = torch.optim.Adam(parameters.values(), lr=0.05, betas=(0.9, 0.99))
        else:
            optimizer = torch.optim.SGD(parameters.values(), lr=0.5, momentum=0.9, weight_decay=0.01)
        losses = []
        for _ in range(5):
            optimizer.zero_grad()
            hidden, _ = rnn(embedding(tokens), (h0, c0))
            loss = F.cross_entropy(output(hidden.reshape(-1, H)), targets.reshape(-1))
            loss.backward()
            nn.utils.clip_grad_norm_(parameters.values(), 0.5)
            optimizer.step()
            losses.append(loss.detach())
        put(f'{kind}/losses', torch.stack(losses))
        for key, value in parameters.items():
            put(f'{kind}/{key}', value)


for cell in ('rnn', 'gru', 'lstm'):
    for layers in (1, 2):
        for tied in (False, True):
            case(f"{cell}-{layers}-{'tied' if tied else 'free'}", cell, layers, tied)
case('lstm-1-adaptive', 'lstm', 1, False, adaptive=True)
save_file(tensors, sys.argv[1], metadata={'torch': torch.__version__})
