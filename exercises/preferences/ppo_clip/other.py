"""A second honest way: all weights in one table [T, T], and a bound that depends on the advantage's sign."""

import torch


def gae(r, v, done, gamma, lam):
    T = r.shape[1]
    ends = done.bool()
    delta = r + torch.where(ends, torch.zeros_like(r), gamma * v[:, 1:]) - v[:, :-1]
    episode = ends.long().cumsum(1) - ends.long()  # (B, T): how many have ended before step t
    steps = torch.arange(T)
    far = steps[None] - steps[:, None]  # (T, T): from row t to column s
    weights = torch.where(far >= 0, torch.tensor(float(gamma * lam), dtype=r.dtype) ** far.clamp(min=0), 0.0)
    same = episode[:, :, None] == episode[:, None]
    return ((weights * same).to(r.dtype) @ delta[:, :, None]).squeeze(2)


def ppo_loss(logp, old, adv, mask, eps):
    with torch.no_grad():
        a, before = adv.clone(), old.clone()
        bound = torch.where(a > 0, (1 + eps) * a, (1 - eps) * a)
    ratio = torch.exp(logp - before)
    gain = torch.where(ratio * a < bound, ratio * a, bound)
    return -gain[mask.bool()].mean()
