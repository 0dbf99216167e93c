"""The oracle: torch's own negative log-likelihood, with its sign turned and nothing averaged."""

from torch.nn.functional import nll_loss


def pick(logp, y):
    return -nll_loss(logp, y, reduction="none")


def pick_tokens(logp, y):
    return -nll_loss(logp.transpose(1, 2), y, reduction="none")
