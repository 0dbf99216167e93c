"""The activation of GPT-2, from its formula."""

import torch


def gelu(x: torch.Tensor) -> torch.Tensor:
    """GELU in the form that GPT-2 was trained with: 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).

    x: any shape, any floating dtype; not changed. Returns x's shape and dtype; gradients flow through.
    For large |x| the result is x, or 0 on the negative side, never NaN.

    torch's own gelu is out of bounds here.

    Example: gelu(tensor(1.)) is 0.8412; the exact GELU, with erf in place of tanh, would be 0.8413.
    """
    raise NotImplementedError  # TODO
