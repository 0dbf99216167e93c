"""A language model trained from the first line to the last without autograd."""

import torch


def train(
    params: dict[str, torch.Tensor],
    X: torch.Tensor,
    Y: torch.Tensor,
    steps: int,
    bs: int,
    lr: float,
    gen: torch.Generator,
) -> list[float]:
    """Train the model of ninja-atomic in place by plain gradient descent, and return the losses.

    params: C [V, D], W1 [k·D, H], b1 [H], W2 [H, V], b2 [V], and bngain, bnbias, running_mean, running_var, all [1, H];
        floats of one dtype. All nine tensors are changed in place; the dict keeps the same tensor objects
    X, Y: int64, [N, k] and [N]: the contexts of all examples and the letters that follow
    steps: how many updates to make
    bs: how many examples each step looks at
    lr: the learning rate
    gen: where the choice of examples comes from
    returns: the loss of each step's batch before its update, as Python floats

    Each step:

        ix = torch.randint(0, len(X), (bs,), generator=gen)        the only draw
        the forward pass of ninja-atomic on X[ix] and Y[ix], with mean and variance of this batch (n = bs, eps = 1e-5)
        running_mean ← 0.9 · running_mean + 0.1 · bnmeani, and running_var ← 0.9 · running_var + 0.1 · bnvar
        p ← p − lr · (gradient of this loss by p), for the seven others

    In short: embcat = C[X].view(bs, -1); hprebn = embcat @ W1 + b1; batch norm with the variance Σ(…)²/(bs − 1), bngain
    and bnbias; tanh; logits = h @ W2 + b2; cross entropy, as a mean.

    autograd is out of bounds: no backward, no requires_grad. The functions of your ninja exercises may come along.
    """
    raise NotImplementedError  # TODO
