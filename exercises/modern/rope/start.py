"""Rotary positions: where a token stands becomes an angle."""

import torch


def apply_rope(x: torch.Tensor, pos: torch.Tensor, base: float = 10_000.0) -> torch.Tensor:
    """Turn queries or keys by angles that grow with their position.

    x: [B, H, T, d], d even; float32, float64 or bfloat16; not changed
    pos: [T], int64: the position of each of the T tokens; 0 or more, in any order, not always 0 … T − 1
    base: the smaller it is, the faster all pairs but the first turn
    returns: [B, H, T, d], x's dtype

    The d numbers are d/2 pairs: number i belongs to number i + d/2 (the layout of Llama's code). Pair i of a token at
    position p is turned by the angle p · base^(−2i/d), from the first towards the second:

        (a, b)  →  (a·cos − b·sin, b·cos + a·sin)

    Angles are computed in float32 or better, also for bfloat16 inputs: bfloat16 has no number 257. What you make on the
    way is made where x is, not elsewhere and then moved.

    Example: d = 2, a token [1., 0.] at position 1 becomes [0.5403, 0.8415], the cosine and the sine of 1.
    """
    raise NotImplementedError  # TODO: about six lines
