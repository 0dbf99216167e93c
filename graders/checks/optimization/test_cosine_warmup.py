"""Checks for cosine-warmup: the rise, the wave, what comes after, edges, the ramp."""


def course(draw):
    """max_lr, min_lr, warmup, total: all different, with a good stretch for each part."""
    max_lr = draw.number(0.5, 3.0)
    warmup = draw.integer(4, 9)
    return max_lr, max_lr * draw.number(0.05, 0.3), warmup, warmup + draw.integer(11, 30)


def test_warmup(submission, draw, observe):
    """The rate rises on a straight line: max_lr / warmup at step 0, max_lr at step warmup − 1"""
    max_lr, min_lr, warmup, total = course(draw)
    rates = [submission.lr_at(step, max_lr, min_lr, warmup, total) for step in range(warmup)]
    observe(f"rates of steps 0 … {warmup - 1} with warmup {warmup}", rates)


def test_cosine(submission, draw, observe):
    """From warmup on it falls along half a cosine wave, from max_lr towards min_lr"""
    max_lr, min_lr, warmup, total = course(draw)
    rates = [submission.lr_at(step, max_lr, min_lr, warmup, total) for step in range(warmup, total)]
    observe(f"rates of steps {warmup} … {total - 1} with warmup {warmup} and total {total}", rates)


def test_after(submission, draw, observe):
    """From total on it is min_lr"""
    max_lr, min_lr, warmup, total = course(draw)
    for step in (total, total + 1, total + draw.integer(2, 20), 3 * total):
        observe(f"rate of step {step} with total {total}", submission.lr_at(step, max_lr, min_lr, warmup, total))


def test_edges(submission, draw, observe):
    """Without a rise it begins at max_lr; without a fall it goes on with min_lr; one step is enough"""
    max_lr, min_lr, _, total = course(draw)
    observe("warmup 0", [submission.lr_at(step, max_lr, min_lr, 0, total) for step in range(total + 2)])
    observe("warmup = total", [submission.lr_at(step, max_lr, min_lr, total, total) for step in range(total + 2)])
    observe("warmup 1", [submission.lr_at(step, max_lr, min_lr, 1, 3) for step in range(5)])
    observe("total 0", submission.lr_at(0, max_lr, min_lr, 0, 0))
    recipe = [submission.lr_at(step, 6e-4, 6e-5, 715, 19073) * 1e4 for step in (0, 714, 715, 10000, 19072, 19073)]
    observe("GPT-2's rates, times 10⁴", recipe)


def test_ramp(submission, draw, observe):
    """accum_at goes from first to last in whole steps, rounded down, and stays there"""
    first = draw.integer(2, 5)
    last = first + draw.integer(3, 9)
    over = 2 ** draw.integer(10, 16)
    ramp = (first, last, over)
    observe(f"ramp {ramp} at 0", submission.accum_at(0, ramp))
    observe("at 1", submission.accum_at(1, ramp))
    seen = sorted(draw.integer(1, over - 1) for _ in range(12))
    observe(f"at {seen}", [submission.accum_at(n, ramp) for n in seen])
    for n in (over - 1, over, over + 1, 3 * over):
        observe(f"at {n}", submission.accum_at(n, ramp))


def test_flat_ramp(submission, draw, observe):
    """A ramp over 0 tokens is at its end at once; one from n to n is n everywhere"""
    first = draw.integer(2, 5)
    last = first + draw.integer(2, 5)
    observe("over 0 tokens, at 0 and 7", [submission.accum_at(n, (first, last, 0)) for n in (0, 7)])
    observe("from n to n", [submission.accum_at(n, (first, first, 64)) for n in (0, 33, 64, 99)])
