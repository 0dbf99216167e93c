"""A policy that learns from rewards alone, on a leash."""

from collections.abc import Callable

import torch
from torch import nn


def train(
    policy: nn.Module,
    reward_fn: Callable[[torch.Tensor], torch.Tensor],
    ref: nn.Module,
    steps: int,
    kl: float,
) -> list[dict[str, float]]:
    """REINFORCE with a baseline, and a penalty for going far from a reference.

    policy: policy(ids [B, t]) gives logits [B, t, V]: at each place, about the token that follows. Trained in place
    reward_fn: reward_fn(tokens [B, 4]) gives rewards [B]; there may be a network inside. It is called once a step
    ref: a model like policy. Neither ref nor a network inside of reward_fn is trained or gets a gradient
    steps: how many updates, each on new episodes
    kl: 0 or more, the weight of the penalty

    A step:
        64 episodes: each begins with the id 0, then four times a token is drawn from the policy's distribution, given
            all ids so far. The four drawn ones are its tokens; their four states are what stood before each of them
        loss = −(mean over episodes of (reward − mean reward of the 64) · log-probability of its four tokens)
            + kl · (mean over episodes of the sum over its four states of KL(policy ‖ ref))
            KL(p ‖ q) = Σ p · log(p / q) over all V tokens, in nats. Gradients flow through the log-probabilities and
            through KL, not through the draws
        one update by torch.optim.Adam, lr = 0.02, other options as they are; the optimizer lives as long as train does

    returns: one dict of Python floats for each step, about its episodes and before its update:
        reward: the mean reward      kl, entropy: means over the 64 · 4 states of KL(policy ‖ ref) and of the policy's
        entropy −Σ p · log p

    Example: for a reward that is the same for all episodes, and kl = 0, no weight moves.
    """
    raise NotImplementedError  # TODO: about twenty lines
