"""A vocabulary of a size that tiles like: 50,257 becomes 50,304, and nobody notices but the clock."""

import torch
from torch import nn


def pad_to(n: int, m: int = 128) -> int:
    """The smallest multiple of m that is at least n.

    n, m: ints, 1 or more; returns an int.

    Example: pad_to(50257) is 50304; pad_to(50304) is 50304 too.
    """
    raise NotImplementedError  # TODO: one line


def resize_vocab_(model: nn.Module, V2: int) -> None:
    """Give a GPT-2 room for V2 ids, in place.

    model: your GPT, with
        model.config.vocab_size         V, not more than V2
        model.transformer.wte           nn.Embedding [V, C]
        model.lm_head                   nn.Linear C → V without bias, tied: lm_head.weight is wte.weight
    V2: how many rows the table gets; equal to V is allowed, and changes nothing

    Afterwards wte and lm_head share one Parameter of shape [V2, C], of the old dtype and on the old device: the old V
    rows first, with their old values; below them new rows of any finite values. config.vocab_size,
    wte.num_embeddings and lm_head.out_features say V2. So model(idx) has logits [B, T, V2], the first V as before.
    """
    raise NotImplementedError  # TODO: about seven lines; torch.cat and nn.Parameter are at hand


def mask_pad_logits(logits: torch.Tensor, V: int) -> torch.Tensor:
    """A new tensor like logits, with −inf where the id is V or more: no softmax, loss or draw will ever choose one.

    logits: [..., V2], floating; not changed, and not shared with the result, V = V2 included
    V: how many ids are real, 1 ≤ V ≤ V2
    returns: [..., V2], dtype and device of logits; gradients flow to the first V

    Example: mask_pad_logits([2., 5., 9.], 2) is [2., 5., −inf].
    """
    raise NotImplementedError  # TODO: about three lines
