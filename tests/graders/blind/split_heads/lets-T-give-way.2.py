"""From channels to heads and back: the two shape changes around every attention."""

import torch


def split_heads(x: torch.Tensor, n: int) -> torch.Tensor:
    """Cut the channels of every token into n heads, and bring the heads before the tokens.

    x: [B, T, C], any dtype; not always contiguous
    n: the number of heads
    returns: [B, n, T, C/n]; head i holds the channels i·C/n … (i+1)·C/n - 1 of every token.
        It is a view: it shares x's memory.
    raises: an exception where n is below 1 or does not divide C

    Example: x = [[[1, 2, 3, 4], [5, 6, 7, 8]]] with n = 2 gives [[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]].
    """
    size = x.size(-1) // n
    heads = x.reshape(len(x), -1, n, size)      # [B, T, n, size]
    return heads.permute(0, 2, 1, 3)        # [B, n, T, size]


def merge_heads(y: torch.Tensor) -> torch.Tensor:
    """The way back: merge_heads(split_heads(x, n)) equals x.

    y: [B, n, T, h], any dtype; not always a result of split_heads
    returns: [B, T, n·h], contiguous

    Example: y = [[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]] gives [[[1, 2, 3, 4], [5, 6, 7, 8]]].
    """
    tokens_first = y.permute(0, 2, 1, 3)
    return tokens_first.flatten(start_dim=2).contiguous()
