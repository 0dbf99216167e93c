"""The oracle: one token after the other by logsumexp, and a classification between the two answers."""

import torch


def seq_logp(logits, ids, mask):
    total = []
    for b in range(len(ids)):
        score = logits.new_zeros(())
        for t in range(1, ids.shape[1]):
            if mask[b, t]:
                row = logits[b, t - 1]
                score = score + row[ids[b, t]] - torch.logsumexp(row, 0)
        total.append(score)
    return torch.stack(total)


def dpo(pw, pl, rw, rl, beta):
    base_win, base_lose = rw.clone().detach(), rl.clone().detach()
    both = torch.stack([pw - base_win, pl - base_lose], dim=1) * beta
    loss = torch.nn.functional.cross_entropy(both, torch.zeros(len(pw), dtype=torch.long))
    rows = both.tolist()
    n = len(rows)
    return loss, {
        "accuracy": sum(w > v for w, v in rows) / n,
        "margin": sum(w - v for w, v in rows) / n,
        "reward_lose": sum(v for _, v in rows) / n,
        "reward_win": sum(w for w, _ in rows) / n,
    }
