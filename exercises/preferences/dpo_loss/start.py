"""Preferences without a reward model: direct preference optimization."""

import torch


def seq_logp(logits: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """How likely a model finds the marked tokens of each text: the sum of their log-probabilities, in nats.

    logits: [B, T, V] float; logits[b, t] is what the model says after token t, about token t + 1; not changed
    ids: [B, T] int64
    mask: [B, T], bool or int64, at the places of ids: True or 1 at tokens that count (the answer), anywhere in the row;
        mask[:, 0] is not looked at, for nothing has been said about the first token; not changed
    returns: [B], in the dtype of logits; with a mask of zeros, 0. Gradients flow to logits

    Example: with V = 2 and logits of zeros each token has log 0.5; three marked tokens give −2.0794.
    """
    raise NotImplementedError  # TODO


def dpo(
    pw: torch.Tensor, pl: torch.Tensor, rw: torch.Tensor, rl: torch.Tensor, beta: float
) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss of direct preference optimization over a batch of pairs, and what is watched beside it.

    pw, pl: [B] float, log-probabilities of the preferred (win) and of the other (lose) answer under the policy
    rw, rl: [B], the same two under the reference model. They are constants: no gradient may reach them
    beta: > 0; how much a log-ratio is worth

    The reward of an answer is beta · (policy's log-probability − reference's). The loss of a pair is
    −log sigmoid(reward of win − reward of lose); it stays finite far out.

    returns: loss, the mean over pairs, a 0-d tensor with a graph to pw and pl; and a dict of Python floats:
        reward_win, reward_lose: the mean rewards
        margin: the mean of reward_win − reward_lose
        accuracy: the share of pairs in which the win's reward is the larger one (not equal)

    Example: policy = reference gives the loss log 2 = 0.6931, rewards 0.0, margin 0.0 and accuracy 0.0.
    """
    raise NotImplementedError  # TODO
