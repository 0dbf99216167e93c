"""The reference: draw without notes, then one pass with notes over what was drawn."""

import torch


def train(policy, reward_fn, ref, steps, kl):
    opt = torch.optim.Adam(policy.parameters(), lr=0.02)
    history = []
    for _ in range(steps):
        with torch.no_grad():
            ids = torch.zeros(64, 1, dtype=torch.long)
            for _ in range(4):
                shares = policy(ids)[:, -1].softmax(-1)
                ids = torch.cat([ids, torch.multinomial(shares, 1)], 1)
            states, tokens = ids[:, :-1], ids[:, 1:]
            reward = reward_fn(tokens)  # (64,)
            there = ref(states).log_softmax(-1)
        logp = policy(states).log_softmax(-1)  # (64, 4, V)
        said = logp.gather(2, tokens[:, :, None]).sum((1, 2))
        far = (logp.exp() * (logp - there)).sum(2)  # (64, 4)
        loss = -((reward - reward.mean()) * said).mean() + kl * far.sum(1).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        entropy = -(logp.exp() * logp).sum(2).mean()
        history.append({"reward": reward.mean().item(), "kl": far.mean().item(), "entropy": entropy.item()})
    return history
