"""A long row of token ids as a data set of windows: what a model reads, and what it should have said."""

import torch
from torch.utils.data import Dataset


class TokenWindows(Dataset):
    """Windows of T tokens, cut from one long stream; each with the targets of its T predictions.

    Window i begins at token i · stride. Its inputs x are the T tokens from there on; its targets y are the T tokens
    that begin one later: y[t] is what comes after x[t] in the stream. There are as many windows as fit with all of
    their targets; none, if there are T tokens or fewer.

    Example: in the stream 0, 1, 2, …, 10 with T = 4, windows begin at 0 and 4; window 1 is x = [4, 5, 6, 7] with
    y = [5, 6, 7, 8]. With stride = 2 they begin at 0, 2, 4 and 6.
    """

    def __init__(self, tokens: torch.Tensor, T: int, stride: int | None = None):
        """tokens: [N] int64, not changed; T ≥ 1; stride ≥ 1, and T if it is not given."""
        raise NotImplementedError  # TODO

    def __len__(self) -> int:
        """The number of windows."""
        raise NotImplementedError  # TODO

    def __getitem__(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Window i as (x [T], y [T]): views into the stream, nothing is copied.

        Negative i counts from the end, as in a list. Raises IndexError where a list of the same length would.
        """
        raise NotImplementedError  # TODO
