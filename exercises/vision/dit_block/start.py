"""A diffusion transformer: pictures as tokens, and a block whose norms listen to a condition."""

import torch
from torch import nn


def patchify(x: torch.Tensor, p: int) -> torch.Tensor:
    """Cut pictures into patches of p × p. x: [B, C, H, W], H and W multiples of p. Returns [B, N, C·p·p].

    N = (H / p) · (W / p) patches, row by row, from the left. The numbers of a patch: channel after channel, in each of
    them row by row: the order of a convolution's weight [O, C, p, p].
    """
    raise NotImplementedError  # TODO


def unpatchify(t: torch.Tensor, p: int, H: int, W: int) -> torch.Tensor:
    """The way back. t: [B, N, C·p·p], for any C. Returns [B, C, H, W]; unpatchify(patchify(x, p), p, H, W) is x."""
    raise NotImplementedError  # TODO


class DiTBlock(nn.Module):
    """A transformer block that a condition steers.

    D: width, n_head: number of heads (divides D), d_cond: size of the condition

    Parameters, and keys of the state_dict, each with weight and bias:
        qkv      Linear(D, 3·D), the blocks Q, K, V in this order
        proj     Linear(D, D)
        mlp.0    Linear(D, 4·D)
        mlp.2    Linear(4·D, D), with the exact (erf) GELU between the two
        mod.1    Linear(d_cond, 6·D), behind a SiLU; its weight and bias start at zero
    """

    def __init__(self, D: int, n_head: int, d_cond: int):
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, x: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        """x: [B, N, D], c: [B, d_cond]. Returns [B, N, D]; a new block returns x.

        mod(c) is six vectors of D numbers for each sample, in this order: shift, scale, gate for attention; shift,
        scale, gate for the MLP. Both branches, one after the other:
            x + gate · branch(norm(x) · (1 + scale) + shift)
        norm: each token to mean 0 and variance 1 (divided by D, eps = 1e-5), without weights. Attention: every token
        sees every other, head i has the i-th D / n_head numbers of q, k and v, scores are divided by √(D / n_head).
        """
        raise NotImplementedError  # TODO
