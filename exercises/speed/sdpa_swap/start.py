"""GPT-2's attention on the fused kernel: the same class, without a [T, T] table in memory."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class CausalSelfAttention(nn.Module):
    """Multi-head self-attention in which position t sees positions 0 … t.

    config: an object with
        n_embd      C, the model's width
        n_head      how many heads; divides n_embd, each head has h = n_embd / n_head numbers
        block_size  the longest sequence
        dropout     the probability with which an attention weight is dropped while training; 0.0 drops nothing
    layer_idx: the number of the block it sits in; not needed yet

    Its state_dict has exactly four keys: c_attn.weight [3C, C], c_attn.bias [3C], c_proj.weight [C, C],
    c_proj.bias [C]. The output of c_attn is three blocks of width C: queries, keys, values; the heads are cut
    inside each block. The attention weights are what dropout is for: nothing else is dropped.
    """

    # TODO: this is right, and makes tables of T × T numbers: one mask, and for each head scores, weights and more.
    # Let F.scaled_dot_product_attention do all that lies between q, k, v and y; then no tensor is as large as T × T, in
    # __init__ neither. You may put your own passing attention here first.

    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)
        self.n_head = config.n_head
        self.dropout = config.dropout
        past = torch.ones(config.block_size, config.block_size, dtype=torch.bool).tril()
        self.register_buffer("past", past, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Mix the positions: x [B, T, C] with any T ≤ block_size → [B, T, C], same dtype."""
        B, T, C = x.shape
        q, k, v = self.c_attn(x).view(B, T, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)  # each [B, n, T, h]
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        scores = scores.masked_fill(~self.past[:T, :T], -math.inf)
        weights = F.dropout(scores.softmax(-1), self.dropout, self.training)
        y = weights @ v
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))
