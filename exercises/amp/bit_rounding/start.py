"""float32 with fewer mantissa bits: bfloat16, TF32 and every format between, made by hand."""

import torch


def round_mantissa(x: torch.Tensor, keep: int) -> torch.Tensor:
    """Round float32 numbers to the nearest ones that need only `keep` mantissa bits.

    x (...) float32: 1 sign bit, 8 exponent bits, 23 mantissa bits; any shape, contiguous or not
    keep: how many of the 23 mantissa bits may still differ from 0, from 1 to 23; the exponent keeps its 8 bits
    returns: (...) float32, a new tensor; x itself stays as it is

    A number just between two neighbors goes to the one whose last kept bit is 0 (ties to even). What rounds past the
    largest number becomes inf of its sign. inf stays inf, NaN stays NaN, -0.0 stays -0.0.

    keep=7 gives the numbers that bfloat16 has, keep=10 those of TF32, keep=23 a copy.

    Example: round_mantissa(torch.tensor([1.2, 1.25, 1.375]), 2) is [1.25, 1.25, 1.5].
    """
    raise NotImplementedError  # TODO
