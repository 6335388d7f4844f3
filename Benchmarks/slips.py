"""Fits the weights of the slip detector and says what it finds.

    Benchmarks/.build/release/slips MODEL LANGUAGE SEED FILE... > SET.jsonl       for each set of held-out texts
    python3 Benchmarks/slips.py prose:austen.jsonl prose:docs.jsonl code:c.jsonl ... [--fit] [--swift]

Sets without a planted slip (`slips --clean`) are real text: only fitted to, as text in which nothing is wrong.

Recall, precision and right first corrections by class at 0.5 and 2 false marks per 1,000 tokens of the untouched texts.
`--fit` weighs with a logistic function fitted on the *other* sets of the same group, in place of the weights that the
program was built with; `--swift` prints weights and rates for `SlipWeights.swift`, fitted on all of them. `--towards GROUP`
(`listed`: prose whose language has a list of words) fits that group's weights alone, drawn to those of the program, and
`--print GROUP` prints them, fitted on all sets. Needs numpy.
"""

import bisect
import collections
import json
import pathlib
import re
import sys

import numpy as np

RATES = (0.5, 2.0)
TABLE_RATES = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Text:
    def __init__(self, record):
        self.bytes = None
        self.record = record
        self.planted = record["planted"]
        self.tokens = record["tokens"]
        self.slips = record["slips"]
        self.readings = record["readings"]


class Set:
    def __init__(self, argument):
        self.group, path = argument.split(":", 1)
        self.name = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        self.texts = [Text(json.loads(line)) for line in open(path, encoding="utf-8")]
        self.clean = [t for t in self.texts if not t.planted]
        self.planted = [t for t in self.texts if t.planted]
        self.clean_tokens = sum(t.tokens for t in self.clean)


def is_right(slip, reading):
    """Whether a reading gives back what stood there."""
    start, end, _, original = slip
    low, high, _, _, text = reading[:5]
    if (low, high) == (start, end):
        return text == original
    if low <= start and end <= high or start <= low and high <= end:
        # One spans the other: compare what is left without the shared ends.
        return text.endswith(original) or original.endswith(text) or text.split() == original.split()
    return False


def groups_of(reading, group):
    if reading[3] == "code" or not reading[7]:
        return "code" if reading[3] == "code" else "prose"
    return "listed" if reading[3] == "prose" else "listedInCode"


def features(sets):
    """Per (weights' group, kind): feature rows and labels."""
    rows = collections.defaultdict(lambda: ([], []))
    for one in sets:
        for text in one.texts:
            starts = [s[0] for s in text.slips]
            for reading in text.readings:
                place = bisect.bisect_right(starts, reading[1])
                near = [s for s in text.slips[max(0, place - 3):place + 2] if s[0] - 40 < reading[1] and reading[0] < s[1] + 40]
                label = 0
                if near:
                    if not any(is_right(s, reading) for s in near):
                        continue
                    label = 1
                key = (groups_of(reading, one.group), reading[2])
                rows[key][0].append(reading[6])
                rows[key][1].append(label)
    return {key: (np.array(x), np.array(y, dtype=float)) for key, (x, y) in rows.items()}


PRIOR = {"newWord": (-6.9, 0.7), "knownWord": (-9.3, 0.7), "inflection": (-10.7, 0.7), "doubledWord": (-0.2, 0.7),
         "swappedWords": (-7.2, 0.7), "confusion": (-5.1, 0.7), "missingWord": (-7.2, 0.7), "swappedArguments": (2, 0.5),
         "operatorCounterpart": (-7.2, 0.7), "missingToken": (-7.2, 0.7), "otherName": (-10, 0.7)}


def logistic(x, y, prior, penalty=2.0):
    """Newton's method on the penalised likelihood, towards weights that need no fitting."""
    scale = np.maximum(x.std(axis=0), 1e-3)
    scale[0] = 1
    z = x / scale
    centre = np.zeros(x.shape[1])
    centre[:2] = prior
    centre = centre * scale
    w = centre.copy()
    for _ in range(40):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        gradient = z.T @ (p - y) + penalty * (w - centre)
        hessian = (z * (p * (1 - p) + 1e-9)[:, None]).T @ z + penalty * np.eye(len(w))
        step = np.linalg.solve(hessian, gradient)
        size = np.abs(step).max()
        w -= step * min(1, 2 / size)
        if size < 1e-5:
            break
    return w / scale


def fit(sets):
    return {key: logistic(x, y, PRIOR[key[1]]) for key, (x, y) in features(sets).items()}


# So strongly are weights drawn to those of the program, by the spread of their features; the last two features keep theirs.
PENALTY = 300.0
STANDING = 12


def of_program():
    """The weights that the program has, read from its source."""
    source = (pathlib.Path(__file__).parent.parent / "Sources/Prediction/Slips/SlipWeights.swift").read_text()
    weights = {}
    for group in ("prose", "listed", "listedInCode", "code"):
        table = source.split(f"private static let {group}: [")[1].split("\n  ]")[0]
        for kind, numbers in re.findall(r"\.(\w+): \[([-0-9., ]*)\]", table):
            values = [float(v) for v in numbers.split(",")]
            weights[group, kind] = np.array(values + [0] * (STANDING - len(values)) + [-2.5, -2.5])
    return weights


def fit_towards(sets, group):
    """The program's weights, those of one group fitted on sets and drawn to what they are."""
    weights = of_program()
    for key, (x, y) in features(sets).items():
        if key[0] != group or key not in weights:
            continue
        known, fixed = weights[key], x[:, STANDING:] @ weights[key][STANDING:]
        varies = x[:, :STANDING].std(axis=0) > 1e-6
        varies[0] = True
        scale = np.maximum(x[:, :STANDING].std(axis=0), 1e-3)[varies]
        scale[0] = 1
        z = x[:, :STANDING][:, varies] / scale
        centre = known[:STANDING][varies] * scale
        w = centre.copy()
        for _ in range(40):
            p = 1 / (1 + np.exp(-np.clip(z @ w + fixed, -30, 30)))
            hessian = (z * (p * (1 - p) + 1e-9)[:, None]).T @ z + PENALTY * np.eye(len(w))
            step = np.linalg.solve(hessian, z.T @ (p - y) + PENALTY * (w - centre))
            w -= step * min(1, 2 / np.abs(step).max())
            if np.abs(step).max() < 1e-5:
                break
        fitted = known.copy()
        fitted[:STANDING][varies] = w / scale
        weights[key] = fitted
    return weights


def shown(text, weights, group):
    """The readings that are given: best of each span, none right beside a better one. [(logodds, start, end, kind, context, text)]"""
    spans = {}
    for r in text.readings:
        if weights is None:
            odds = r[5]
        else:
            w = weights.get((groups_of(r, group), r[2]))
            odds = -20 if w is None else float(np.dot(w, r[6]))
        key = (r[0], r[1])
        best = spans.get(key)
        if best is None or odds > best[0]:
            spans[key] = (odds, r)
    marks = sorted((odds, r[0], r[1], r[2], r[3], r[4]) for odds, r in spans.values() if odds > -8)
    marks.sort(key=lambda m: (m[1], m[2]))
    kept = []
    for i, m in enumerate(marks):
        hidden = False
        for step in (-1, 1):
            j = i + step
            while 0 <= j < len(marks) and abs(marks[j][1] - m[1]) < 80 and not hidden:
                o = marks[j]
                if o[1] <= m[2] + 2 and m[1] <= o[2] + 2 and (o[0] > m[0] or o[0] == m[0] and j < i):
                    hidden = True
                j += step
        if not hidden:
            kept.append(m)
    return kept


def thresholds(one, weights, rates):
    odds = sorted((m[0] for t in one.clean for m in shown(t, weights, one.group)), reverse=True)
    result = []
    for rate in rates:
        n = int(rate * one.clean_tokens / 1000)
        result.append(odds[n] if n < len(odds) else -8)
    return result


def found(one, weights, threshold):
    """By class: planted, found, right first; and marks in the planted text that are none."""
    table = collections.defaultdict(lambda: [0, 0, 0])
    false = 0
    tokens = 0
    for text in one.planted:
        marks = [m for m in shown(text, weights, one.group) if m[0] > threshold]
        used = set()
        tokens += text.tokens
        for slip in text.slips:
            row = table[slip[2]]
            row[0] += 1
            hits = [m for m in marks if m[1] < slip[1] + 2 and slip[0] - 2 < m[2]]
            hits = [m for m in hits if m[1] < slip[1] and slip[0] < m[2]] or hits if slip[2] == "dropped" else [
                m for m in hits if m[1] < slip[1] and slip[0] < m[2]]
            if hits:
                row[1] += 1
                best = max(hits)
                row[2] += is_right(slip, best[1:])
                used.update(hits)
        false += sum(m not in used for m in marks)
    return table, false, tokens


def baseline(one):
    """What a threshold of 14 bits marks: false marks per 1,000 tokens, and by class."""
    clean = sum(len(t.record["marks"]) for t in one.clean)
    table = collections.defaultdict(lambda: [0, 0, 0])
    for text in one.planted:
        for slip in text.slips:
            row = table[slip[2]]
            row[0] += 1
            hits = [m for m in text.record["marks"] if m[0] < slip[1] and slip[0] < m[1]]
            row[1] += bool(hits)
            row[2] += any(m[2] == slip[3] for m in hits)
    return 1000 * clean / one.clean_tokens, table


def line(table, right_of=1):
    n, f, r = (sum(row[k] for row in table.values()) for k in range(3))
    cells = "  ".join(f"{kind} {row[1] / row[0]:.2f}/{row[2] / max(row[1], 1):.2f} ({row[0]})" for kind, row in sorted(table.items()))
    return f"recall {f / max(n, 1):.3f}  right first {r / max(f, 1):.2f}   {cells}"


def swift(sets):
    weights = merged(sets)
    for group in ("prose", "listed", "listedInCode", "code"):
        print(f"  private static let {group}: [DetectedSlip.Kind: [Double]] = [")
        for (where, kind), w in sorted(weights.items()):
            if where == group:
                print(f"    .{kind}: [{', '.join(f'{v:.3f}' for v in w)}],")
        print("  ]")
    print("//TABLES")
    for name, group, context in (
        ("prose", "prose", "prose"), ("codeInProse", "prose", "code"), ("code", "code", "code"),
        ("comments", "code", "comment"), ("strings", "code", "string"),
    ):
        print(f"  private static let {name} = [{', '.join(f'{v:.2f}' for v in rate_table(sets, weights, group, context))}]")


def merged(sets):
    """Weights of prose, with and without words of its language, from all sets, of code from those of code."""
    weights = {k: w for k, w in fit(sets).items() if k[0] != "code"}
    weights.update({k: w for k, w in fit([s for s in sets if s.group == "code"] or sets).items() if k[0] == "code"})
    return weights


def rate_table(sets, weights, group, context):
    """The log-odds at which the sets' untouched texts are marked so often, on average, per 1,000 tokens of a context."""
    marks = []
    chosen = [s for s in sets if s.planted and s.group == group and sum(t.record["contexts"][context] for t in s.clean) > 500]
    for one in chosen:
        tokens = sum(t.record["contexts"][context] for t in one.clean)
        marks += [(m[0], 1000 / tokens / len(chosen)) for t in one.clean for m in shown(t, weights, group) if m[4] == context]
    marks.sort(reverse=True)
    result, sum_ = [], 0.0
    pending = list(TABLE_RATES)
    for odds, share in marks:
        sum_ += share
        while pending and sum_ > pending[0]:
            result.append(odds)
            pending.pop(0)
    last = result[-1] if result else 0.0
    for place, _ in enumerate(pending):
        result.append(last - 1.5 * (place + 1))
    return result


def main():
    names = [a for a in sys.argv[1:] if ":" in a]
    sets = [Set(a) for a in names]
    if "--swift" in sys.argv:
        return swift(sets)
    towards = sys.argv[sys.argv.index("--towards") + 1] if "--towards" in sys.argv else None
    if "--print" in sys.argv:
        group = sys.argv[sys.argv.index("--print") + 1]
        for (where, kind), w in sorted(fit_towards(sets, group).items()):
            if where == group:
                print(f"    .{kind}: [{', '.join(f'{v:.3f}' for v in w[:STANDING])}],")
        return None
    for one in sets:
        if not one.planted:
            continue
        others = [s for s in sets if s is not one]
        weights = merged(others) if "--fit" in sys.argv and others else None
        if towards:
            weights = fit_towards([s for s in others if s.group == one.group], towards)
        rate, table = baseline(one)
        seconds = sum(t.record["seconds"] for t in one.clean)
        print(f"{one.group} {one.name}: {one.clean_tokens} tokens, {one.clean_tokens / seconds:.0f} tokens/s")
        print(f"  surprisal   {rate:.1f} false/1000  {line(table)}")
        cuts = thresholds(one, weights, RATES)
        for rate, cut in zip(RATES, cuts):
            table, false, tokens = found(one, weights, cut)
            n = sum(row[1] for row in table.values())
            print(f"  at {rate:3}/1000 (odds {cut:.2f}) precision {n / max(n + false, 1):.2f}  {line(table)}")


if __name__ == "__main__":
    main()
