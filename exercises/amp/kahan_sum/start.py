"""A running sum in bfloat16 that does not stop growing."""

import torch


def kahan_add_(p: torch.Tensor, upd: torch.Tensor, comp: torch.Tensor) -> None:
    """Add upd to p, both bfloat16, and keep in comp what the rounding lost, for the next call.

    p (...) bfloat16: a weight, say; changed in place
    upd (...) bfloat16: a small update; stays as it is
    comp (...) bfloat16: zero before the first call; changed in place. Everything that has to be remembered from call
        to call lives here. Its sign is your choice: what p is short of, or what it has too much.
    returns: None

    Together, p and comp follow the true sum of all updates much more closely than p can alone. What happens between
    (in bfloat16 or in float32) is up to you.

    Example: p = 1, upd = 0.001. A plain p += upd leaves 1 for ever: the next bfloat16 after 1 is 1.0078. With
    kahan_add_, p is still 1 after the first call and about 3 after 2,000 calls.
    """
    raise NotImplementedError  # TODO
