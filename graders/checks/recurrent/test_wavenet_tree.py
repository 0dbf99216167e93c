"""Checks for wavenet-tree: groups, dropped dimensions, a census of weights, the norm, logits, eval mode, gradients."""

import torch

from graders.kit import equal, holds

COARSE = equal(rtol=1e-3, atol=2e-4, because="each norm divides by a spread, which may be small")


def sizes(draw):
    """V, d and h: all widths that a weight can have, V, d, h, 2·d, 2·h, are different."""
    return draw.random.choice([(11, 3, 4), (13, 4, 5), (12, 5, 7), (9, 3, 5), (15, 4, 6)])


def mixed(model, h):
    """The parameters that mix features: the table, the Linear weights, either way round, and the output's bias."""
    return [p for _, p in model.named_parameters() if list(p.shape) != [h]]


def gains(model, h):
    """Gains of the norms: the vectors [h] that start at ones."""
    return [p for p in model.parameters() if list(p.shape) == [h] and bool((p == 1).all())]


def shifts(model, h):
    """Shifts of the norms, and biases of Linear layers before them if any."""
    return [p for p in model.parameters() if list(p.shape) == [h] and not bool((p == 1).all())]


def build(submission, draw, v, k, d, h):
    """A model whose weights are drawn by their role: all of one role get the same values, whatever their names."""
    model = submission.WaveLM(V=v, k=k, d=d, h=h)
    values = {
        (v, d): draw.normal(v, d),
        (h, 2 * d): draw.normal(h, 2 * d, scale=0.6),
        (h, 2 * h): draw.normal(h, 2 * h, scale=0.6),
        (v, h): draw.normal(v, h),
        (v,): draw.normal(v),
    }
    values |= {shape[::-1]: value.T for shape, value in values.items() if len(shape) == 2}
    gain, shift = draw.normal(h, scale=0.2, mean=1), draw.normal(h, scale=0.3)
    found = (gains(model, h), gain), (shifts(model, h), shift)
    with torch.no_grad():
        for p in mixed(model, h):
            p.copy_(values[tuple(p.shape)])
        for vectors, value in found:
            for p in vectors:
                p.copy_(value)
    return model


def test_order(submission, draw, observe):
    """FlattenConsecutive lays neighbors side by side, the earliest first"""
    x = torch.arange(8.0).view(2, 4, 1)
    observe.call("FlattenConsecutive(2)(0 … 7 as [2, 4, 1])", submission.FlattenConsecutive(2), x)
    for n, groups in ((2, 2), (2, 4), (3, 2), (4, 3)):
        b, c = draw.sizes(2, low=2, high=6)
        x = draw.normal(b, n * groups, c)
        observe.call(f"FlattenConsecutive({n})(x [{b}, {n * groups}, {c}])", submission.FlattenConsecutive(n), x)
    x = draw.strided(draw.normal(b, 6, c))
    observe.call("FlattenConsecutive(2)(strided x)", submission.FlattenConsecutive(2), x)


def test_dropped(submission, draw, observe):
    """One group left: the middle dimension goes, and no other one"""
    for b, t, c, n in ((draw.integer(2, 5), 2, 3, 2), (3, 4, 1, 4), (1, 2, 3, 2), (1, 4, 1, 2), (1, 3, 1, 3)):
        x = draw.normal(b, t, c)
        observe.call(f"FlattenConsecutive({n})(x [{b}, {t}, {c}])", submission.FlattenConsecutive(n), x)


def test_census(submission, draw, observe):
    """Parameters: a table, a weight, gain and shift for each level, an output layer with a bias"""
    for k in (8, 2, 16):
        v, d, h = sizes(draw)
        model = submission.WaveLM(V=v, k=k, d=d, h=h)
        observe(
            f"table, weights, output, k = {k}, V = {v}, d = {d}, h = {h}",
            sorted(sorted(p.shape) for p in mixed(model, h)),
        )
        observe(f"gains [{h}] that start at ones", len(gains(model, h)))
        levels = k.bit_length() - 1
        says = "For each level there should be one shift [h], and at most one bias [h] of a Linear layer beside it."
        observe("shifts and biases", len(shifts(model, h)) in (levels, 2 * levels), holds("is_true", says))
    v, d, h = sizes(draw)
    model = submission.WaveLM(V=v, d=d, h=h)
    observe("the same without k", sorted(sorted(p.shape) for p in mixed(model, h)))


def test_norm(submission, draw, observe):
    """The norm's statistics are [h], over batch and positions"""
    for k, (v, d, h) in ((8, sizes(draw)), (4, (9, 3, 2))):
        model = submission.WaveLM(V=v, k=k, d=d, h=h).train()
        model(draw.integers(0, v, 5, k))
        shapes = sorted(list(b.shape) for name, b in model.named_buffers() if "running_mean" in name)
        observe(f"running means, k = {k}, h = {h}", shapes)


def test_values(submission, draw, observe):
    """The logits, in train mode"""
    for k in (8, 2, 4):
        v, d, h = sizes(draw)
        model, n = build(submission, draw, v, k, d, h), draw.integer(24, 40)
        observe.call(f"forward(idx [{n}, {k}]), V = {v}", model.train(), draw.integers(0, v, n, k), rule=COARSE)
    model = build(submission, draw, 9, 4, 3, 2)
    observe.call("forward(idx [30, 4]), h = 2", model.train(), draw.integers(0, 9, 30, 4), rule=COARSE)


def test_eval(submission, draw, observe):
    """In eval mode a batch of one is a batch, and each row stands for itself"""
    v, d, h = sizes(draw)
    model = build(submission, draw, v, 8, d, h).train()
    for _ in range(3):
        model(draw.integers(0, v, 20, 8))
    model.eval()
    idx = draw.integers(0, v, 6, 8)
    together, alone = model(idx).detach(), model(idx[2:3]).detach()
    observe("shapes of logits for 6 rows and for 1", [list(together.shape), list(alone.shape)])
    same = torch.allclose(together[2:3], alone, atol=1e-5)
    observe("a row alone", same, holds("is_true", "In eval mode a row's logits depend on the other rows."))


def test_reach(submission, draw, observe):
    """Every symbol of the context reaches the logits, the earliest too; every weight gets a gradient"""
    v, d, h = sizes(draw)
    for k in (8, 16):
        model = build(submission, draw, v, k, d, h).train()
        model(draw.integers(0, v, 30, k)).square().mean().backward()
        without = [name for name, p in model.named_parameters() if p.grad is None]
        observe("weights without a gradient", without)
        model.eval()
        idx = draw.integers(0, v, 1, k)
        other = (idx + torch.eye(k, dtype=torch.int64)) % v  # row i differs from idx at place i alone
        moved = (model(other) - model(idx)).abs().amax(1) > 1e-6
        says = f"Of the {k} symbols of a context, some make no difference to the logits."
        observe("symbols that make a difference", bool(moved.all()), holds("is_true", says))
