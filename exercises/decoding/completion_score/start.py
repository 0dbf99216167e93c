"""Which ending does the model find most natural?"""

import torch


def score(logits: torch.Tensor, tokens: torch.Tensor, mask: torch.Tensor) -> tuple[int, int]:
    """Compare N texts that a model has read, by the loss of a part of their tokens: their endings.

    logits: [N, T, V] float; logits[n, t] is what the model says after token t of text n, about the token that follows
    tokens: [N, T] int64; shorter texts are filled up at the end with any token
    mask: [N, T] int64, at the same positions as tokens: 1 where a token belongs to the ending, 0 elsewhere (beginning
        and filling). Every ending has a token; the first token of a text never belongs to it
    returns: two Python ints, each a number of a text from 0 to N − 1: the ending whose loss is smallest by the mean
        over its tokens, and the one whose loss is smallest by the sum. No input is changed

    Example: two endings, whose tokens have the losses 1, 1, 1 and 2. By the mean the first is better (1 < 2), by
    the sum the second (2 < 3): (0, 1).
    """
    raise NotImplementedError  # TODO
