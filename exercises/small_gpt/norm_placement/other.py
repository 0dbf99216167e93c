"""A second honest way: a copy that the branch is added to, and the norm moved to one side or the other."""

import torch


def residual_step(x, f, ln, mode):
    if mode not in ("pre", "post"):
        raise ValueError(mode)
    before, after = (ln, torch.nn.Identity()) if mode == "pre" else (torch.nn.Identity(), ln)
    stream = x.clone()
    stream += f(before(x))
    return after(stream)
