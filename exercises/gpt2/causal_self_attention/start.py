"""GPT-2's attention: the class that your own GPT-2 will be built from."""

import torch
from torch import nn


class CausalSelfAttention(nn.Module):
    """Multi-head self-attention in which position t sees positions 0 … t.

    config: an object with
        n_embd      C, the model's width
        n_head      how many heads; divides n_embd, each head has h = n_embd / n_head numbers
        block_size  the longest sequence
        dropout     0.0, or absent; you may leave it out
    layer_idx: the number of the block it sits in; not needed yet

    Its state_dict has exactly four keys: c_attn.weight [3C, C], c_attn.bias [3C], c_proj.weight [C, C],
    c_proj.bias [C]. The output of c_attn is three blocks of width C: queries, keys, values; the heads are cut
    inside each block.
    """

    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        raise NotImplementedError  # TODO: two Linear layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Mix the positions.

        x: [B, T, C] with any T ≤ block_size
        returns: [B, T, C], same dtype

        Write the attention itself, with softmax: F.scaled_dot_product_attention and nn.MultiheadAttention are out of
        bounds here. One product with c_attn makes q, k and v.
        """
        raise NotImplementedError  # TODO: about eight lines; math.sqrt is at hand
