"""The reference: surprises first, then one walk from the end to the start; two gains, the smaller one."""

import torch


def gae(r, v, done, gamma, lam):
    goes_on = 1 - done.to(r.dtype)
    delta = r + gamma * goes_on * v[:, 1:] - v[:, :-1]
    adv, rows = torch.zeros_like(r[:, 0]), []
    for t in reversed(range(r.shape[1])):
        adv = delta[:, t] + gamma * lam * goes_on[:, t] * adv
        rows.append(adv)
    return torch.stack(rows[::-1], 1)


def ppo_loss(logp, old, adv, mask, eps):
    old, adv = old.detach(), adv.detach()
    ratio = (logp - old).exp()
    gain = torch.minimum(ratio * adv, ratio.clamp(1 - eps, 1 + eps) * adv)
    return -(gain * mask).sum() / mask.sum()
