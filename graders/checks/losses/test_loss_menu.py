"""Checks for loss-menu: the mean of each loss, single losses and sums, dtypes, large logits, gradients."""

import torch

from graders.kit import equal

COARSE = equal(rtol=5e-2, atol=5e-2, because="bfloat16 has 8 significant bits")


def shapes(draw):
    """None, one, two and three dimensions, all of different sizes, one of them 1."""
    a, b, c = draw.sizes(3, low=3)
    return (a,), (a, b), (b, 1, c), (1,), ()


def questions(draw, *shape, dtype=torch.float32):
    """Logits away from 0 and beyond ±4, soft targets."""
    z = draw.uniform(*shape, low=0.05, high=4, dtype=dtype)
    return z * (2 * draw.integers(0, 2, *shape) - 1), draw.uniform(*shape, low=0.02, high=0.98, dtype=dtype)


def guesses(draw, *shape, dtype=torch.float32):
    return draw.normal(*shape, scale=2, dtype=dtype), draw.normal(*shape, mean=0.5, dtype=dtype)


def classes(draw, n, c, dtype=torch.float32):
    return draw.normal(n, c, scale=2, dtype=torch.float64).log_softmax(1).to(dtype), draw.integers(0, c, n)


def test_bce_values(submission, draw, observe):
    """bce_with_logits: the mean over all entries, for targets anywhere in [0, 1]"""
    for shape in shapes(draw):
        z, t = questions(draw, *shape)
        observe.call(f"bce_with_logits(z {list(shape)}, t)", submission.bce_with_logits, z, t)
    z, t = questions(draw, *draw.sizes(2, low=3))
    observe.call("bce_with_logits(z, t of zeros and ones)", submission.bce_with_logits, z, (t > 0.5).float())
    observe.call("bce_with_logits(strided z, t)", submission.bce_with_logits, draw.strided(z), t)


def test_mse_values(submission, draw, observe):
    """mse: the mean of the squares over all entries"""
    for shape in shapes(draw):
        observe.call(f"mse(p {list(shape)}, t)", submission.mse, *guesses(draw, *shape))


def test_nll_values(submission, draw, observe):
    """nll: the mean of −logp[i, y[i]] over the rows"""
    for n, c in (draw.sizes(2, low=3), (1, draw.integer(2, 9)), (draw.integer(2, 9), 1), (5, 5)):
        observe.call(f"nll(logp [{n}, {c}], y)", submission.nll, *classes(draw, n, c))


def each(submission, draw):
    """Every loss with arguments for it."""
    n, c = draw.sizes(2, low=3)
    yield f"bce_with_logits(z [{n}, {c}], t", submission.bce_with_logits, questions(draw, n, c)
    yield f"mse(p [{n}, {c}], t", submission.mse, guesses(draw, n, c)
    yield f"nll(logp [{n}, {c}], y", submission.nll, classes(draw, n, c)


def test_none(submission, draw, observe):
    """reduction="none" gives every loss by itself"""
    for name, function, args in each(submission, draw):
        observe.call(f'{name}, reduction="none")', function, *args, reduction="none")


def test_sum(submission, draw, observe):
    """reduction="sum" gives their sum, "mean" their mean; it is the third argument"""
    for name, function, args in each(submission, draw):
        observe.call(f'{name}, reduction="sum")', function, *args, reduction="sum")
        observe.call(f'{name}, "mean")', function, *args, "mean")


def test_dtype(submission, draw, observe):
    """float64 and bfloat16 come back as they went in"""
    for dtype, rule in ((torch.float64, None), (torch.bfloat16, COARSE)):
        for name, function, args in each(submission, draw):
            given = [a.to(dtype) if a.is_floating_point() else a for a in args]
            observe.call(f"{name}), {str(dtype)[6:]}", function, *given, rule=rule)


def far(draw, dtype):
    """Logits from −500 to 500, and targets that agree, disagree and doubt."""
    z = torch.cat(
        [draw.uniform(6, low=20, high=500), -draw.uniform(6, low=20, high=500), torch.tensor([500.0, -500.0])]
    )
    t = torch.cat([torch.tensor([0.0, 1.0, 0.25] * 4), draw.uniform(2)])
    return z.to(dtype), t.to(dtype)


def test_bce_extremes(submission, draw, observe):
    """Logits of ±500 cost what they should, neither infinity nor NaN"""
    for dtype in (torch.float32, torch.float64):
        for reduction in ("none", "mean"):
            name = f'bce_with_logits(z up to ±500, t, reduction="{reduction}"), {str(dtype)[6:]}'
            observe.call(name, submission.bce_with_logits, *far(draw, dtype), reduction=reduction)


def test_bce_gradients(submission, draw, observe):
    """bce_with_logits: z gets its gradient, at ±500 too"""
    n, c = draw.sizes(2, low=3)
    for what, (z, t) in (
        (f"z [{n}, {c}]", questions(draw, n, c, dtype=torch.float64)),
        ("z up to ±500", far(draw, torch.float32)),
    ):
        for reduction in ("none", "mean"):

            def loss(z, t=t, reduction=reduction):
                return submission.bce_with_logits(z, t, reduction=reduction)

            observe.gradients(f'bce_with_logits({what}, t, reduction="{reduction}")', loss, z, names=["z"])


def test_other_gradients(submission, draw, observe):
    """mse and nll: p and logp get theirs"""
    n, c = draw.sizes(2, low=3)
    for reduction in ("none", "sum", "mean"):
        p, t = guesses(draw, n, c, dtype=torch.float64)
        logp, y = classes(draw, n, c, dtype=torch.float64)

        def squares(p, t=t, reduction=reduction):
            return submission.mse(p, t, reduction=reduction)

        def likelihood(logp, y=y, reduction=reduction):
            return submission.nll(logp, y, reduction=reduction)

        observe.gradients(f'mse(p [{n}, {c}], t, reduction="{reduction}")', squares, p, names=["p"])
        observe.gradients(f'nll(logp [{n}, {c}], y, reduction="{reduction}")', likelihood, logp, names=["logp"])
