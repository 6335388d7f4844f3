"""The network of an exported corpus as a PyTorch module, under the names of docs/weights.md."""
import torch
from torch import nn
from torch.nn import functional

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
        self.rnn = CELLS[architecture["inkling.cell"]](
            embedding, hidden, layers, dropout=training["layerDropout"] if layers > 1 else 0)
        self.input_dropout = nn.Dropout(training["inputDropout"])
        self.output_dropout = nn.Dropout(training["outputDropout"])
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

    def forward(self, tokens, targets, state):
        """The sum of the losses in nats over targets that are not ignored, and the state after the last step.

        tokens, targets: steps × streams; state: what `zero_state` gives, or an earlier one.
        """
        inputs = self.embedding(tokens)
        if self.training and self.embedding_dropout > 0:
            kept = torch.rand(self.embedding.num_embeddings, device=tokens.device) >= self.embedding_dropout
            inputs = inputs * (kept[tokens] / (1 - self.embedding_dropout)).unsqueeze(-1).to(inputs.dtype)
        hidden, state = self.rnn(self.input_dropout(inputs), state)
        hidden = self.output_dropout(hidden).flatten(0, 1)
        targets = targets.flatten()
        if not self.is_adaptive:
            logits = self.output(hidden).float()
            return functional.cross_entropy(logits, targets, ignore_index=IGNORED, reduction="sum"), state
        counted = targets != IGNORED
        hidden, targets = hidden[counted], targets[counted]
        loss = hidden.new_zeros(()) if len(targets) == 0 else self.output(hidden, targets).loss * len(targets)
        return loss.float(), state

    def zero_state(self, stream_count, device):
        layers, hidden = self.state_shape
        made = [torch.zeros(layers, stream_count, hidden, device=device) for _ in range(2 if self.has_cells else 1)]
        return tuple(made) if self.has_cells else made[0]

    def named_weights(self):
        """The parameters once each, under the names that files have."""
        return {name: value for name, value in self.named_parameters()}

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
