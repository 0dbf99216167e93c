"""The learning rate's course, and the batch's."""

import math


def lr_at(step: int, max_lr: float, min_lr: float, warmup: int, total: int) -> float:
    """The learning rate of a step.

    step: 0, 1, 2, …; may be total or more
    warmup: how many steps it rises; may be 0, may be total
    total: the step from which on it is min_lr
    returns: a float
        step < warmup             max_lr · (step + 1) / warmup: a straight rise, above 0 at step 0
        warmup ≤ step < total     from max_lr at step = warmup along half a cosine wave towards min_lr at step = total
        total ≤ step              min_lr

    Example: with max_lr 1.0, min_lr 0.1, warmup 2, total 6 the rates of steps 0 … 6 are
    0.5, 1.0, 1.0, 0.868, 0.55, 0.232, 0.1.
    """
    if step < warmup:
        rise = (step + 1) / warmup
        return rise * max_lr
    if warmup >= total:
        return min_lr
    done = min(1.0, (step - warmup) / (total - warmup))    # 0 at the top, 1 at the end
    share = (math.cos(done * math.tau) + 1) / 2             # 1 at the top, 0 at the end
    return float(share * max_lr + (1 - share) * min_lr)


def accum_at(tokens_seen: int, ramp: tuple[int, int, int]) -> int:
    """How many micro-batches one step accumulates: few at first, more later.

    tokens_seen: how many tokens have been trained on so far, 0 or more
    ramp: (first, last, over_tokens), whole numbers, 1 ≤ first ≤ last, over_tokens ≥ 0
    returns: an int; from first at 0 tokens along a straight line, rounded down, to last; last from over_tokens on

    Example: with ramp (2, 5, 300) it is 2 at 0 and at 99 tokens, 3 at 150, 4 at 299, 5 at 300 and ever after.
    """
    low, high, n = ramp
    gain = (high - low) * min(tokens_seen, n) / n if n > 0 else high - low
    return int(low + gain)
