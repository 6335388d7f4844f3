"""Cross-validates classifiers of inkling-train on labelled text, and fastText beside them.

Usage: classification.py BIN FILE.tsv [--encoder E] [--folds N] [--vectors] [--fasttext] [-- OPTIONS...]

FILE has a label, a tab and a text on each line. The lines are shuffled by random.Random(0); fold k of 10 is every tenth line from k. --folds does only the
first N. --vectors first trains a language model on the training texts of each fold, without their labels, and begins with its vectors. --fasttext measures
fasttext-wheel with bigrams, 25 passes and a rate of .5 on the same folds. What is behind -- goes to inkling-train classify.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

FOLDS = 10


def read(path):
    lines = pathlib.Path(path).read_text(errors="replace").split("\n")
    examples = [line.split("\t", 1) for line in lines if "\t" in line]
    random.Random(0).shuffle(examples)
    return examples


def write(path, examples):
    path.write_text("".join(f"{label}\t{text}\n" for label, text in examples))
    return path


def inkling(binary, folder, training, test, arguments, extra):
    options = ["--encoder", arguments.encoder, *extra]
    start = time.monotonic()
    if arguments.vectors:
        text = folder / "unlabelled.txt"
        text.write_text("".join(text + "\n" for _, text in training))
        subprocess.run([binary / "inkling-train", text, "--output", folder / "language", "--cell", "lstm", "--hidden", "200", "--embedding", "200", "--layers", "1",
                        "--epochs", "8", "--no-mixture", "--json"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        options += ["--vectors", folder / "language"]
    result = subprocess.run(
        [binary / "inkling-train", "classify", write(folder / "train.tsv", training), "--test", write(folder / "test.tsv", test), "--output", folder / "model",
         "--json", *options], check=True, stdout=subprocess.PIPE)
    events = [json.loads(line) for line in result.stdout.splitlines()]
    accuracy = next(event["accuracy"] for event in events if event["event"] == "scores" and event["on"] == "test")
    chosen = next(({k: event[k] for k in ("characters", "ratios", "c")} for event in events if event["event"] == "bag"), "")
    return accuracy, time.monotonic() - start, chosen


def fasttext(folder, training, test):
    import fasttext as library
    path = folder / "fasttext.txt"
    path.write_text("".join(f"__label__{label} {text}\n" for label, text in training))
    start = time.monotonic()
    model = library.train_supervised(str(path), wordNgrams=2, dim=10, epoch=25, lr=0.5, thread=2, verbose=0)
    seconds = time.monotonic() - start
    right = sum(model.f.predict(text + "\n", 1, 0.0, "strict")[0][1] == "__label__" + label for label, text in test)
    return right / len(test), seconds, ""


def main():
    own, extra = (sys.argv[1:], [])
    if "--" in own:
        place = own.index("--")
        own, extra = own[:place], own[place + 1:]
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("file")
    parser.add_argument("--encoder", default="bag")
    parser.add_argument("--folds", type=int, default=FOLDS)
    parser.add_argument("--vectors", action="store_true")
    parser.add_argument("--fasttext", action="store_true")
    arguments = parser.parse_args(own)
    examples = read(arguments.file)
    found = []
    for fold in range(arguments.folds):
        training = [example for index, example in enumerate(examples) if index % FOLDS != fold]
        test = examples[fold::FOLDS]
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            accuracy, seconds, chosen = (fasttext(folder, training, test) if arguments.fasttext else
                                         inkling(arguments.binary.resolve(), folder, training, test, arguments, extra))
        found.append((accuracy, seconds))
        print(f"fold {fold}: {100 * accuracy:.2f} %, {seconds:.2f} s {chosen}", flush=True)
    mean = sum(accuracy for accuracy, _ in found) / len(found)
    print(f"{'fasttext' if arguments.fasttext else arguments.encoder} {pathlib.Path(arguments.file).name}: {100 * mean:.2f} % over {len(found)} folds, "
          f"{sum(seconds for _, seconds in found) / len(found):.2f} s a fold")


if __name__ == "__main__":
    main()
