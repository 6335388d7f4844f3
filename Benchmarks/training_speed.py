"""Training throughput of PyTorch and of Inkling in one run, one configuration after the other.

usage: python training_speed.py path/to/inkling-train [steps [rounds]]
Needs torch from PyPI; 2 threads each. Prints a JSON line a configuration: tokens a second of whole steps (forward, backward,
clipping by norm, Adam; the median of all but the first two; the best of the rounds, in which all take turns), PyTorch's in single
precision and by its autocast to bfloat16, ours in single precision and in bfloat16 where the processor has it, and the ratios of equal precisions and of the
default to PyTorch's single precision. The last line compares the adaptive softmax with PyTorch's full one.
"""
import json
import subprocess
import sys
import time

import torch

THREADS, BPTT = 2, 35
PRECISIONS = ['float32', 'bfloat16']
CONFIGURATIONS = [
    dict(vocabulary=10_000, embedding=200, hidden=200, layers=2, batch=20),
    dict(vocabulary=10_000, embedding=256, hidden=512, layers=1, batch=32),
    dict(vocabulary=10_000, embedding=650, hidden=650, layers=2, batch=20),
    dict(vocabulary=20_000, embedding=256, hidden=512, layers=1, batch=32),
]


def pytorch(steps, precision, vocabulary, embedding, hidden, layers, batch):
    """Tokens a second; None where the processor has not this precision (of PyTorch's LSTM: without AVX-512)."""
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
        with torch.autocast('cpu', torch.bfloat16, enabled=precision == 'bfloat16'):
            try:
                states, _ = rnn(table(x))
            except RuntimeError:
                if precision == 'float32':
                    raise
                return None
            loss = torch.nn.functional.cross_entropy(output(states).view(-1, vocabulary), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    return BPTT * batch / sorted(seconds[2:])[(len(seconds) - 2) // 2]


def inkling(program, steps, precision, adaptive=False, **sizes):
    """Tokens a second; None where the processor has not this precision."""
    options = [text for key, value in sizes.items() for text in (f'--{key}', str(value))]
    command = [
        program, 'benchmark', '--bptt', str(BPTT), '--threads', str(THREADS), '--segments', str(steps),
        '--precision', precision, *options]
    if adaptive:
        command.append('--adaptive')
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode and 'this processor' in result.stderr:
        return None
    result.check_returncode()
    return json.loads(result.stdout)['tokensPerSecond']


def main():
    program = sys.argv[1]
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    torch.set_num_threads(THREADS)
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    for sizes in CONFIGURATIONS:
        best = {}
        for _ in range(rounds):
            for precision in PRECISIONS:
                note(best, 'pytorch', precision, pytorch(steps, precision, **sizes))
                note(best, 'inkling', precision, inkling(program, steps, precision, **sizes))
        tell(sizes, best)
    for _ in range(rounds):
        for precision in PRECISIONS:
            note(best, 'inkling adaptive', precision, inkling(program, steps, precision, adaptive=True, **sizes))
    tell(dict(sizes, adaptive=True), {key: best[key] for key in best if key[0] != 'inkling'}, 'inkling adaptive')


def note(best, who, precision, speed):
    if speed is not None:
        best[who, precision] = max(best.get((who, precision), 0), speed)


def tell(sizes, best, ours='inkling'):
    default = best.get((ours, 'bfloat16'), best[ours, 'float32'])
    ratios = {
        f'{precision} ratio': round(best[ours, precision] / best['pytorch', precision], 2)
        for precision in PRECISIONS if (ours, precision) in best and ('pytorch', precision) in best}
    ratios['default to float32'] = round(default / best['pytorch', 'float32'], 2)
    print(
        json.dumps(dict(sizes, **{' '.join(key): round(value) for key, value in best.items()}, **ratios)), flush=True)


if __name__ == '__main__':
    main()
