"""A codebook: vectors become numbers, and gradients pass all the same."""

import torch
from torch import nn


class VQ(nn.Module):
    """Replaces each vector by the nearest of K codes.

    K: number of codes; D: size of a vector; beta: weight of the second term of the loss

    Parameter, and the only key of the state_dict: codebook [K, D]; its start values are yours, no two codes alike.
    """

    def __init__(self, K: int, D: int, beta: float = 0.25):
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """z: [B, D] float; not changed. Returns (zq, idx, loss):

        zq: [B, D], in value the nearest code of each row (by Euclidean distance). Its gradient passes to z as if
            zq were z, and does not reach the codebook
        idx: [B] int64, the numbers of these codes; of equally near ones the lowest
        loss: 0-d, mse(code, z held fixed) + beta · mse(code held fixed, z); each a mean over all B·D numbers. The first
            term moves the codes and nothing else, the second moves z and nothing else

        No tensor of B·K·D numbers is made on the way.

        Example: with the codes [[0., 0.], [4., 4.]], z = [[3., 5.]] gives zq = [[4., 4.]], idx = [1], loss = 1.25.
        """
        raise NotImplementedError  # TODO: about five lines
