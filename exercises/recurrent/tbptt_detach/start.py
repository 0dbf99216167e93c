"""Training along a stream, chunk by chunk, with three faults. The first is one that people repair with a flag."""

from collections.abc import Callable

import torch


def train_stream(
    cell: torch.nn.Module,
    head: Callable[[torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    y: torch.Tensor,
    chunk: int,
    opt: torch.optim.Optimizer,
) -> list[float]:
    """Train a recurrent net once along a stream; gradients go back to the start of the current chunk, and no further.

    cell: cell(x_t [B, I], h [B, H]) is the next state [B, H]; cell.hidden_size is H
    head: head(h) are the logits [B, V] of a step
    x: [T, B, I], the stream, time first; y: [T, B] int64, the right classes of every step
    chunk: how many steps make a chunk, 1 or more; the last chunk holds what is left, and chunk may be larger than T
    opt: an optimizer over the parameters of cell and head
    returns: one Python float for each chunk: the mean cross entropy over its steps and its batch, before its update

    The state starts at zeros, of x's dtype, and is carried on from chunk to chunk as a value. Each chunk makes one
    update, from the gradient of its own mean cross entropy alone.

    Example: T = 7 and chunk = 3 make chunks of 3, 3 and 1 steps: three updates, three losses.
    """
    h = x.new_zeros(x.shape[1], cell.hidden_size)
    losses = []
    # TODO: seen from outside: the second chunk raises; the last, shorter chunk is never trained on; and the losses
    # that are returned hold on to their graphs.
    for start in range(0, len(x) - chunk + 1, chunk):
        logits = []
        for x_t in x[start : start + chunk]:
            h = cell(x_t, h)
            logits.append(head(h))
        targets = y[start : start + chunk]
        loss = torch.nn.functional.cross_entropy(torch.stack(logits).flatten(0, 1), targets.flatten())
        opt.zero_grad()
        loss.backward(retain_graph=True)
        opt.step()
        losses.append(loss)
    return losses
