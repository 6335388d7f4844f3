"""Held-out perplexity of PyTorch and of Inkling after the same steps over the same text, in one run.

usage: python training_quality.py path/to/inkling-train TEXT [--tokens 600000 --vocabulary 20000 --embedding 256 --hidden 512
       --layers 1 --batch 32 --epochs 1]
TEXT holds a sentence a line, tokens divided by spaces (corpora/). Its first tokens are trained on, a tenth of as many after them
is held out; the most frequent types make the vocabulary, the others are <unk> in both programs. Needs torch from PyPI; 2 threads
each; Adam at 0.001 (beta 0.9, 0.99), gradients clipped at a norm of 0.5, no dropout, one pass in the order of the text. Prints a
JSON line each for PyTorch's full softmax, Inkling's full softmax and Inkling's adaptive one.
"""
import argparse
import collections
import json
import math
import pathlib
import subprocess
import tempfile
import time

import torch

BPTT, THREADS = 35, 2


def sentences(path, wanted):
    """Two lists of sentences: the first `wanted` tokens and a tenth of as many after them."""
    parts, count = ([], []), 0
    for line in open(path, encoding='utf8', errors='replace'):
        words = line.split()
        if not words:
            continue
        parts[count >= wanted].append(words)
        count += len(words) + 1
        if count >= wanted * 1.1:
            break
    return parts


def pytorch(training, heldout, types, options):
    """Perplexity and seconds."""
    torch.manual_seed(1)
    torch.set_num_threads(THREADS)
    ids = {word: index for index, word in enumerate(types)}

    def stream(text):
        return torch.tensor([ids[word] for words in text for word in [*words, '</s>']])

    table = torch.nn.Embedding(len(types), options.embedding)
    rnn = torch.nn.LSTM(options.embedding, options.hidden, options.layers)
    output = torch.nn.Linear(options.hidden, len(types))
    torch.nn.init.uniform_(table.weight, -0.1, 0.1)
    parameters = [*table.parameters(), *rnn.parameters(), *output.parameters()]
    optimizer = torch.optim.Adam(parameters, 1e-3, betas=(0.9, 0.99))
    text = stream(training)
    text = text[: len(text) // options.batch * options.batch].view(options.batch, -1).t().contiguous()
    start = time.perf_counter()
    for _ in range(options.epochs):
        state = None
        for place in range(0, len(text) - 1, BPTT):
            target = text[place + 1 : place + 1 + BPTT]
            optimizer.zero_grad(set_to_none=True)
            states, state = rnn(table(text[place : place + len(target)]), state)
            state = tuple(part.detach() for part in state)
            loss = torch.nn.functional.cross_entropy(output(states).view(-1, len(types)), target.reshape(-1))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 0.5)
            optimizer.step()
    seconds = time.perf_counter() - start
    text = torch.cat([torch.tensor([ids['</s>']]), stream(heldout)])[:, None]
    total, state = 0.0, None
    with torch.inference_mode():
        for place in range(0, len(text) - 1, 200):
            target = text[place + 1 : place + 201, 0]
            states, state = rnn(table(text[place : place + len(target)]), state)
            total += torch.nn.functional.cross_entropy(output(states)[:, 0], target, reduction='sum').item()
    return math.exp(total / (len(text) - 1)), seconds


def inkling(program, folder, options, *softmax):
    """Perplexity and seconds."""
    command = [
        program, '--tokens', folder / 'train.txt', '--keep-secrets', '--valid', folder / 'valid.txt', '--output', folder / 'model', '--order', '2',
        '--no-mixture', '--hidden', options.hidden, '--embedding', options.embedding, '--layers', options.layers,
        '--batch', options.batch, '--bptt', BPTT, '--epochs', options.epochs, '--rate', '0.001', '--schedule', 'constant',
        '--dropout', '0', '--unk', '0', '--no-rotate', '--forget-bias', '0', '--threads', THREADS, '--no-tied', *softmax,
    ]  # fmt: skip
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    events = [json.loads(line) for line in open(folder / 'model' / 'training.jsonl')]
    last = [event for event in events if event['event'] == 'networkEvaluation'][-1]
    return last['heldOutPerplexity'], last['elapsedSeconds']


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('program')
    parser.add_argument('text')
    for name, value in dict(
        tokens=600_000, vocabulary=20_000, embedding=256, hidden=512, layers=1, batch=32, epochs=1
    ).items():
        parser.add_argument(f'--{name}', type=int, default=value)
    options = parser.parse_args()
    training, heldout = sentences(options.text, options.tokens)
    counts = collections.Counter(word for words in training for word in words)
    kept = {word for word, _ in counts.most_common(options.vocabulary - 2)} - {'<unk>', '</s>', '<s>'}
    training, heldout = ([[w if w in kept else '<unk>' for w in words] for words in text] for text in (training, heldout))
    types = ['<unk>', '</s>', *sorted(kept)]
    print(json.dumps(dict(types=len(types), training=sum(len(words) + 1 for words in training))), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / 'train.txt').write_text('\n'.join(map(' '.join, training)) + '\n')
        (folder / 'valid.txt').write_text('\n'.join(map(' '.join, heldout)) + '\n')
        for label, softmax in (('full', '--no-adaptive'), ('adaptive', '--adaptive')):
            tell('inkling', label, *inkling(options.program, folder, options, softmax))
    tell('pytorch', 'full', *pytorch(training, heldout, types, options))


def tell(program, softmax, perplexity, seconds):
    line = dict(program=program, softmax=softmax, perplexity=round(perplexity, 2), seconds=round(seconds))
    print(json.dumps(line), flush=True)


if __name__ == '__main__':
    main()
