"""A tensor in 8 bits: one byte an entry, and one scale for all."""

import torch


def to_fp8(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Store x as float8_e4m3fn numbers and one scale, such that x is about q * scale.

    x (...) float32, finite, at least one entry
    returns: q (...) torch.float8_e4m3fn and scale () float32, positive and finite

    The format has 4 exponent bits and 3 mantissa bits: its largest number is 448, its smallest normal one 2**-6. The
    scale uses that range: the largest |q| lies between 224 and 448. A tensor of zeros gives zeros, and any positive
    finite scale.

    Every entry with |x| of at least 2**-6 * scale comes back with a relative error of at most 2**-4, or 6.25 %.

    Example: x = [1., -100.]: with scale = 100/448, q is [4.5, -448.], and q * scale is [1.0045, -100.].
    """
    raise NotImplementedError  # TODO


def from_fp8(q: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    """Back to float32: q (...) float8_e4m3fn, scale () float32; returns q * scale, (...) float32."""
    raise NotImplementedError  # TODO
