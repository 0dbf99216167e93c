"""A table of vectors, one for each token."""

import torch
from torch import nn


class Embedding(nn.Module):
    """Looks up rows: token i becomes row i of a table that is trained.

    V: how many tokens there are
    D: the width of a row
    padding_idx: a token from 0 to V − 1 that only fills gaps, or None

    Its only parameter, and the only key of the state_dict: weight [V, D], which starts as standard normal draws. The
    row of padding_idx starts at zeros, and never gets a gradient other than zero.

    torch's embedding and one_hot are out of bounds here, and so is any matrix product.
    """

    def __init__(self, V: int, D: int, padding_idx: int | None = None):
        super().__init__()
        raise NotImplementedError  # TODO: the table

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        """idx: […] int64, of any shape, entries from 0 to V − 1. Returns […, D]: the rows as they stand in the table.

        A token that occurs several times adds up its gradients. The row of padding_idx is returned as it stands, too,
        also when somebody has overwritten it. The table is not changed.

        Example: with weight [[1., 2.], [3., 4.]], [1, 1, 0] gives [[3., 4.], [3., 4.], [1., 2.]].
        """
        raise NotImplementedError  # TODO
