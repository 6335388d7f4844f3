"""Trains the network of an exported corpus with PyTorch, in as many processes as torchrun starts.

    inkling-train export-corpus ~/Projects --hidden 1024 --layers 2 --epochs 4 --output corpus
    torchrun --nproc-per-node gpu --max-restarts 3 scripts/torch/train.py corpus --output weights.safetensors
    inkling-train import weights.safetensors --output .inkling/model

Processes share the streams of each batch (DistributedDataParallel), so that as many as there are learn from the same
batches as one; without torchrun it is one. A checkpoint beside the output is what restarted processes go on from. Prints one
JSON object a line. Needs torch and numpy.
"""
import argparse
import json
import math
import os
import sys
import time

import torch
import torch.distributed as distributed
from torch.nn.parallel import DistributedDataParallel

from corpus import Corpus, CorpusError, Segments, part, write_safetensors, replace_file
from network import IGNORED, LanguageModel

WARMUP_COUNT, EVALUATION_STEPS = 200, 64
STEPS_BETWEEN_CHECKS, MAXIMUM_RECOVERIES = 50, 8


class Run:
    def __init__(self, arguments, corpus):
        self.arguments = arguments
        self.corpus = corpus
        self.training = corpus.training
        self.index = int(os.environ.get("RANK", 0))
        self.count = int(os.environ.get("WORLD_SIZE", 1))
        self.device = device(arguments.device)
        self.segments = Segments(corpus, self.index, self.count)
        if self.count > self.segments.total_stream_count:
            raise CorpusError(
                f"{corpus.folder}: has {self.segments.total_stream_count} streams for {self.count} processes "
                "(export it with a larger --batch)")
        self.metadata, arrays = corpus.initial_weights()
        self.permutation = arrays.pop("vocabulary.permutation")
        self.model = LanguageModel(corpus.architecture, self.training)
        self.model.load_weights(arrays)
        self.model.to(self.device)
        self.module = self.model
        if self.count > 1:
            distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
            # Clusters of an adaptive softmax that no target is of have no gradient.
            self.module = DistributedDataParallel(self.model, find_unused_parameters=self.model.is_adaptive)
        self.optimizer = self.make_optimizer()
        self.planned_steps = self.training["epochs"] * self.segments.count
        self.place = {
            "step": 0, "epoch": 0, "segment": 0, "rateFactor": 1.0, "bestLoss": math.inf, "lowestLoss": math.inf,
            "evaluationsWithoutGain": 0, "recoveries": 0, "isStopped": False,
        }
        self.streams = torch.tensor(list(self.segments.streams), device=self.device)
        self.state = self.model.zero_state(len(self.segments.streams), self.device)
        self.best = self.weights()
        self.good = self.weights()
        self.checkpoint_path = arguments.output + ".checkpoint"
        self.loss_sum, self.loss_count = torch.zeros((), dtype=torch.float64, device=self.device), 0
        self.clock, self.tokens = time.monotonic(), 0

    def make_optimizer(self):
        options, weights = self.training["optimizer"], self.model.parameters()
        if options["name"] == "adam":
            return torch.optim.Adam(
                weights, lr=self.training["rate"], betas=(options["beta1"], options["beta2"]),
                eps=options["epsilon"], weight_decay=self.training["weightDecay"])
        return torch.optim.SGD(
            weights, lr=self.training["rate"], momentum=options["momentum"],
            weight_decay=self.training["weightDecay"])

    def weights(self):
        return {name: value.detach().clone() for name, value in self.model.named_weights().items()}

    @torch.no_grad()
    def set_weights(self, weights):
        for name, value in self.model.named_weights().items():
            value.copy_(weights[name])

    # The run

    def run(self):
        self.report("plan", {
            "processes": self.count, "device": str(self.device), "precision": self.arguments.precision,
            "parameters": sum(value.numel() for value in self.model.named_weights().values()),
            "steps": self.planned_steps, "streams": self.segments.total_stream_count})
        restarts = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", 0))
        if self.arguments.resume or restarts > 0:
            self.restore()
        else:
            # Whatever an earlier run left is not what a restart is to go on from.
            self.write_checkpoint()
        while self.place["step"] < self.planned_steps and not self.place["isStopped"]:
            self.advance()
            if self.place["step"] % self.arguments.checkpoint_every == 0:
                self.write_checkpoint()
        self.finish()

    def advance(self):
        place = self.place
        if place["segment"] == 0:
            self.state = self.model.zero_state(len(self.segments.streams), self.device)
        tokens, targets = self.segments.segment(place["segment"], place["epoch"])
        for group in self.optimizer.param_groups:
            group["lr"] = self.training["rate"] * self.share() * place["rateFactor"]
        norm = self.step(torch.from_numpy(tokens).to(self.device), torch.from_numpy(targets).to(self.device))
        place["step"] += 1
        place["segment"] += 1
        if place["segment"] == self.segments.count:
            place["segment"], place["epoch"] = 0, place["epoch"] + 1
        self.tokens += tokens.shape[0] * self.segments.total_stream_count
        is_due = place["step"] % self.evaluation_interval() == 0 or place["step"] == self.planned_steps
        if place["step"] % STEPS_BETWEEN_CHECKS == 0 or is_due:
            self.check(norm)
        if is_due:
            self.evaluate()

    def step(self, tokens, targets):
        """Moves the weights by one segment's gradient; the norm of that."""
        count = tokens.shape[0] * self.segments.total_stream_count
        key = self.training["seed"] * 1_000_003 + self.place["step"] * 64 & 2**40 - 1
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(
            self.device.type, dtype=torch.bfloat16, enabled=self.arguments.precision == "bfloat16"):
            loss, state = self.module(tokens, targets, self.state, key, self.streams)
        # The processes' gradients are averaged: this makes their sum of it, over all streams' tokens.
        (loss * self.count / count).backward()
        self.state = tuple(part.detach().float() for part in state)
        weights = list(self.model.parameters())
        if self.training["clipValue"] > 0:
            torch.nn.utils.clip_grad_value_(weights, self.training["clipValue"])
        limit = self.training["clipNorm"] if self.training["clipNorm"] > 0 else math.inf
        norm = torch.nn.utils.clip_grad_norm_(weights, limit)
        if self.device.type == "cuda" or torch.isfinite(norm):
            self.optimizer.step()
        self.loss_sum += loss.detach().double()
        self.loss_count += count
        return norm

    def share(self):
        """The part of the rate at this step."""
        schedule, progress = self.training["schedule"], self.place["step"] / max(1, self.planned_steps)
        if schedule["name"] == "linear":
            return schedule["floor"] + (1 - schedule["floor"]) * max(0, 1 - progress)
        if schedule["name"] == "cosine":
            warmup, floor = schedule["warmup"], schedule["floor"]
            if progress < warmup:
                return max(0.05, progress / warmup)
            rest = min(1, (progress - warmup) / max(1 - warmup, 1e-9))
            return floor + (1 - floor) * 0.5 * (1 + math.cos(rest * math.pi))
        return 1

    def evaluation_interval(self):
        per_epoch = self.segments.count
        if self.training["schedule"]["name"] == "plateau":
            return per_epoch
        return per_epoch if per_epoch >= 50 else max(50, self.planned_steps // 20)

    def sum(self, values):
        """The sum over all processes of some numbers."""
        values = torch.as_tensor(values, dtype=torch.float64, device=self.device)
        if self.count > 1:
            distributed.all_reduce(values)
        return values.tolist()

    def check(self, norm):
        """Back to the last good weights with half the rate where the loss has exploded."""
        place = self.place
        loss = self.sum([self.loss_sum])[0] / self.loss_count
        plausible = 3 * math.log(self.corpus.rows["count"]) + 10
        if math.isfinite(loss) and torch.isfinite(norm) and loss < min(plausible, place["lowestLoss"] + 2.5):
            place["lowestLoss"] = min(place["lowestLoss"], loss)
            self.good = self.weights()
            return
        place["recoveries"] += 1
        if place["recoveries"] > MAXIMUM_RECOVERIES:
            raise CorpusError(f"the loss exploded {place['recoveries']} times (export with a lower --rate)")
        place["rateFactor"] *= 0.5
        place["lowestLoss"] = math.inf
        self.set_weights(self.good)
        self.optimizer = self.make_optimizer()
        self.state = self.model.zero_state(len(self.segments.streams), self.device)
        self.loss_sum.zero_()
        self.loss_count = 0
        self.report("notice", {"text": f"the loss exploded at step {place['step']}: half the rate from here"})

    # Measuring

    def evaluate(self):
        place = self.place
        training_loss = self.sum([self.loss_sum])[0] / max(1, self.loss_count)
        seconds = time.monotonic() - self.clock
        loss = self.held_out_loss()
        is_best = loss is None or loss < place["bestLoss"]
        schedule = self.training["schedule"]
        if schedule["name"] == "plateau" and loss is not None and loss > place["bestLoss"] - 0.01:
            place["rateFactor"] *= schedule["factor"]
        if is_best:
            self.best = self.weights()
            place["bestLoss"] = math.inf if loss is None else loss
            place["evaluationsWithoutGain"] = 0
        else:
            place["evaluationsWithoutGain"] += 1
            patience = self.training["patience"]
            place["isStopped"] = patience is not None and place["evaluationsWithoutGain"] >= patience
        self.report("evaluation", {
            "step": place["step"], "epoch": place["epoch"] + place["segment"] / self.segments.count,
            "trainingLoss": training_loss, "heldOutLoss": loss,
            "heldOutPerplexity": None if loss is None else math.exp(loss), "isBest": is_best,
            "tokensPerSecond": self.tokens / max(seconds, 1e-9)})
        self.loss_sum.zero_()
        self.loss_count, self.tokens, self.clock = 0, 0, time.monotonic()

    @torch.no_grad()
    def held_out_loss(self):
        """Nats a token; None without held-out text. Streams but the first begin some tokens early."""
        stream = torch.from_numpy(self.corpus.held_out.astype("int64"))
        count = len(stream) - 1
        if count < 1:
            return None
        total = min(64, max(1, count // (20 * WARMUP_COUNT)))
        warmup = WARMUP_COUNT if total > 1 else 0
        stride = (count - warmup + total - 1) // total
        own = torch.tensor(list(part(total, self.index, self.count)), dtype=torch.int64)
        loss = torch.zeros((), dtype=torch.float64, device=self.device)
        state = self.model.zero_state(len(own), self.device)
        for first in range(0, stride + warmup if len(own) else 0, EVALUATION_STEPS):
            steps = torch.arange(first, min(first + EVALUATION_STEPS, stride + warmup))[:, None]
            places = own[None, :] * stride + steps
            is_counted = (places < count) & ((own == 0)[None, :] | (steps >= warmup))
            tokens = stream[places.clamp(max=count)]
            targets = torch.where(is_counted, stream[(places + 1).clamp(max=count)], IGNORED)
            value, state = self.model(tokens.to(self.device), targets.to(self.device), state)
            loss += value.double()
        return self.sum([loss])[0] / count

    # Files

    def write_checkpoint(self):
        """What a run goes on from, the streams' states of all processes among it."""
        states = []
        for own in self.state:
            layers, hidden = self.model.state_shape
            whole = torch.zeros(layers, self.segments.total_stream_count, hidden, device=self.device)
            whole[:, list(self.segments.streams)] = own
            if self.count > 1:
                distributed.all_reduce(whole)
            states.append(whole)
        if self.index == 0:
            replace_file(self.checkpoint_path, lambda file: torch.save({
                "corpus": self.corpus.digest, "weights": self.weights(), "optimizer": self.optimizer.state_dict(),
                "place": self.place, "states": states, "best": self.best}, file))

    def restore(self):
        """Goes on from the checkpoint, with however many processes."""
        if not os.path.isfile(self.checkpoint_path):
            raise CorpusError(f"{self.checkpoint_path}: is not there (train without --resume)")
        try:
            kept = torch.load(self.checkpoint_path, map_location=self.device, weights_only=True)
            if kept["corpus"] != self.corpus.digest:
                raise CorpusError(f"{self.checkpoint_path}: is of another corpus (train without --resume)")
            self.set_weights(kept["weights"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.place, self.best, self.good = kept["place"], kept["best"], kept["weights"]
            self.state = tuple(whole[:, list(self.segments.streams)].contiguous() for whole in kept["states"])
        except CorpusError:
            raise
        except Exception as error:
            raise CorpusError(f"{self.checkpoint_path}: is damaged: {error} (train without --resume)") from None
        self.report("notice", {"text": f"going on from step {self.place['step']}"})

    def finish(self):
        self.set_weights(self.best)
        self.model.finish(self.corpus.rows)
        loss = self.held_out_loss()
        if self.index == 0:
            arrays = {name: value.cpu().numpy() for name, value in self.weights().items()}
            arrays["vocabulary.permutation"] = self.permutation
            write_safetensors(self.arguments.output, {
                **self.metadata, "training.vocabulary": self.corpus.vocabulary_digest,
                "training.tokens": str(self.training["tokens"]), "training.epochs": str(self.place["epoch"]),
                "training.held-out-perplexity": "" if loss is None else str(math.exp(loss)),
            }, arrays)
            if os.path.exists(self.checkpoint_path):
                os.unlink(self.checkpoint_path)
        self.report("finished", {
            "steps": self.place["step"], "heldOutLoss": loss,
            "heldOutPerplexity": None if loss is None else math.exp(loss), "output": self.arguments.output})
        if self.count > 1:
            distributed.destroy_process_group()

    def report(self, event, members):
        if self.index == 0:
            print(json.dumps({"event": event, **members}), flush=True)


def device(name):
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device(name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", help="the folder that inkling-train export-corpus wrote")
    parser.add_argument("--output", required=True, help="the weights to write: a .safetensors file")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument(
        "--precision", choices=["float32", "bfloat16"], default="float32",
        help="of products in training; weights and measurements are of single precision")
    parser.add_argument("--checkpoint-every", type=int, default=500, metavar="STEPS")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint beside the output")
    arguments = parser.parse_args()
    if arguments.checkpoint_every < 1:
        parser.error("--checkpoint-every is below 1")
    if not arguments.output.endswith(".safetensors"):
        parser.error("--output is to end in .safetensors, by which inkling-train import knows it")
    try:
        Run(arguments, Corpus(arguments.corpus)).run()
    except CorpusError as error:
        print(f"train.py: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
