"""Much text of a kind, and a little text of yours: is it worth it to train on the first before the second?"""

import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    """The smallest model that has a context: a row of logits for each token and the one before it. V: vocabulary."""

    def __init__(self, V: int):
        super().__init__()
        self.V = V
        self.rows = nn.Embedding(V * V, V)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        """idx: int64 [B, T]. Returns logits [B, T, V]."""
        before = F.pad(idx, (1, 0))[:, :-1]  # (B, T), token 0 in front
        return self.rows(before * self.V + idx)


def run(big_ids: torch.Tensor, small_ids: torch.Tensor, cfg: dict, steps: int) -> dict[str, float]:
    """Train one model on the small text alone, one on the big text first; measure both on the end of the small text.

    big_ids, small_ids: int64 [N], token numbers below V, the same numbering in both; not changed
    cfg: {"V": vocabulary, "T": length of a training window, "bs": windows of a batch,
        "lr": learning rate as Adam wants it, "ft_lr": the lower one for finetuning, "seed": an int}
    steps: how many optimizer steps each training takes
    returns: {"scratch": loss, "finetuned": loss}: mean cross entropy in nats over the validation part, as floats

    The validation part is the last tenth of small_ids, the last N − 9·N // 10 tokens; nobody trains on it. Three
    trainings, of `steps` steps each, through an optimizer of torch.optim from the Adam family:
        scratch      a fresh model, on the small text's first nine tenths, at rate lr
        pretraining  a fresh model, on the big text, at rate lr
        finetuning   the pretrained model, on the small text's first nine tenths, at rate ft_lr
    Each step draws bs windows of T + 1 tokens, and predicts every next token. The same seed gives the same result.
    `Net` is there to be used; the rates are made for it, and may not suit another model.
    """
    raise NotImplementedError  # TODO
