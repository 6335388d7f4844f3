"""Scoring a text with Inkling's n-grams and with KenLM's `query`, whole commands on one core, in turn in one run.

usage: python scoring_speed.py path/to/inkling MODEL path/to/query KENLM_BINARY TOKENFILE [rounds]
MODEL and KENLM_BINARY are trained on the same tokens with the same order; TOKENFILE has a sentence a line, tokens split by
spaces. Prints one JSON object: for each the seconds of the whole command, those of opening alone (a text of one token) and
their difference, the best of the rounds, and the perplexity; `ratio` is KenLM's seconds divided by ours.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time


def run(command, text):
    """Seconds and standard output."""
    with open(text, 'rb') as source:
        start = time.perf_counter()
        output = subprocess.run(command, stdin=source, check=True, capture_output=True, text=True).stdout
        return time.perf_counter() - start, output


def main():
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    inkling, model, query, binary, text = sys.argv[1:6]
    rounds = int(sys.argv[6]) if len(sys.argv) > 6 else 5
    if hasattr(os, 'sched_setaffinity'):
        os.sched_setaffinity(0, {0})  # The children inherit it.
    commands = {
        'kenlm': [query, '-v', 'summary', binary],
        'inkling': [inkling, 'score', '--tokens', '--model', model, '--component', 'ngram', '--json'],
    }
    with tempfile.NamedTemporaryFile('w', suffix='.txt') as short:
        short.write('a\n')
        short.flush()
        whole, opening, outputs = {}, {}, {}
        for name in list(commands) * rounds:
            seconds, outputs[name] = run(commands[name], text)
            whole[name] = min(whole.get(name, seconds), seconds)
            seconds, _ = run(commands[name], short.name)
            opening[name] = min(opening.get(name, seconds), seconds)
    scoring = {name: whole[name] - opening[name] for name in commands}
    perplexity = {
        'kenlm': float(re.search(r'including OOVs:\s*(\S+)', outputs['kenlm']).group(1)),
        'inkling': json.loads(outputs['inkling'])['perplexity'],
    }
    result = {
        name: dict(whole=round(whole[name], 3), opening=round(opening[name], 3), scoring=round(scoring[name], 3),
                   perplexity=perplexity[name]) for name in commands}
    result['ratio'] = dict(
        whole=round(whole['kenlm'] / whole['inkling'], 2), scoring=round(scoring['kenlm'] / scoring['inkling'], 2))
    print(json.dumps(result))


if __name__ == '__main__':
    main()
