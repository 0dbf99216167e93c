"""Sequences of unequal length, made into one batch."""

import torch


def collate(
    batch: list[tuple[torch.Tensor, torch.Tensor]], pad_id: int, ignore: int = -100, side: str = "right"
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Fill up each sequence to the length of the longest, and stack them.

    batch: pairs (x [t], y [t]) of int64, at least one; t ≥ 1 is the same within a pair and differs between pairs;
        they are not changed
    pad_id: what the inputs are filled up with
    ignore: what the targets are filled up with, so that the loss can leave these places out
    side: "right" fills up behind the tokens, "left" in front of them; inputs, targets and mask alike
    returns: x [B, T] int64, y [B, T] int64, mask [B, T] bool; T is the longest t; the mask is True where a token
        stands that came with the batch

    A real token may have the number pad_id, and a real target the number ignore: the mask goes by place, not by value.

    Example: the pairs ([5, 6], [6, 7]) and ([8], [9]) with pad_id = 0 give x = [[5, 6], [8, 0]],
    y = [[6, 7], [9, -100]] and mask = [[True, True], [True, False]].
    """
    raise NotImplementedError  # TODO
