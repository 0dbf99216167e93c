"""A layer of experts: many MLPs, of which each token pays for a few."""

import torch
from torch import nn


class MoE(nn.Module):
    """Mixture of experts: a router sends each token to k of n_exp small MLPs, and mixes what they answer.

    C: width of the tokens
    hidden: width inside an expert
    n_exp: how many experts there are
    k: how many of them a token asks, 1 … n_exp

    router: nn.Linear from C to n_exp, without a bias
    experts: an nn.ModuleList of n_exp nn.Sequential(nn.Linear(C, hidden), nn.GELU(), nn.Linear(hidden, C))
    """

    def __init__(self, C: int, hidden: int, n_exp: int, k: int):
        super().__init__()
        raise NotImplementedError  # TODO: router and experts

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x: [N, C], one row a token (a batch of sequences is flattened by the caller); not changed

        returns: (y, aux)

        y [N, C]: for each token, the answers of the k experts with its highest router scores, each times its weight,
            added up. The weights are the softmax over these k scores: they sum to 1. An expert is called with its own
            rows only, all at once or in several calls; one that nobody asks need not be called.
        aux, no dimensions: what keeps experts equally busy, n_exp · Σ_e f_e · P_e, where f_e is the share of expert e
            among all N · k assignments, and P_e the mean over tokens of the softmax over all n_exp scores.
            f is a count; the gradient comes through P. It is 1 when all are equally busy.

        Example: with n_exp = 4, k = 2 and scores [2., 0., 1., −1.], a token asks experts 0 and 2, and weighs them
        with 0.731 and 0.269.
        """
        raise NotImplementedError  # TODO
