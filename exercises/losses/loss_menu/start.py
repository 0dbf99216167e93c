"""Three more losses: yes or no, how far off, and the likelihood that others have worked out."""

import torch


def bce_with_logits(z: torch.Tensor, t: torch.Tensor, reduction: str = "mean") -> torch.Tensor:
    """Binary cross entropy: each logit is a yes-or-no question of its own, with p = sigmoid(z).

    Each entry costs −t · log(p) − (1 − t) · log(1 − p), exactly and with exact gradients for z from −500 to 500.

    z: float tensor of any shape, the logits (0-d too)
    t: the same shape and dtype, every entry in [0, 1]: 0 is no, 1 is yes, 0.7 is "yes, in 7 of 10 cases"
    reduction: "none": all entries, z's shape; "sum": their sum, 0-d; "mean": their mean over all entries, 0-d
    returns: z's dtype; gradients reach z

    >>> bce_with_logits(torch.tensor([0.5, -0.5, 1.0]), torch.tensor([1.0, 0.0, 1.0]))
    tensor(0.4205)
    """
    raise NotImplementedError  # TODO


def mse(p: torch.Tensor, t: torch.Tensor, reduction: str = "mean") -> torch.Tensor:
    """Squared error, (p − t)², of every entry.

    p, t: float tensors of equal shape, any, and equal dtype
    reduction, returns: as above

    >>> mse(torch.tensor([0.5, 1.0, 1.5]), torch.ones(3))
    tensor(0.1667)
    """
    raise NotImplementedError  # TODO


def nll(logp: torch.Tensor, y: torch.Tensor, reduction: str = "mean") -> torch.Tensor:
    """Negative log-likelihood: −logp of the right class, in every row.

    logp: [N, C], log-probabilities (they come out of log_softmax)
    y: [N] int64, the right classes, in [0, C)
    reduction: "none": [N]; "sum": their sum, 0-d; "mean": their mean over the N rows, 0-d
    returns: logp's dtype; gradients reach logp

    >>> nll(torch.tensor([[0.5, 0.5], [0.25, 0.75]]).log(), torch.tensor([0, 0]))
    tensor(1.0397)
    """
    raise NotImplementedError  # TODO
