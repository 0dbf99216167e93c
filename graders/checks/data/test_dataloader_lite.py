"""Checks for dataloader-lite: the stream, its end, ranks, staying together, reset, resuming, short streams."""

import torch

from graders.kit import holds


def stream(draw, n):
    """n different ids, so that every place can be told from every other."""
    return torch.randperm(n, generator=draw.generator) + 100


def sizes(draw):
    """B and T, different and above 1."""
    return draw.sizes(2, low=2, high=5)


def take(observe, name, loader, count):
    """Observe the next batches, whether pairs come as tuples or as lists."""
    for number in range(count):
        x, y = loader.next_batch()
        observe(f"x of {name}, batch {number}", x)
        observe(f"y of {name}, batch {number}", y)


def test_stream(submission, draw, observe):
    """Batch after batch, x is the stream, and y the stream one token later"""
    B, T = sizes(draw)
    tokens = stream(draw, 5 * B * T + 1)
    before = tokens.clone()
    take(observe, "one rank", submission.DataLoaderLite(tokens, B, T), 4)
    observe("the stream", torch.equal(tokens, before), holds("is_true", "The stream has been written to."))


def test_epoch(submission, draw, observe):
    """After (N − 1) // W steps it begins again; a last step that fits exactly is used"""
    B, T = sizes(draw)
    for spare in (1, draw.integer(2, B * T - 1), B * T):
        loader = submission.DataLoaderLite(stream(draw, 2 * B * T + spare), B, T)
        take(observe, f"a stream of 2 steps and {spare} tokens", loader, 5)
    take(observe, "a stream of one step", submission.DataLoaderLite(stream(draw, B * T + 1), B, T), 2)
    take(observe, "B = T = 1", submission.DataLoaderLite(stream(draw, 4), 1, 1), 4)


def test_ranks(submission, draw, observe):
    """Each rank reads its own B · T tokens of every step"""
    B, T = sizes(draw)
    for world in (2, 3):
        tokens = stream(draw, 5 * world * B * T + 1)
        for rank in range(world):
            loader = submission.DataLoaderLite(tokens, B, T, rank=rank, world=world)
            take(observe, f"rank {rank} of {world}", loader, 3)


def test_together(submission, draw, observe):
    """All ranks end an epoch at the same step, whatever the length of the stream"""
    for B, T, world in ((1, 4, 2), (*sizes(draw), 3)):
        W = world * B * T
        for n in (W + 1, 4 * W + 1, 3 * W + B * T + 1, 2 * W + draw.integer(B * T + 2, W), 2 * W):
            tokens = stream(draw, n)
            for rank in range(world):
                loader = submission.DataLoaderLite(tokens, B, T, rank, world)
                take(observe, f"N = {n}, B = {B}, T = {T}, rank {rank} of {world}", loader, 6)


def test_reset(submission, draw, observe):
    """reset leads back to this rank's share of step 0"""
    B, T = sizes(draw)
    loader = submission.DataLoaderLite(stream(draw, 7 * B * T), B, T, 1, 2)
    loader.reset()
    take(observe, "a reset before the first batch", loader, 2)
    loader.reset()
    take(observe, "a reset after two batches", loader, 4)


def test_resume(submission, draw, observe):
    """A fresh loader with the state goes on where it was taken, at any step of an epoch"""
    B, T = sizes(draw)
    tokens = stream(draw, 7 * B * T)
    for done in (0, 1, 2, 3, 4):
        first = submission.DataLoaderLite(tokens, B, T, 1, 2)
        for _ in range(done):
            first.next_batch()
        state = first.state_dict()
        take(observe, f"the loader itself, after {done} batches and state_dict", first, 2)
        fresh = submission.DataLoaderLite(tokens, B, T, 1, 2)
        fresh.next_batch()
        fresh.load_state_dict(state)
        take(observe, f"another one that goes on after {done} batches", fresh, 4)
    fresh.reset()
    take(observe, "that one after a reset", fresh, 1)


def test_short(submission, draw, observe):
    """A stream that is too short for one step of the whole world raises"""
    B, T = sizes(draw)
    for n, world in ((B * T, 1), (3 * B * T, 3), (2 * B * T + 1, 3)):
        observe.raises(
            f"a loader of {n} tokens, B = {B}, T = {T}, world = {world}",
            submission.DataLoaderLite, stream(draw, n), B, T, 0, world,
        )  # fmt: skip
