"""Two weights in one byte."""

import torch


def pack(q: torch.Tensor) -> torch.Tensor:
    """Put two whole numbers from −8 to 7 into each byte.

    q: [O, I] int8, entries from −8 to 7; not changed
    returns: [O, I / 2] uint8. Column j holds column 2j of q in its low four bits and column 2j + 1 in its high four,
        each as the low four bits of its int8 (two's complement: −1 is 1111, −8 is 1000)
    raises: ValueError when I is odd

    Example: pack([[1, -1]]) is [[241]], which is 1111 0001.
    """
    raise NotImplementedError  # TODO


def unpack(packed: torch.Tensor) -> torch.Tensor:
    """The way back: [O, I / 2] uint8 → [O, I] int8 with entries from −8 to 7. packed is not changed.

    Example: unpack([[241]]) is [[1, -1]].
    """
    raise NotImplementedError  # TODO


def quantize(w: torch.Tensor, group: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights to four bits each, and a scale for every `group` neighbors in a row.

    w: [O, I] float32; not changed
    group: how many columns share a scale; even
    returns: (packed, scale): packed [O, I / 2] uint8 as pack makes it, scale [O, I / group] float32, the largest
        absolute value of the group / 7 (of a group of zeros: any finite number). Each weight becomes the nearest whole
        number of scales, from −7 to 7
    raises: ValueError when I is not a multiple of group
    """
    raise NotImplementedError  # TODO


def dequantize(packed: torch.Tensor, scale: torch.Tensor, group: int = 32) -> torch.Tensor:
    """The weights that packed and scale stand for: [O, I] float32. A group of zeros comes back as zeros."""
    raise NotImplementedError  # TODO
