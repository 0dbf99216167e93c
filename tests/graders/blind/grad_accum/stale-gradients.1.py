"""One large step from many small batches."""

import torch
import torch.nn.functional as F


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
    asked = sum(int((y != -100).sum()) for _, y in micro)
    total = 0.0
    for x, y in micro:
        out = model(x)
        logits = out[0] if isinstance(out, tuple) else out
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=-100, reduction="sum") / asked
        loss.backward()
        total += loss.item()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    opt.step()
    return total
