"""Checks for dpo-loss: the log-probability of an answer, its gradients; then loss, metrics, far pairs, gradients."""

import torch

from graders.kit import equal, holds

REACHED = "A gradient has reached the reference's numbers. The reference is a constant."
COARSE = equal(rtol=1e-4, atol=1e-5, because="how exact it is far out is judged further down")
FLOATS = equal(rtol=1e-4, atol=1e-5, because="means of float32 numbers, added in any order")


def texts(draw, b, t, v, dtype=torch.float32):
    """Logits, ids and a mask whose rows mark different parts, the first place at random."""
    logits = draw.normal(b, t, v, scale=2, dtype=dtype)
    mask = torch.zeros(b, t, dtype=torch.bool)
    for row in range(b):
        begin = draw.integer(1, t - 2)
        mask[row, begin : draw.integer(begin + 1, t - 1)] = True
        mask[row, 0] = row % 2 == 0
    mask[draw.integer(0, b - 1), -1] = True
    return logits, draw.integers(0, v, b, t), mask


def pairs(draw, b, dtype=torch.float32, scale=4.0):
    """Four rows of log-probabilities; the reference is no copy of the policy."""
    return [draw.normal(b, scale=scale, mean=-30, dtype=dtype) for _ in range(4)]


def test_logp(submission, draw, observe):
    """The sum of the marked tokens' log-probabilities, each from the logits before it"""
    for kind in (torch.bool, torch.int64):
        b, t, v = draw.random.sample(range(4, 11), 3)
        logits, ids, mask = texts(draw, b, t, v)
        name = str(kind).removeprefix("torch.")
        observe.call(f"seq_logp(logits [{b}, {t}, {v}], mask {name})", submission.seq_logp, logits, ids, mask.to(kind))


def test_logp_edges(submission, draw, observe):
    """Parts of several turns, no marked token, two tokens in all, far logits, float64, memory with gaps"""
    logits, ids, _ = texts(draw, 3, 9, 5)
    mask = torch.zeros(3, 9, dtype=torch.int64)
    mask[:, 2:4] = mask[:, 6:8] = 1
    mask[1] = 0
    observe.call("two turns; none in row 1", submission.seq_logp, logits, ids, mask)
    two = draw.normal(2, 2, 4), draw.integers(0, 4, 2, 2), torch.tensor([[True, True], [True, False]])
    observe.call("two tokens", submission.seq_logp, *two)
    logits, ids, mask = texts(draw, 4, 6, 7)
    observe.call("logits in the hundreds", submission.seq_logp, logits * 150, ids, mask)
    observe.call("float64", submission.seq_logp, logits.double(), ids, mask)
    observe.call("strided", submission.seq_logp, draw.strided(logits), draw.strided(ids), draw.strided(mask))


def test_logp_gradients(submission, draw, observe):
    """The logits that speak of marked tokens get gradients"""
    logits, ids, mask = texts(draw, 4, 7, 5, dtype=torch.float64)
    observe.gradients(
        "seq_logp(logits, ids, mask)", lambda x: submission.seq_logp(x, ids, mask), logits, names=["logits"]
    )


def test_loss(submission, draw, observe):
    """The mean over pairs of −log sigmoid(reward of win − reward of lose)"""
    for b in (1, *draw.sizes(2, low=3)):
        beta = draw.number(0.05, 0.4)
        loss, _ = submission.dpo(*pairs(draw, b), beta)
        observe(f"loss of {b} pairs, beta {beta:.2f}", loss)
    same, other = pairs(draw, 4)[:2]
    observe("loss, policy = reference", submission.dpo(same, other, same.clone(), other.clone(), 0.1)[0])
    four = [x.requires_grad_(i < 2) for i, x in enumerate(pairs(draw, 3, torch.float64))]
    loss, _ = submission.dpo(*four, 0.3)
    observe("loss in float64", loss.detach(), COARSE)
    observe("it has a graph", loss.requires_grad, holds("is_true", "The loss has no graph: backward would raise."))


def test_metrics(submission, draw, observe):
    """Rewards, margin and accuracy, as Python floats"""
    for b in draw.sizes(2, low=4):
        _, metrics = submission.dpo(*pairs(draw, b), draw.number(0.05, 0.4))
        observe(f"metrics of {b} pairs", metrics, FLOATS)
    pw, pl, _, rl = pairs(draw, 5)
    turned = submission.dpo(pw, pl, rl + 2 * (pw - pl), rl, 0.1)[1]  # an odd number: no share is half
    observe("metrics where each likelier answer has the smaller reward", turned, FLOATS)
    same, other = pairs(draw, 4)[:2]
    observe("metrics, policy = reference", submission.dpo(same, other, same.clone(), other.clone(), 0.1)[1], FLOATS)
    leaves = [x.requires_grad_() for x in pairs(draw, 3)]
    observe("metrics of tensors with a graph", submission.dpo(*leaves, 0.2)[1], FLOATS)


def test_far(submission, draw, observe):
    """Log-probabilities in the thousands: the loss stays finite and exact"""
    for sign in (1, -1):
        far = sign * draw.uniform(3, low=2000, high=9000)
        rest = [draw.normal(3, mean=-20) for _ in range(3)]
        loss, metrics = submission.dpo(far, *rest, 0.5)
        observe(f"loss, win's log-probability near {'+' if sign > 0 else '-'}5000", loss)
        observe("its metrics", metrics, FLOATS)


def test_gradients(submission, draw, observe):
    """pw and pl get their gradients, rw and rl none"""
    four = [x.requires_grad_() for x in pairs(draw, 5, torch.float64)]
    beta = draw.number(0.05, 0.4)
    before = [x.detach().clone() for x in four]
    submission.dpo(*four, beta)[0].backward()
    for name, leaf in zip(("pw", "pl"), four, strict=False):
        observe(f"gradient of {name}", leaf.grad)
    quiet = all(x.grad is None or not x.grad.any() for x in four[2:])
    observe("the reference is constant", quiet, holds("is_true", REACHED))
    same = all(torch.equal(x.detach(), old) for x, old in zip(four, before, strict=True))
    observe("arguments as before", same, holds("is_true", "An argument has been written to."))
