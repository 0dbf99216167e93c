"""A language model with one hidden layer: learned coordinates for symbols, side by side, through a tanh."""

import torch
from torch import nn


class MLPLM(nn.Module):
    """From the k symbols of a context to V logits for the next one.

    V: number of symbols; k: symbols in a context; d: coordinates of each symbol; h: hidden units; all 1 or more
    direct: True adds a way around the hidden layer, from the coordinates straight to the logits

    With e, the k · d coordinates of a context, the oldest symbol's first:

        logits = out(tanh(hidden(e)))                   direct=False
        logits = out(tanh(hidden(e))) + direct(e)       direct=True

    Keys of the state_dict: emb.weight [V, d]; hidden.weight [h, k·d], hidden.bias [h]; out.weight [V, h], out.bias [V];
    and, only with direct=True, direct.weight [V, k·d]. How they start is up to you.

    The k · d coordinates already lie side by side in memory: they are not copied together by cat or stack.
    """

    def __init__(self, V: int, k: int, d: int, h: int, direct: bool = False):
        super().__init__()
        raise NotImplementedError  # TODO: the layers

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """X: [N, k] int64, ids in [0, V), the oldest on the left. Returns [N, V] logits, in the parameters' dtype.

        Example: MLPLM(27, 3, 2, 5) has 54 + 30 + 5 + 135 + 27 = 251 parameters; for X [4, 3] it returns [4, 27].
        """
        raise NotImplementedError  # TODO
