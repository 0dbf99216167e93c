"""The loss of a language model. Four things are wrong here, and none of them raises."""

import torch
from torch.nn import functional as F


def lm_loss(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, pad_id: int) -> torch.Tensor:
    """The mean cross entropy over all real targets of a batch.

    model: model(x) gives logits [B, T, V]: at each place, how likely each token of the vocabulary comes next
    x: [B, T] int64, the tokens that are read
    y: [B, T] int64, for each place the token that comes next (already shifted); may be a slice of a larger tensor,
        as in tokens[:, 1:]
    pad_id: a token in [0, V). Where y is pad_id there is no target, whatever x is there; all other targets are real,
        and there is at least one in the batch, though perhaps not in every row
    returns: 0-d, with a graph: the sum of −log p(target) over the real targets, divided by their number

    Example: with losses of 1, 2, 3 in row 0, and of 6 in row 1, whose other targets are pads, the result is 12 / 4 = 3.
    """
    probs = torch.softmax(model(x), dim=-1)  # (B, T, V)
    B, T, V = probs.shape
    # TODO: from outside, this is what is wrong: a perfect model has a loss far above 0; a model that knows nothing but
    # the order of the tokens learns nothing; much padding makes the loss small; and a short row weighs as much as a
    # long one.
    losses = F.cross_entropy(probs.reshape(B, V, T), y, reduction="none")  # (B, T)
    return losses.mean(dim=1).mean()
