"""A score learned from comparisons: the loss of a pair, and where the score of a text is read."""

import torch


def pair_loss(r_win: torch.Tensor, r_lose: torch.Tensor) -> torch.Tensor:
    """How badly the scores explain which text of each pair people preferred (Bradley and Terry).

    The model says: the first text is preferred with probability sigmoid(r_win − r_lose). The loss of a pair is −log of
    that, in nats; it stays finite, with a right gradient, at differences of hundreds.

    r_win, r_lose: [B] float, the scores of the preferred and of the other text; not changed
    returns: the mean over pairs, a 0-d tensor of their dtype

    Example: equal scores give log 2 = 0.693147; r_win = [3.], r_lose = [1.] gives 0.126928.
    """
    raise NotImplementedError  # TODO


def end_reward(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The score of each text: what the reward model says at the text's last real token.

    values: [B, T] float, what a head with one output says at each position; any numbers, 0 as well; not changed
    mask: [B, T], bool or int64: True or 1 at real tokens, at least one in each row. What is filled up stands at the
        end of a row and plays no part, not even if it is inf or NaN; not changed
    returns: [B], in the dtype of values; gradients flow to the read values

    Example: values [[1., 2., 3.], [4., 5., 6.]] with the mask [[1, 1, 0], [1, 1, 1]] give [2., 6.].
    """
    raise NotImplementedError  # TODO
