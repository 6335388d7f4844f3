"""Training throughput of PyTorch and of Inkling in one run, one configuration after the other.

usage: python training_speed.py path/to/inkling-train [steps [rounds]]
Needs torch from PyPI; 2 threads each. Prints a JSON line a configuration: tokens a second of whole steps (forward, backward,
clipping by norm, Adam; the median of all but the first two; the best of the rounds, in which the two take turns) and
the ratio. The last line compares the adaptive softmax with PyTorch's full one.
"""
import json
import subprocess
import sys
import time

import torch

THREADS, BPTT = 2, 35
CONFIGURATIONS = [
    dict(vocabulary=10_000, embedding=200, hidden=200, layers=2, batch=20),
    dict(vocabulary=10_000, embedding=256, hidden=512, layers=1, batch=32),
    dict(vocabulary=10_000, embedding=650, hidden=650, layers=2, batch=20),
    dict(vocabulary=20_000, embedding=256, hidden=512, layers=1, batch=32),
]


def pytorch(steps, vocabulary, embedding, hidden, layers, batch):
    """Tokens a second."""
    table = torch.nn.Embedding(vocabulary, embedding)
    rnn = torch.nn.LSTM(embedding, hidden, layers)
    output = torch.nn.Linear(hidden, vocabulary)
    parameters = [*table.parameters(), *rnn.parameters(), *output.parameters()]
    optimizer = torch.optim.Adam(parameters, 1e-3)
    x = torch.randint(0, vocabulary, (BPTT, batch))
    y = torch.randint(0, vocabulary, (BPTT * batch,))
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        states, _ = rnn(table(x))
        loss = torch.nn.functional.cross_entropy(output(states).view(-1, vocabulary), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    return BPTT * batch / sorted(seconds[2:])[(len(seconds) - 2) // 2]


def inkling(program, steps, adaptive=False, **sizes):
    """Tokens a second."""
    options = [text for key, value in sizes.items() for text in (f'--{key}', str(value))]
    command = [program, 'benchmark', '--bptt', str(BPTT), '--threads', str(THREADS), '--segments', str(steps), *options]
    if adaptive:
        command.append('--adaptive')
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)['tokensPerSecond']


def main():
    program = sys.argv[1]
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    torch.set_num_threads(THREADS)
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    for sizes in CONFIGURATIONS:
        theirs = ours = adaptive = 0
        for _ in range(rounds):
            theirs = max(theirs, pytorch(steps, **sizes))
            ours = max(ours, inkling(program, steps, **sizes))
            if sizes is CONFIGURATIONS[-1]:
                adaptive = max(adaptive, inkling(program, steps, adaptive=True, **sizes))
        tell(sizes, theirs, ours)
    tell(dict(sizes, adaptive=True), theirs, adaptive)


def tell(sizes, theirs, ours):
    print(json.dumps(dict(sizes, pytorch=round(theirs), inkling=round(ours), ratio=round(ours / theirs, 2))), flush=True)


if __name__ == '__main__':
    main()
