"""Checks for online-softmax: one block, many, ragged, scores far from 0, the causal tiles; memory, dtype, device."""

import torch

from graders.kit import at_most, equal

FAR = equal(rtol=1e-3, atol=1e-4, because="scores of 200 carry roundings of 1e-5 in float32")


def tensors(draw, b, h, tq, tk, d, e, dtype=torch.float32):
    shapes = ((b, h, tq, d), (b, h, tk, d), (b, h, tk, e))
    return [draw.normal(*shape, dtype=dtype) for shape in shapes]


def far(draw, b, h, tq, tk, d, e, score):
    """Queries and keys whose scores all lie around the given one."""
    q, k, v = tensors(draw, b, h, tq, tk, d, e)
    q[..., 0], k[..., 0] = 4.0, score * d**0.5 / 4.0
    return q, k, v


def call(observe, name, submission, q, k, v, block, causal, rule=None):
    observe.call(name, lambda *given: tuple(submission.flash_forward(*given)), q, k, v, block, causal, rule=rule)


def test_one_block(submission, draw, observe):
    """All keys in one block: o and lse are those of attention"""
    b, h, tq, tk, d, e = draw.sizes(6)
    for block in (tk, tk + 3):
        call(
            observe,
            f"(o, lse) of {tk} keys, block={block}",
            submission,
            *tensors(draw, b, h, tq, tk, d, e),
            block,
            False,
        )


def test_blocks(submission, draw, observe):
    """Several blocks of equal length: what came before shrinks when a larger score comes"""
    b, h, tq, d, e = draw.sizes(5)
    for block, count in ((1, 5), (3, 2), (4, 4)):
        q, k, v = tensors(draw, b, h, tq, block * count, d, e)
        call(observe, f"(o, lse) of {count} blocks of {block}", submission, q, k, v, block, False)


def test_ragged(submission, draw, observe):
    """The last block may be shorter"""
    b, h, tq, d, e = draw.sizes(5)
    for block, tk in ((4, 7), (3, 10), (5, 6)):
        q, k, v = tensors(draw, b, h, tq, tk, d, e)
        call(observe, f"(o, lse) of {tk} keys, block={block}", submission, q, k, v, block, False)


def test_far_scores(submission, draw, observe):
    """Scores near −200 and 200, where the plain sum is 0 or infinite in float32"""
    b, h, tq, d, e = draw.sizes(5, high=7)
    for score in (-200.0, 200.0):
        q, k, v = far(draw, b, h, tq, 8, d, e, score)
        call(observe, f"(o, lse) of scores near {score:g}", submission, q, k, v, 3, False, FAR)
    low = far(draw, b, h, tq, 4, d, e, -150.0)
    high = far(draw, b, h, tq, 4, d, e, 150.0)
    for name, parts in (("rising", (low, high)), ("falling", (high, low))):
        q, k, v = low[0], torch.cat([p[1] for p in parts], 2), torch.cat([p[2] for p in parts], 2)
        call(observe, f"(o, lse) of scores {name} by 300 from block to block", submission, q, k, v, 2, False, FAR)


def test_causal_square(submission, draw, observe):
    """Causal, as many queries as keys: query i sees keys 0 … i, in whichever block they lie"""
    b, h, d, e = draw.sizes(4)
    for block, t in ((3, 3), (2, 6), (4, 9), (1, 5), (7, 5)):
        q, k, v = tensors(draw, b, h, t, t, d, e)
        call(observe, f"(o, lse) of {t} queries and keys, block={block}", submission, q, k, v, block, True)


def test_causal_past(submission, draw, observe):
    """Causal, more keys than queries: the last query is the last key"""
    b, h, d, e = draw.sizes(4)
    for block, tq, tk in ((3, 2, 7), (2, 3, 4), (4, 1, 9), (3, 4, 10)):
        q, k, v = tensors(draw, b, h, tq, tk, d, e)
        call(observe, f"(o, lse) of {tq} queries, {tk} keys, block={block}", submission, q, k, v, block, True)
    q, k, v = far(draw, b, h, 3, 8, d, e, -200.0)
    call(observe, "(o, lse) of scores near −200, causal", submission, q, k, v, 2, True, FAR)


def test_dtype(submission, draw, observe):
    """float64 goes in, float64 comes out; inputs may lie in memory as they like"""
    b, h, tq, d, e = draw.sizes(5)
    q, k, v = tensors(draw, b, h, tq, 11, d, e, torch.float64)
    call(observe, "(o, lse) in float64", submission, q, k, v, 4, False)
    q, k, v = (draw.normal(b, 7, h, n).transpose(1, 2) for n in (d, d, e))
    call(observe, "(o, lse) of transposed inputs", submission, q, k, v, 3, True)
    q, k, v = (draw.strided(draw.normal(b, h, 5, n)) for n in (d, d, e))
    call(observe, "(o, lse) of strided inputs", submission, q, k, v, 2, True)


def test_device(submission, draw, observe):
    """What is made on the way lies where q is"""
    b, h, tq, d, e = draw.sizes(5)
    for causal in (False, True):
        given = tensors(draw, b, h, tq, tq + 3, d, e)
        observe.stays_on_device(
            f"flash_forward elsewhere, causal={causal}", submission.flash_forward, *given, 4, causal
        )


def test_memory(submission, draw, observe):
    """No tensor on the way is larger than a block, or twice that"""
    b, h = draw.sizes(2, high=3)
    for tq, tk, d, e, block, causal in (
        (96, 128, 8, 5, 16, False),
        (130, 130, 6, 7, 13, True),
        (16, 160, 9, 4, 8, True),
    ):
        q, k, v = tensors(draw, b, h, tq, tk, d, e)
        with observe.operations() as ops:
            submission.flash_forward(q, k, v, block, causal)
        bound = 2 * b * h * max(tq, tk) * max(block, d, e)
        says = "A tensor as large as a table of all scores was made. How many keys are looked at in one step?"
        observe(f"largest tensor for Tq={tq}, Tk={tk}, block={block}", ops.largest(), at_most(bound=bound, says=says))
