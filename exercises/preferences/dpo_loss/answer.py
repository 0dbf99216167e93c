"""The reference: gather the logs of the tokens that follow, then logistic regression on two log-ratios."""

import torch.nn.functional as F


def seq_logp(logits, ids, mask):
    said = logits[:, :-1].log_softmax(-1)  # about tokens 1 … T − 1
    each = said.gather(2, ids[:, 1:, None]).squeeze(2)  # (B, T − 1)
    return (each * mask[:, 1:]).sum(1)


def dpo(pw, pl, rw, rl, beta):
    win = beta * (pw - rw.detach())
    lose = beta * (pl - rl.detach())
    loss = -F.logsigmoid(win - lose).mean()
    metrics = {
        "reward_win": win.mean().item(),
        "reward_lose": lose.mean().item(),
        "margin": (win - lose).mean().item(),
        "accuracy": (win > lose).float().mean().item(),
    }
    return loss, metrics
