"""The network of an exported corpus as a PyTorch module, under the names of docs/weights.md."""
import torch
from torch import nn
from torch.nn import functional

MASK = 2**63 - 1
CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
IGNORED = -1


class LanguageModel(nn.Module):
    """Embedding, recurrent layers and a softmax: tied, full or adaptive (Grave et al. 2017)."""

    def __init__(self, architecture, training):
        super().__init__()
        read = lambda name: int(architecture["inkling." + name])
        rows, embedding, hidden, layers = read("vocabulary"), read("embedding"), read("hidden"), read("layers")
        self.has_cells = architecture["inkling.cell"] == "lstm"
        self.is_tied = architecture["inkling.tied"] == "true"
        self.is_adaptive = architecture["inkling.output"] == "adaptive"
        self.embedding = nn.Embedding(rows, embedding)
        cell = CELLS[architecture["inkling.cell"]]
        self.rnn = nn.ModuleList(cell(hidden if layer else embedding, hidden) for layer in range(layers))
        # Before, between and behind the layers.
        self.dropout = [training["inputDropout"], *[training["layerDropout"]] * (layers - 1), training["outputDropout"]]
        self.embedding_dropout = training["embeddingDropout"]
        if self.is_adaptive:
            cutoffs = [int(cutoff) for cutoff in architecture["inkling.cutoffs"].split(",")]
            self.output = nn.AdaptiveLogSoftmaxWithLoss(
                hidden, rows, cutoffs, div_value=read("divisor"),
                head_bias=architecture["inkling.head-bias"] == "true")
        else:
            self.output = nn.Linear(hidden, rows)
            if self.is_tied:
                self.output.weight = self.embedding.weight
        self.state_shape = (layers, hidden)

    def forward(self, tokens, targets, state, key=None, streams=None):
        """The sum of the losses in nats over targets that are not ignored, and the state after the last step.

        tokens, targets: steps × streams; state: what `zero_state` gives, or an earlier one; key: what is dropped follows from it and
        from the numbers that `streams` has for the streams, so that it is the same however these are shared out; None drops nothing.
        """
        hidden = self.embedding(tokens)
        if key is not None and self.embedding_dropout > 0:
            kept = uniform(key, torch.arange(self.embedding.num_embeddings, device=tokens.device)) >= self.embedding_dropout
            hidden = hidden * (kept[tokens] / (1 - self.embedding_dropout)).unsqueeze(-1).to(hidden.dtype)
        ends = []
        for layer, cell in enumerate(self.rnn):
            hidden = self._dropped(hidden, layer, key, streams)
            own = tuple(part[layer : layer + 1].contiguous() for part in state)
            hidden, end = cell(hidden, own if self.has_cells else own[0])
            ends.append(end if self.has_cells else (end,))
        state = tuple(torch.cat(parts) for parts in zip(*ends))
        hidden = self._dropped(hidden, len(self.rnn), key, streams).flatten(0, 1)
        targets = targets.flatten()
        if not self.is_adaptive:
            logits = self.output(hidden).float()
            return functional.cross_entropy(logits, targets, ignore_index=IGNORED, reduction="sum"), state
        counted = targets != IGNORED
        hidden, targets = hidden[counted], targets[counted]
        loss = hidden.new_zeros(()) if len(targets) == 0 else self.output(hidden, targets).loss * len(targets)
        return loss.float(), state

    def _dropped(self, values, place, key, streams):
        rate = self.dropout[place]
        if key is None or rate == 0:
            return values
        steps, count, size = values.shape
        places = torch.arange(steps, device=values.device)[:, None, None] * size + torch.arange(size, device=values.device)
        chance = uniform(key + place + 1, (streams[None, :, None] << 32) + places)
        return values * ((chance >= rate) / (1 - rate)).to(values.dtype)

    def zero_state(self, stream_count, device):
        """Hidden vectors, and cells where there are some: layers × streams × size each."""
        layers, hidden = self.state_shape
        return tuple(torch.zeros(layers, stream_count, hidden, device=device) for _ in range(1 + self.has_cells))

    def named_weights(self):
        """The parameters once each, under the names that files have."""
        names = {}
        for name, value in self.named_parameters():
            parts = name.split(".")
            names[f"rnn.{parts[2][:-1]}{parts[1]}" if parts[0] == "rnn" else name] = value
        return names

    @torch.no_grad()
    def load_weights(self, arrays):
        for name, value in self.named_weights().items():
            value.copy_(torch.tensor(arrays[name]))

    @torch.no_grad()
    def finish(self, rows):
        """Makes a trained network what is used: `<s>` is never predicted, and reads as `</s>`, which texts are divided by."""
        start, end = rows["sentenceStart"], rows["sentenceEnd"]
        if start == rows["unknown"]:
            return
        if not self.is_adaptive:
            self.output.bias[start] = -100
        self.embedding.weight[start] = self.embedding.weight[end]


def uniform(key, counters):
    """A number in [0, 1) for each counter, which looks drawn and follows from both (SplitMix64: Steele, Lea and Flood 2014)."""
    values = counters * -7046029254386353131 + (key * 0x9E3779B97F4A7C15 & MASK)
    values = (values ^ (values >> 30 & MASK >> 29)) * -4658895280553007687
    values = (values ^ (values >> 27 & MASK >> 26)) * -7723592293110705685
    return ((values ^ (values >> 31 & MASK >> 30)) >> 11 & MASK >> 10).double() * 2.0**-53
