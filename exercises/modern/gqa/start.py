"""Grouped-query attention: many questions, few keys."""

import torch
import torch.nn.functional as F
from torch import nn


class GQA(nn.Module):
    """Causal attention in which groups of query heads share one key head and one value head.

    C: the width of the stream
    n_head: query heads, n_head divides C; each has h = C / n_head numbers
    n_kv_head: key heads, and value heads; n_kv_head divides n_head. With n_head of them it is ordinary multi-head
        attention, with 1 it is called multi-query attention

    Four nn.Linear without biases: q_proj and o_proj (C to C), k_proj and v_proj (C to n_kv_head · h). The state_dict
    has four keys, such as k_proj.weight. A head is h neighboring channels, as ever.
    """

    def __init__(self, C: int, n_head: int, n_kv_head: int):
        super().__init__()
        raise NotImplementedError  # TODO: four projections, and the sizes that forward needs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Each token looks at itself and at what came before it.

        x: [B, T, C]; not changed
        returns: [B, T, C], same dtype

        Scores are divided by √h. Neighboring query heads share: with n_head = 6 and n_kv_head = 2, queries 0, 1, 2 use
        key head 0 and value head 0, queries 3, 4, 5 use heads 1.

        Any way to attend is allowed, nn.functional.scaled_dot_product_attention too. A mask, if you need one, is made
        where x is, not elsewhere and then moved.
        """
        raise NotImplementedError  # TODO
