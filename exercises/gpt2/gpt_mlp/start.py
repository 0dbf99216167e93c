"""GPT-2's MLP: the other class that your own GPT-2 will be built from."""

import torch
from torch import nn


class MLP(nn.Module):
    """Each position, alone, through a layer four times as wide: C → 4C, the tanh form of GELU, 4C → C.

    config: an object with
        n_embd      C, the model's width
        dropout     0.0, or absent; you may leave it out
        (it has n_head, n_layer, block_size and vocab_size too, which nothing here needs)
    layer_idx: the number of the block it sits in; the model hands it to all its parts, and you need not use it

    Its state_dict has exactly four keys: c_fc.weight [4C, C], c_fc.bias [4C], c_proj.weight [C, 4C], c_proj.bias [C].
    """

    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        raise NotImplementedError  # TODO: two Linear layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Work on every position by itself.

        x: [B, T, C], float32 or float64; not changed
        returns: [B, T, C], same dtype

        Example: with all weights and biases 0, but c_proj.bias 0.5, every output number is 0.5.
        """
        raise NotImplementedError  # TODO: one line, or three
