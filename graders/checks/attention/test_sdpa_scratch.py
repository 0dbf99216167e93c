"""Checks for sdpa-scratch: rows of weights, values, masks, large scores, leading dimensions, dtypes, gradients."""

import torch

from graders.kit import holds


def inputs(draw, *leading, dtype=torch.float32, scale=1.0):
    """q, k, v with four different sizes Tq, Tk, d, e."""
    tq, tk, d, e = draw.sizes(4, low=3)
    shapes = ((*leading, tq, d), (*leading, tk, d), (*leading, tk, e))
    return [draw.normal(*shape, dtype=dtype, scale=scale, mean=0.2) for shape in shapes]


def allowed(draw, *shape):
    """A random mask in which every query may attend to something, but to less than all."""
    mask = draw.uniform(*shape) < 0.5
    mask[..., 0] = True
    mask[..., -1] = False
    return mask


def test_rows(submission, draw, observe):
    """out is […, Tq, e], and every row of w sums to 1"""
    b = draw.integer(2, 5)
    q, k, v = inputs(draw, b)
    out, w = submission.attend(q, k, v)
    observe("shapes of out and w", [list(out.shape), list(w.shape)])
    says = "The rows of w do not sum to 1."
    observe("w", w.detach(), holds("sums_to", says, total=1.0, dim=-1))


def test_values(submission, draw, observe):
    """Without a mask: softmax(q kᵀ / √d) v, and the weights"""
    for scale in (1.0, 2.0):
        observe.call(f"attend(q, k, v), scale {scale:g}", submission.attend, *inputs(draw, 3, scale=scale))


def test_mask(submission, draw, observe):
    """A query attends only where the mask is True; the other weights are 0"""
    q, k, v = inputs(draw, 2)
    mask = allowed(draw, q.shape[-2], k.shape[-2])
    observe.call("attend(q, k, v, mask [Tq, Tk])", submission.attend, q, k, v, mask)
    causal = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril()
    observe.call("attend(q, k, v, causal mask)", submission.attend, q, k, v, mask=causal)


def test_large_scores(submission, draw, observe):
    """Large scores give weights of 0 and 1, not NaN"""
    q, k, v = inputs(draw, 2, dtype=torch.float64)
    mask = allowed(draw, q.shape[-2], k.shape[-2])
    observe.call("attend(100·q, 100·k, v)", submission.attend, 100 * q, 100 * k, v)
    observe.call("attend(100·q, 100·k, v, mask)", submission.attend, 100 * q, 100 * k, v, mask)


def test_leading_dims(submission, draw, observe):
    """Any leading dimensions, a mask that broadcasts over them, one query, memory with gaps"""
    b, n = draw.sizes(2)
    observe.call("attend of matrices", submission.attend, *inputs(draw))
    q, k, v = inputs(draw, b, n)
    for leading in ((), (n,), (b, 1), (1, n)):
        mask = allowed(draw, *leading, q.shape[-2], k.shape[-2])
        observe.call(f"attend, mask {list(mask.shape)}", submission.attend, q, k, v, mask)
    observe.call("attend with one query", submission.attend, q[..., :1, :], k, v)
    observe.call("attend of strided tensors", submission.attend, draw.strided(q), draw.strided(k), draw.strided(v))


def test_dtype(submission, draw, observe):
    """The results have the dtype of the inputs"""
    for dtype in (torch.float64, torch.bfloat16):
        q, k, v = inputs(draw, 2, dtype=dtype)
        mask = allowed(draw, q.shape[-2], k.shape[-2])
        observe.call(f"attend ({str(dtype).removeprefix('torch.')})", submission.attend, q, k, v, mask)


def test_gradients(submission, draw, observe):
    """q, k and v get their gradients, through out and through w"""
    q, k, v = inputs(draw, 2, dtype=torch.float64)
    mask = allowed(draw, q.shape[-2], k.shape[-2])
    for index, name in enumerate(("out", "w")):
        fixed = (q, k, v) if name == "out" else (q, k)
        run = lambda *a, i=index: submission.attend(*(a if len(a) == 3 else (*a, v)), mask)[i]  # noqa: E731
        observe.gradients(f"{name} of attend", run, *fixed, names=["q", "k", "v"][: len(fixed)])
