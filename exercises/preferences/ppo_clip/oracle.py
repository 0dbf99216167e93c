"""The oracle: plain sums over the future of each step, and a loss built token by token."""

import torch


def gae(r, v, done, gamma, lam):
    out = torch.zeros_like(r)
    for b in range(r.shape[0]):
        for t in range(r.shape[1]):
            total, weight = 0.0, 1.0
            for s in range(t, r.shape[1]):
                over = bool(done[b, s])
                total += weight * (r[b, s] + (0 if over else gamma * v[b, s + 1]) - v[b, s])
                if over:
                    break
                weight *= gamma * lam
            out[b, t] = total
    return out


def ppo_loss(logp, old, adv, mask, eps):
    terms = []
    for b, t in mask.nonzero().tolist():
        a = float(adv[b, t].detach())
        ratio = torch.exp(logp[b, t] - old[b, t].item())
        if (a >= 0 and float(ratio) > 1 + eps) or (a < 0 and float(ratio) < 1 - eps):
            ratio = ratio.detach() * 0 + (1 + eps if a >= 0 else 1 - eps)
        terms.append(ratio * a)
    return -sum(terms) / len(terms)
