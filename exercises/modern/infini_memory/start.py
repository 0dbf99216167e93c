"""A memory of fixed size beside a short window: Infini-attention, with one head."""

import torch
import torch.nn.functional as F
from torch import nn


class InfiniAttention(nn.Module):
    """The sequence is cut into segments. Inside a segment there is ordinary attention; what came before it is a matrix.

    d: width of x, of queries, keys and values
    segment: tokens in a segment, 1 or more; the last one may be shorter

    q_proj, k_proj, v_proj: nn.Linear from d to d, without biases
    beta: a parameter without dimensions, 0 at the start; sigmoid(beta) is the share of the memory
    """

    def __init__(self, d: int, segment: int):
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: [B, T, d]; not changed. Returns [B, T, d], the same dtype.

        Each sequence of each call begins with an empty memory: M [d, d] and z [d], all zeros. With σ(u) = ELU(u) + 1,
        which is always positive, every segment goes through three steps, in this order:

            read     mem = σ(q) M / (σ(q) · z + 1e-6)          for each of its queries
            attend   local = causal softmax attention among the tokens of the segment, scale 1/√d
                     out = sigmoid(beta) · mem + (1 − sigmoid(beta)) · local
            write    M ← M + σ(k)ᵀ v,   z ← z + Σ σ(k)          over the tokens of the segment

        In the first segment mem is 0. Nothing of the size T × T is made: what is kept of the past is M and z. They are
        made where x is, not elsewhere and then moved.

        Any way to attend is allowed, nn.functional.scaled_dot_product_attention too.
        """
        raise NotImplementedError  # TODO: about twelve lines
