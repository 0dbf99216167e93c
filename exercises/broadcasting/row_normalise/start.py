"""From a table of counts to a table of probabilities: it was right on the table that its author tried."""

import torch


def row_normalise(counts: torch.Tensor, alpha: float = 0.0) -> torch.Tensor:
    """Divide each row by its sum, after adding alpha to every count.

    counts: int64 [R, C], never negative; not changed
    alpha: a number ≥ 0 that is added to each of a row's C counts, so that what was never seen is not impossible
    returns: float32 [R, C]; each row sums to 1. A row whose counts are all 0 becomes zeros when alpha is 0, and
        uniform, 1/C everywhere, when alpha is above 0.

    Example: row_normalise(torch.tensor([[1, 3], [0, 0]])) is [[0.25, 0.75], [0., 0.]];
    with alpha=1.0 it is [[2/6, 4/6], [0.5, 0.5]].
    """
    # TODO: from outside, this is what is wrong: on a square table the rows do not sum to 1, on any other it raises;
    # with alpha above 0 the rows sum to more than 1; and a row without counts comes out as NaN.
    return (counts + alpha) / counts.sum(1)
