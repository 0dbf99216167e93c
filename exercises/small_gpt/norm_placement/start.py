"""One step along the residual stream. It runs, and no shape complains; but it does not do what its words say."""

from collections.abc import Callable

import torch


def residual_step(
    x: torch.Tensor,
    f: Callable[[torch.Tensor], torch.Tensor],
    ln: Callable[[torch.Tensor], torch.Tensor],
    mode: str,
) -> torch.Tensor:
    """One branch of a transformer block: x and f's answer, with the norm before f or after the sum.

    x: the residual stream, floating, of any shape; not changed
    f: the branch, attention or MLP; maps a tensor to one of the same shape; is called once, since it costs the most
    ln: a norm; maps a tensor to one of the same shape
    mode: "pre" for x + f(ln(x)); "post" for ln(x + f(x)); anything else raises ValueError
    returns: a tensor of x's shape

    Example: if f answers with zeros, "pre" returns x, and "post" returns ln(x).
    """
    # TODO: from outside, this is what is wrong: with an f that answers zeros, "pre" changes x and "post" does not;
    # mode="Pre" is taken for something; and the caller's x is another one afterwards.
    if mode == "pre":
        x += f(x)
        return ln(x)
    x += f(ln(x))
    return x
