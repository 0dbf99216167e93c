"""A small GPT, whole: tables, blocks, one last norm, and a head that is the token table."""

import torch
from torch import nn


class TinyGPT(nn.Module):
    """Reads token numbers, and gives every position the logits of its next token.

    V: vocabulary size      C: width of the stream      n_head: heads, each with h = C / n_head channels
    d_ff: width inside the MLP      n_layer: number of blocks      T_max: the longest sequence
    dropout: 0 … 1, where 1 drops everything; in train mode, on the sum of the two tables and on what each branch adds

    Its parameters, by name. Every layer but the head has a bias; LayerNorms have eps 1e-5.
        wte.weight [V, C]       the token table; it is also the head: logits = x @ wte.weight.T, without a bias
        wpe.weight [T_max, C]   the table of positions 0, 1, 2, …, one vector for each
        blocks.0. … blocks.{n_layer - 1}. in front of:
            ln_1.weight, ln_1.bias [C]                             the norm before attention
            attn.q_proj, attn.k_proj, attn.v_proj, attn.out_proj   .weight [C, C], .bias [C] of each
            ln_2.weight, ln_2.bias [C]                             the norm before the MLP
            fc_in.weight [d_ff, C], fc_in.bias [d_ff]
            fc_out.weight [C, d_ff], fc_out.bias [C]
        ln_f.weight, ln_f.bias [C]   the one norm behind all blocks
    Each tensor of the list is one parameter, and there are no others. If you make a layer for the head, call it lm_head
    and let it have wte's own parameter. How they start is up to you.

    A block is pre-norm: x = x + attn(ln_1(x)), then x = x + mlp(ln_2(x)). attn is causal attention as in
    multi-head-attention: head i owns channels i·h … (i + 1)·h of the projections, scores are divided by √h, position t
    sees 0 … t. The MLP is fc_in, the exact GELU (F.gelu), fc_out.
    """

    def __init__(self, V: int, C: int, n_head: int, d_ff: int, n_layer: int, T_max: int, dropout: float = 0.0):
        super().__init__()
        raise NotImplementedError  # TODO: two tables, the blocks, the last norm

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        """idx: int64 [B, T] with any T ≤ T_max. Returns logits [B, T, V], in the dtype of the parameters.

        New tensors are made on idx's device.

        Example: TinyGPT(1000, 64, 4, 256, 4, 128) has 272,256 parameters; a [2, 5] batch gives [2, 5, 1000].
        """
        raise NotImplementedError  # TODO
