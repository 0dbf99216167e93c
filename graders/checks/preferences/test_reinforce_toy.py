"""Checks for reinforce-toy: history, draws, baseline, the leash alone, whole steps, who is left alone, learning."""

import copy

import torch
from torch import nn

from graders.kit import equal, holds, noted

CLOSE = equal(rtol=1e-3, atol=1e-4, because="where a slope is nearly 0, Adam makes much of its last digits")
F64 = torch.float64
CHANCE = "Equal rewards, and the same states in every episode: still, the draws have decided where the weights went."


class Places(nn.Module):
    """Logits that depend on the place alone: every episode visits the same states."""

    def __init__(self, draw, v, scale=1.0):
        super().__init__()
        self.place = nn.Parameter(draw.normal(5, v, scale=scale, dtype=F64))

    def forward(self, ids):
        return self.place[: ids.shape[1]] + torch.zeros(len(ids), 1, 1, dtype=F64)  # no view of the weights


class Pairs(Places):
    """Logits that depend on the place and on the id that stands there."""

    def __init__(self, draw, v, scale=1.0):
        super().__init__(draw, v, scale)
        self.pair = nn.Parameter(draw.normal(v, v, scale=scale, dtype=F64))

    def forward(self, ids):
        return super().forward(ids) + self.pair[ids]


class Reward(nn.Module):
    """A small reward model; it keeps what it was given and what it said."""

    def __init__(self, draw, v):
        super().__init__()
        self.worth = nn.Parameter(draw.normal(4, v, dtype=F64))
        self.seen, self.said = [], []

    def forward(self, tokens):
        out = self.worth[torch.arange(4), tokens].sum(1)
        self.seen.append(tokens.detach().clone())
        self.said.append(out.detach().clone())
        return out


def always(tokens):
    """The same reward for everybody."""
    return torch.full((len(tokens),), 0.5, dtype=F64)


def weights(model):
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def loss_of(kind, policy, ref, tokens, reward, kl):
    """The loss of the docstring ("as asked"), or one with a single thing done otherwise."""
    states = torch.cat([torch.zeros_like(tokens[:, :1]), tokens[:, :-1]], 1)
    logp, there = policy(states).log_softmax(-1), ref(states).log_softmax(-1).detach()
    said = logp.gather(2, tokens[:, :, None]).squeeze(2)
    far = (logp.exp() * (logp - there)).sum(2)
    gain = reward if kind == "no baseline" else reward - reward.mean()
    gain = gain / reward.std() if kind == "divided by the spread" else gain
    pull = (gain * (said.mean(1) if kind == "mean log-probability" else said.sum(1))).mean()
    pull = -pull if kind == "uphill" else 0 * pull if kind == "no reward" else pull
    if kind == "KL turned around":
        far = (there.exp() * (there - logp)).sum(2)
    if kind == "KL of the drawn":
        far = said - there.gather(2, tokens[:, :, None]).squeeze(2)
    far = far.mean() if kind == "KL a token" else far.sum(1).mean()
    weight = 0 if kind == "no leash" else -kl if kind == "away from ref" else kl
    return -pull + weight * far


KINDS = ["as asked", "no baseline", "divided by the spread", "mean log-probability", "uphill", "no reward",
         "KL turned around", "KL of the drawn", "KL a token", "no leash", "away from ref",
         "a new Adam each step", "gradients pile up"]  # fmt: skip


def replay(kind, policy, ref, reward, kl):
    """The weights after steps on the episodes that the reward model was shown."""
    policy = copy.deepcopy(policy)
    opt = torch.optim.Adam(policy.parameters(), lr=0.02)
    for tokens, said in zip(reward.seen, reward.said, strict=True):
        if kind == "a new Adam each step":
            opt = torch.optim.Adam(policy.parameters(), lr=0.02)
        if kind != "gradients pile up":
            opt.zero_grad()
        loss_of(kind, policy, ref, tokens, said, kl).backward()
        opt.step()
    return weights(policy)


def followed(submission, draw, kl, steps=6):
    """Train, and say which kind of loss the weights have followed."""
    v = draw.integer(4, 6)
    policy, ref, reward = Pairs(draw, v), Pairs(draw, v), Reward(draw, v)
    before = copy.deepcopy(policy)
    submission.train(policy, reward, ref, steps, kl)
    after = weights(policy)
    for kind in KINDS:
        there = replay(kind, before, ref, reward, kl)
        if all(torch.allclose(after[name], there[name], atol=1e-5) for name in after):
            return kind
    return "none of those"


def test_history(submission, draw, observe):
    """One dict of three Python floats for each step"""
    v = draw.integer(4, 6)
    for steps in (0, draw.integer(2, 4)):
        history = submission.train(Pairs(draw, v), Reward(draw, v), Pairs(draw, v), steps, 0.1)
        form = [{name: type(x).__name__ for name, x in sorted(row.items())} for row in history]
        observe(f"form of the history of {steps} steps", form)


def test_draws(submission, draw, observe):
    """64 episodes a step, drawn token by token from the policy, after the id 0"""
    v = draw.integer(6, 8)
    sure = Pairs(draw, v, scale=0.01)
    with torch.no_grad():
        sure.pair[torch.arange(v), (torch.arange(v) * 5 + 2) % v] += 60  # from each id to one other
    reward = Reward(draw, v)
    submission.train(sure, reward, Pairs(draw, v), 2, 0.0)
    observe("shapes that reward_fn was given", [list(x.shape) for x in reward.seen])
    observe("tokens of a policy that is sure", [x.unique(dim=0) for x in reward.seen])
    policy, reward = Places(draw, 3), Reward(draw, 3)
    share = policy.place.detach().softmax(1)[:4]
    submission.train(policy, reward, Places(draw, 3), 1, 0.0)
    seen = torch.stack([(reward.seen[0] == i).double().mean(0) for i in range(3)], 1)  # (4, 3)
    near = (seen - share).abs() < 6 * (share * (1 - share) / 64).sqrt() + 0.02
    says = "The tokens are not spread as the policy's distribution is."
    observe("how often each token was drawn", bool(near.all()), holds("is_true", says))
    varied = len(reward.seen[0].unique(dim=0)) > 1
    observe("episodes differ", varied, holds("is_true", "All 64 episodes are the same, although the policy wavers."))


def test_baseline(submission, draw, observe):
    """With equal rewards and kl = 0 no weight moves"""
    v = draw.integer(4, 6)
    policy = Pairs(draw, v)
    before = weights(policy)
    submission.train(policy, always, Pairs(draw, v), 3, 0.0)
    still = all(torch.allclose(p, before[name], atol=1e-6) for name, p in weights(policy).items())
    says = "Every episode got the same reward, and the weights moved: chance alone decided where."
    observe("weights stay", still, holds("is_true", says))


def test_leash_alone(submission, draw, observe):
    """With equal rewards only KL(policy ‖ ref) acts: the weights, kl and entropy of each step"""
    for v, kl in ((draw.integer(3, 5), 0.5), (draw.integer(6, 8), draw.number(0.2, 2.0))):
        policy, ref = Places(draw, v), Places(draw, v)
        twin, post = copy.deepcopy((policy, ref))
        history = submission.train(policy, always, ref, 5, kl)
        observe(f"history, V = {v}, kl = {kl:.2f}", history, CLOSE)
        observe("the policy's weights", weights(policy), CLOSE)
        submission.train(twin, always, post, 5, kl)
        same = torch.allclose(policy.place, twin.place, atol=1e-6)
        observe("a second training ends at the same weights", same, holds("is_true", CHANCE))


def test_steps(submission, draw, observe):
    """On the episodes that were drawn, the weights go where the docstring's loss sends them"""
    for kl in (0.0, draw.number(0.3, 0.6)):
        kind = followed(submission, draw, kl)
        observe(f"which loss the weights followed, kl = {kl:.2f}", kind, noted())
        says = "Six steps of the docstring's loss, on the very episodes that reward_fn was shown, end elsewhere."
        observe(f"weights after six steps, kl = {kl:.2f}", kind == "as asked", holds("is_true", says))


def test_reward_told(submission, draw, observe):
    """The history's reward is the mean of what reward_fn said in that step"""
    v = draw.integer(4, 6)
    reward = Reward(draw, v)
    history = submission.train(Pairs(draw, v), reward, Pairs(draw, v), 4, 0.2)
    off = max(abs(row["reward"] - said.mean().item()) for row, said in zip(history, reward.said, strict=True))
    observe("it is", off < 1e-4, holds("is_true", "The history tells of other rewards than reward_fn gave."))


def test_left_alone(submission, draw, observe):
    """Neither ref nor the network inside reward_fn is changed or gets a gradient"""
    v = draw.integer(4, 6)
    policy, ref, reward = Pairs(draw, v), Pairs(draw, v), Reward(draw, v)
    before = weights(ref), weights(reward)
    submission.train(policy, reward, ref, 3, 0.3)
    for name, model, old in (("ref", ref, before[0]), ("the reward model", reward, before[1])):
        same = all(torch.equal(p, old[key]) for key, p in weights(model).items())
        observe(f"{name} as before", same, holds("is_true", f"{name} has been trained."))
        quiet = all(p.grad is None for p in model.parameters())
        observe(f"{name} has no gradient", quiet, holds("is_true", f"A gradient has reached {name}."))


def test_learns(submission, draw, observe):
    """In 90 steps the mean reward of a token game reaches 0.9; a leash keeps the entropy up"""
    v = 3
    start = Pairs(draw, v, scale=0.1)

    def game(tokens):
        before = torch.cat([torch.zeros_like(tokens[:, :1]), tokens[:, :-1]], 1)
        return ((tokens - before) % v == 2).double().mean(1)  # each id two above the one before it, around a circle

    free, held = copy.deepcopy(start), copy.deepcopy(start)
    history = submission.train(free, game, start, 90, 0.0)
    reached = sum(row["reward"] for row in history[-10:]) / 10
    observe("mean reward of the last 10 steps is 0.9 or more", reached >= 0.9,
            holds("is_true", "After 90 steps the mean reward is still below 0.9."))  # fmt: skip
    leash = submission.train(held, game, start, 90, 0.5)
    kept = leash[-1]["entropy"] > history[-1]["entropy"] + 0.3
    observe("with kl = 0.5 the entropy stays higher", kept, holds("is_true", "The leash holds nothing back."))
