"""A context of eight symbols, joined two by two: the tree of WaveNet."""

import torch
from torch import nn


class FlattenConsecutive(nn.Module):
    """Lay every n neighbors in time side by side: [N, T, C] becomes [N, T/n, n·C].

    n: size of a group; it divides T

    In a group the earliest position comes first. When one group is left, the middle dimension is dropped: [N, n·C].
    No other dimension is ever dropped, not even one of size 1.

    Example: x [1, 4, 1] with the values 1, 2, 3, 4 gives [[[1, 2], [3, 4]]] for n = 2 and [[1, 2, 3, 4]] for n = 4.
    """

    def __init__(self, n: int):
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: [N, T, C]; not changed. Returns [N, T/n, n·C], or [N, n·C] if T = n."""
        raise NotImplementedError  # TODO


class WaveLM(nn.Module):
    """Logits of the symbol that comes after k others.

    V: number of symbols; k: length of the context, a power of two, 2 or more; d: width of a symbol's vector;
    h: width of the levels. Made by keywords: WaveLM(V=27, k=8, d=24, h=128)

    First a table with a row [d] for each symbol. Then log2(k) levels, each of them

        FlattenConsecutive(2)  →  a Linear layer to h  →  BatchNorm over h  →  tanh

    and at last a Linear layer from h to V, with a bias. The Linear layers inside of the levels may have a bias or not.

    Each level has weights of its own. BatchNorm is that of nn.BatchNorm1d(h) (gain [h] from ones, shift [h] from zeros,
    eps 1e-5), with one mean and one variance for each of the h features, taken over the batch and over all positions;
    it keeps its running mean in a buffer [h] whose name contains "running_mean". The names of layers are yours.
    """

    def __init__(self, V: int, k: int = 8, *, d: int, h: int):
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        """idx: [N, k] int64, earliest symbol first; not changed. Returns [N, V]. In eval mode N may be 1."""
        raise NotImplementedError  # TODO
