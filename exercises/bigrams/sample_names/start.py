"""A table of probabilities begins to speak: names drawn symbol by symbol."""

import torch


def sample(P: torch.Tensor, n: int, gen: torch.Generator, max_len: int = 100) -> list[str]:
    """Draw n names from a bigram model.

    P: [V, V] floating, V ≤ 27; P[i, j] is the probability of symbol j after symbol i, so each row sums to 1. Symbol 0
        is the boundary ".", symbols 1, 2, … are the letters a, b, … P is not changed
    n: how many names; 0 gives an empty list
    gen: where all chance comes from; torch's and Python's global random numbers are left alone
    max_len: the most letters a name may have; one that has so many is returned as it is, without its end
    returns: n strings of letters, without boundaries

    Each name begins after a boundary, and ends when a boundary is drawn. If that comes first, the name is empty: it is
    kept like any other. An equal generator gives equal names; the same generator goes on to others at the next call.

    Example: with P = [[0., 0., 1.], [1., 0., 0.], [0., 1., 0.]] every name is "ba".
    """
    raise NotImplementedError  # TODO
