"""Checks for ppo-clip: advantages, episodes, the two ends of lam; then the loss, its mask, the clip, gradients."""

import torch

from graders.kit import holds

REACHED = "A gradient has reached what is constant: old or adv."


def episodes(draw, b, t, dtype=torch.float32, ends=True):
    """Rewards, values and ends; an end in the midst of every other row, never at the same place."""
    done = torch.zeros(b, t, dtype=torch.bool)
    if ends:
        for row in range(0, b, 2):
            done[row, draw.integer(0, t - 2)] = True
        done[draw.integer(0, b - 1), -1] = True
    return draw.normal(b, t, mean=0.3, dtype=dtype), draw.normal(b, t + 1, mean=0.5, dtype=dtype), done


def tokens(draw, b, t, dtype=torch.float32):
    """Log-probabilities before and after, advantages of both signs, a mask; no ratio near a bound of the clip."""
    old = -draw.uniform(b, t, low=0.5, high=3.0, dtype=dtype)
    size = torch.where(draw.uniform(b, t) < 0.4, draw.uniform(b, t, high=0.04), draw.uniform(b, t, low=0.45, high=0.9))
    sign = draw.integers(0, 2, b, t) * 2 - 1
    adv = draw.uniform(b, t, low=0.3, high=2.0, dtype=dtype) * (draw.integers(0, 2, b, t) * 2 - 1)
    lengths = torch.tensor([t, *(draw.integer(1, t - 1) for _ in range(b - 1))])
    mask = torch.arange(t) < lengths[:, None]
    return old + size.to(dtype) * sign, old, adv, mask


def four(draw, dtype=torch.float32):
    """One token for each side of the clip and each sign of the advantage, in some order; all of them count."""
    order = draw.random.sample(range(4), 4)
    moved = torch.tensor([[0.6, 0.6, -0.6, -0.6]], dtype=dtype)[:, order]
    adv = torch.tensor([[1.0, -1.0, 1.0, -1.0]], dtype=dtype)[:, order] * draw.uniform(1, 4, low=0.5, dtype=dtype)
    old = -draw.uniform(1, 4, low=0.5, high=2.0, dtype=dtype)
    return old + moved, old, adv, torch.ones(1, 4, dtype=torch.bool)


def test_one_episode(submission, draw, observe):
    """Advantages of episodes that go on: surprises, carried back by gamma · lam"""
    b, t = draw.sizes(2, low=4)
    r, v, done = episodes(draw, b, t, ends=False)
    observe.call(f"gae(r [{b}, {t}], nothing done)", submission.gae, r, v, done, 0.9, 0.7)
    gamma, lam = draw.number(0.8, 0.97), draw.number(0.3, 0.9)
    observe.call(f"gamma {gamma:.2f}, lam {lam:.2f}", submission.gae, r, v, done, gamma, lam)


def test_episodes(submission, draw, observe):
    """Where an episode ends, neither the next value nor a later step counts; done may be bool or int"""
    for kind in (torch.bool, torch.int64):
        b, t = draw.sizes(2, low=4)
        r, v, done = episodes(draw, b, t)
        name = str(kind).removeprefix("torch.")
        observe.call(f"gae(r [{b}, {t}], done {name})", submission.gae, r, v, done.to(kind), 0.9, 0.8)


def test_ends(submission, draw, observe):
    """lam 0, lam 1, gamma 1, one step, one row, everything done, float64"""
    for gamma, lam in ((0.9, 0.0), (0.9, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.5)):
        observe.call(f"gamma {gamma}, lam {lam}", submission.gae, *episodes(draw, 3, 5), gamma, lam)
    r, v, done = episodes(draw, 4, 6, dtype=torch.float64)
    observe.call("float64", submission.gae, r, v, done, 0.95, 0.9)
    observe.call("every step done", submission.gae, r, v, torch.ones_like(done), 0.95, 0.9)
    one = draw.normal(1, 1), draw.normal(1, 2)
    observe.call("one step", submission.gae, *one, torch.zeros(1, 1, dtype=torch.bool), 0.9, 0.8)


def test_loss(submission, draw, observe):
    """Minus the mean gain, when the policy has hardly moved"""
    for b, t in (draw.sizes(2, low=3), (1, 1)):
        _, old, adv, _ = tokens(draw, b, t) if t > 1 else four(draw)
        old, adv = old[:b, :t], adv[:b, :t]
        logp = old + draw.uniform(b, t, low=-0.04, high=0.04)
        mask = torch.ones(b, t, dtype=torch.bool)
        observe.call(f"ppo_loss(logp [{b}, {t}]), ratios near 1", submission.ppo_loss, logp, old, adv, mask, 0.2)


def test_mask(submission, draw, observe):
    """The mean runs over all tokens that count, each alike; the mask may be bool or int"""
    for kind in (torch.bool, torch.int64):
        b, t = draw.sizes(2, low=4)
        _, old, adv, mask = tokens(draw, b, t)
        logp = old + draw.uniform(b, t, low=-0.04, high=0.04)
        name = str(kind).removeprefix("torch.")
        observe.call(f"rows of different lengths, mask {name}", submission.ppo_loss, logp, old, adv, mask.to(kind), 0.2)


def test_clip(submission, draw, observe):
    """The gain stops growing outside 1 − eps … 1 + eps; a loss does not"""
    for eps in (0.2, draw.number(0.1, 0.3)):
        observe.call(f"a token of each kind, eps {eps:.2f}", submission.ppo_loss, *four(draw), eps)
    b, t = draw.sizes(2, low=4)
    observe.call(f"many tokens [{b}, {t}]", submission.ppo_loss, *tokens(draw, b, t), 0.25)
    observe.call("float64", submission.ppo_loss, *tokens(draw, 4, 5, torch.float64), 0.15)


def test_first_step(submission, draw, observe):
    """While the policy is the old one, the gradient is that of the plain policy gradient"""
    _, old, adv, mask = tokens(draw, 4, 6, torch.float64)
    logp = old.clone().requires_grad_()
    submission.ppo_loss(logp, old, adv, mask, 0.2).backward()
    observe("gradient of logp", logp.grad)


def test_gradients(submission, draw, observe):
    """Outside the clip the gradient is 0 on the side where the gain stopped, and there alone"""
    logp, old, adv, mask = four(draw, torch.float64)
    logp.requires_grad_()
    submission.ppo_loss(logp, old, adv, mask, 0.2).backward()
    observe("gradient of logp, a token of each kind", logp.grad)
    logp, old, adv, mask = (x.requires_grad_() if i < 3 else x for i, x in enumerate(tokens(draw, 4, 6, torch.float64)))
    submission.ppo_loss(logp, old, adv, mask, 0.25).backward()
    observe("gradient of logp, many tokens", logp.grad)
    quiet = all(x.grad is None or not x.grad.any() for x in (old, adv))
    observe("old and adv are constants", quiet, holds("is_true", REACHED))
