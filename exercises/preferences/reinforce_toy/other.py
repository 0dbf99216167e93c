"""A second honest way: torch.distributions, with the log-probabilities kept while drawing."""

import torch
from torch.distributions import Categorical, kl_divergence


def train(policy, reward_fn, ref, steps, kl):
    optimizer = torch.optim.Adam(list(policy.parameters()), 0.02)
    log = []
    while len(log) < steps:
        ids, chosen, apart, spread = torch.zeros((64, 1), dtype=torch.int64), [], [], []
        for _ in range(4):
            now = Categorical(logits=policy(ids)[:, -1, :])
            with torch.no_grad():
                then = Categorical(logits=ref(ids)[:, -1, :])
            token = now.sample()
            chosen.append(now.log_prob(token))
            apart.append(kl_divergence(now, then))
            spread.append(now.entropy())
            ids = torch.cat((ids, token.unsqueeze(1)), dim=1)
        reward = reward_fn(ids[:, 1:]).detach()
        advantage = reward - reward.sum() / 64
        objective = (advantage * sum(chosen)).sum() / 64 - kl * sum(apart).sum() / 64
        optimizer.zero_grad(set_to_none=False)
        (-objective).backward()
        optimizer.step()
        numbers = {"reward": reward, "kl": torch.stack(apart), "entropy": torch.stack(spread)}
        log.append({name: float(x.detach().mean()) for name, x in numbers.items()})
    return log
