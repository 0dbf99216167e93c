"""Teach a small GPT to add: its data is made, not collected, and it is graded only on what it has to answer."""

import torch
from torch import nn


def make_batch(B: int, nd: int, gen: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """B additions of two numbers of nd digits, as inputs and targets of a language model.

    B: how many; nd: digits of each operand, 1 … 6
    gen: where all chance comes from; torch's global random numbers are left alone
    returns: x, y, int64 [B, 3·nd + 2] both

    A row is a + b = sum: the digits are 0 … 9, "+" is 10, "=" is 11. Both operands are uniform on 0 … 10^nd − 1 and
    written with nd digits, zeros in front; their sum is written with nd + 1 digits, zeros in front, and *reversed*,
    units first. x is the row without its last number, y the row without its first. Where y is not part of the sum, it
    is −100: the prompt is given, not to be learned.

    Example: 7 + 5 with nd = 1 is the row 7 10 5 11 2 1; x = [7, 10, 5, 11, 2], y = [−100, −100, −100, 2, 1].
    """
    raise NotImplementedError  # TODO


def fit(
    model: nn.Module,
    nd: int,
    steps: int,
    B: int,
    lr: float,
    gen: torch.Generator,
    held_out: set[tuple[int, int]],
) -> list[float]:
    """Train the model on fresh additions, but never on the pairs that are held out.

    model: model(x) gives logits [B, T, 12]; T = 3·nd + 2; is called once a step
    steps: how many updates; each uses one batch of B fresh additions drawn with gen
    B: additions of a batch before the held-out ones are dropped from it, or drawn again: both are fine. You need not
        care for a batch of which nothing is left.
    lr: the learning rate, as Adam wants it; take torch.optim.Adam or one of its kin. At lr = 0 nothing moves.
    held_out: pairs (a, b) of ints that the model must never see; (3, 4) does not speak of (4, 3)
    returns: each step's loss as a float: mean cross entropy over the digits of the sums alone

    The model is in train mode while it is trained. Each update uses the gradient of its own batch alone.
    """
    raise NotImplementedError  # TODO
