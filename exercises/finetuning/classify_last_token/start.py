"""A pretrained GPT that sorts texts into classes."""

import torch
from torch import nn


class GPTClassifier(nn.Module):
    """A GPT whose last real token is read by a linear layer of n_cls outputs.

    gpt: a trained GPT; kept as self.gpt. It has
        gpt.transformer.wte     nn.Embedding [V, C]
        gpt.transformer.wpe     nn.Embedding [block_size, C]
        gpt.transformer.h       nn.ModuleList of blocks, each [B, T, C] → [B, T, C], causal
        gpt.transformer.ln_f    nn.LayerNorm over C
        gpt(ids)                a pair (logits [B, T, V], loss), where the logits are head(ln_f(…)) of the stream; you
                                may call it, or go through the parts yourself
    n_cls: how many classes, at least 2
    self.head: nn.Linear C → n_cls with a bias, on ln_f's output. Its weight and bias are the only new parameters

    Of all parameters these alone ask for gradients: head's, ln_f's, and those of the last block in h. The flags of
    gpt's parameters are changed in place; their values and gpt's modules stay as they are.
    """

    def __init__(self, gpt: nn.Module, n_cls: int):
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """ids: [B, T] int64, T ≤ block_size; shorter texts are filled up at the end (on the right) with any id
        mask: [B, T], bool or int64; True or 1 at real tokens, at least one in each row; neither is changed
        returns: [B, n_cls] logits. What stands in the filled places plays no part

        Example: with the mask [[1, 1, 1, 0], [1, 0, 0, 0]] position 2 of row 0 and position 0 of row 1 are read.
        """
        raise NotImplementedError  # TODO
