"""One large step from many small batches."""

import torch


def accum_step(
    model: torch.nn.Module,
    micro: list[tuple[torch.Tensor, torch.Tensor]],
    opt: torch.optim.Optimizer,
    max_norm: float,
) -> float:
    """Make one step with the gradient that all the pairs together have, without ever holding more than one's graph.

    model: model(x) gives logits [b, T, V], or a tuple whose first item they are
    micro: the whole step: at least one pair (x, y), both [b, T] int64; b and T may differ from pair to pair. A target
        of −100 is not asked. One pair may have none that is asked, all pairs together have some
    opt: an optimizer over the model's parameters; gradients that are there from before do not count
    max_norm: clip once, after the last backward, so that the joint norm of all gradients is at most this
    returns: the mean cross entropy in nats over all positions that are asked, in all pairs; a float

    The gradient is that of this mean: every asked position counts the same, whichever pair it stands in. Each pair
    has one forward and one backward, and its backward comes before the next one's forward. One opt.step() at the end.

    Example: pairs with 30 and 10 asked positions and mean losses 2.0 and 4.0 return 2.5.
    """
    params = [p for group in opt.param_groups for p in group["params"]]
    for p in params:
        p.grad = None

    n_positions = 0
    for _, target in micro:
        n_positions += (target != -100).sum().item()

    losses = []
    for inp, target in micro:
        logits = model(inp)
        if isinstance(logits, tuple):
            logits = logits[0]
        mask = target != -100
        logp = torch.log_softmax(logits, dim=-1)
        nll = -logp.gather(2, target.clamp(min=0)[..., None])[..., 0]      # [b, T]
        part = (nll * mask).sum() / n_positions
        losses.append(part)

    for part in losses:
        part.backward()
    norm = torch.stack([p.grad.norm() for p in params if p.grad is not None]).norm()
    if norm > max_norm:
        for p in params:
            if p.grad is not None:
                p.grad.mul_(max_norm / norm)
    opt.step()
    return sum(part.item() for part in losses)
