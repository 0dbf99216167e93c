"""Proximal policy optimization: how much better an action was than expected, and a step that is not too long."""

import torch


def gae(r: torch.Tensor, v: torch.Tensor, done: torch.Tensor, gamma: float, lam: float) -> torch.Tensor:
    """Generalized advantage estimates: how much better each step turned out than the value function had expected.

    r: [B, T] float, the reward after step t
    v: [B, T + 1] float, the value that was expected before step t; v[:, T] is that of the state after the last step
    done: [B, T], bool or int64: True or 1 where an episode ends with step t. What follows in the row is another
        episode: neither v[t + 1] nor any later step says anything about step t
    gamma, lam: 0 … 1, the discount, and how far surprises are carried back
    returns: [B, T], dtype of r. No input is changed

    The surprise of a step is delta[t] = r[t] + gamma · v[t + 1] − v[t]; the advantage is
    A[t] = delta[t] + gamma · lam · A[t + 1], with nothing behind the last step.

    Example: r = [[1., 1.]], v = [[0.5, 0.5, 0.5]], nothing done, gamma = 1, lam = 0.5 give [[1.5, 1.]]. With step 0
    done they give [[0.5, 1.]].
    """
    raise NotImplementedError  # TODO


def ppo_loss(logp: torch.Tensor, old: torch.Tensor, adv: torch.Tensor, mask: torch.Tensor, eps: float) -> torch.Tensor:
    """The clipped objective, as a loss.

    logp: [B, T] float, log-probabilities of the tokens that were taken, under the policy that learns
    old: [B, T], the same under the policy that took them; a constant
    adv: [B, T], the advantages; constants. No gradient may reach old or adv, even if they ask for one
    mask: [B, T], bool or int64: True or 1 at tokens that count, at least one in all
    eps: 0 … 1
    returns: a 0-d tensor. With ratio = policy's probability / old one's, a token's gain is the smaller one of
        ratio · adv and (ratio, clipped to 1 − eps … 1 + eps) · adv. The loss is minus the mean of the gains over all
        tokens that count

    Example: one token, ratio 1.5, adv 2, eps 0.2: gain 1.2 · 2, loss −2.4. With adv −2 the loss is 3.0.
    """
    raise NotImplementedError  # TODO
