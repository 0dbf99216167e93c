"""Cross entropy: the loss of every classifier and of every language model."""

import torch


def cross_entropy(
    logits: torch.Tensor,
    y: torch.Tensor,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> torch.Tensor:
    """How surprised a model is by the right classes: −log of the probability that it gave them.

    logits: [N, C], finite, of any size up to ±20,000; softmax turns each row into probabilities
    y: [N] int64, the right class of each row, in [0, C), or ignore_index; C may be 1, and larger than 100
    ignore_index: rows with this target do not count; it may be negative, or a class
    reduction: "none": the losses of the rows, [N], 0 where the row is ignored
        "sum": their sum, 0-d
        "mean": their sum divided by the number of rows that are not ignored, 0-d; NaN if there is none
    label_smoothing: s in [0, 1). The target of a row is then not the one-hot row of its class, but
        (1 − s) · one-hot + s / C, and the loss is −Σ target · log(probability)
    returns: logits' dtype; gradients reach the logits; no argument is written to

    >>> cross_entropy(torch.tensor([[2.0, 1.0, 0.1], [0.5, 2.0, 0.1]]), torch.tensor([0, 1]))
    tensor(0.3669)

    log_softmax and logsumexp are yours to use; torch's own cross entropy, NLL and KL losses are out of bounds here.
    """
    keep = y != ignore_index
    safe = torch.where(keep, y, 0)               # any class will do where the row does not count
    e = logits.exp()
    logp = logits - e.sum(dim=1, keepdim=True).log()
    picked = logp.gather(1, safe[:, None]).squeeze(1)
    s = label_smoothing
    loss = -picked
    if s > 0:
        loss = (1 - s) * loss - s * logp.mean(dim=1)
    loss = torch.where(keep, loss, 0.0)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / keep.sum()
