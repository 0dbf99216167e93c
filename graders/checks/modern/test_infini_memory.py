"""Checks for infini-memory: its weights, one segment, two, many, the gate, batches and calls, size, gradients."""

import torch

from graders.kit import at_most, holds

LARGE = "For a long text one tensor has many more numbers than the text itself. Is there something of T × T?"
FUTURE = "The last token was changed, and outputs before it changed too."


def build(submission, draw, d, segment, beta, dtype=torch.float32):
    """The learner's layer with fresh weights and a chosen gate."""
    layer = draw.fill(submission.InfiniAttention(d, segment).to(dtype), scale=1.3 * d**-0.5)
    with torch.no_grad():
        layer.beta.fill_(beta)
    return layer


def sizes(draw):
    """B, d and segment, all different, and none of them 1."""
    return draw.sizes(3, low=3, high=7)


def test_weights(submission, draw, observe):
    """Three projections without biases, and beta, which starts at 0"""
    _, d, segment = sizes(draw)
    layer = submission.InfiniAttention(d, segment)
    observe("state_dict", {key: list(value.shape) for key, value in sorted(layer.state_dict().items())})
    observe("beta", layer.beta.detach())
    observe("parameters", sorted(name for name, _ in layer.named_parameters()))


def test_first_segment(submission, draw, observe):
    """In the first segment there is local attention alone, times 1 − sigmoid(beta)"""
    b, d, segment = sizes(draw)
    for beta, t in ((-40.0, segment), (draw.number(0.5, 1.5), segment), (draw.number(-1.5, -0.5), segment - 1), (0, 1)):
        layer = build(submission, draw, d, segment, beta)
        observe.call(f"forward(x), T={t}, segment={segment}, beta={beta:.2f}", layer, draw.normal(b, t, d))


def test_segments_alone(submission, draw, observe):
    """With the memory shut out, every segment attends to itself"""
    b, d, segment = sizes(draw)
    for t in (2 * segment, 2 * segment + 1, 4 * segment - 1):
        layer = build(submission, draw, d, segment, -40.0)
        observe.call(f"forward(x), T={t}, segment={segment}", layer, draw.normal(b, t, d))


def test_second_segment(submission, draw, observe):
    """The second segment reads what the first one wrote"""
    b, d, segment = sizes(draw)
    for beta in (40.0, draw.number(0.5, 1.5)):
        layer = build(submission, draw, d, segment, beta)
        observe.call(f"forward(x), two segments, beta={beta:.2f}", layer, draw.normal(b, 2 * segment, d))
        layer = build(submission, draw, d, segment, beta)
        observe.call("forward(x), the second one shorter", layer, draw.normal(b, 2 * segment - 1, d))


def test_many_segments(submission, draw, observe):
    """The memory grows from segment to segment"""
    b, d, segment = sizes(draw)
    for t in (3 * segment, 5 * segment + 2):
        layer = build(submission, draw, d, segment, draw.number(0.5, 1.5))
        observe.call(f"forward(x), T={t}, segment={segment}", layer, draw.normal(b, t, d))
    layer = build(submission, draw, d, 1, draw.number(-1.5, -0.5))
    observe.call("forward(x), segments of 1", layer, draw.normal(b, 6, d))


def test_small_sums(submission, draw, observe):
    """1e-6 stands in the denominator, and the square root in the scale"""
    b, d, segment = sizes(draw)
    layer = build(submission, draw, d, segment, 1.0, torch.float64)
    with torch.no_grad():
        layer.k_proj.weight.copy_(-8 * torch.eye(d))
        layer.q_proj.weight.copy_(-8 * torch.eye(d))
    x = draw.uniform(b, 3 * segment, d, low=0.8, high=1.0, dtype=torch.float64)
    observe.call("forward(x) where σ is tiny", layer, x)


def test_calls(submission, draw, observe):
    """Each call begins with an empty memory, and so does each sequence of a batch"""
    b, d, segment = sizes(draw)
    layer = build(submission, draw, d, segment, 1.0)
    for call in ("first", "second"):
        observe.call(f"forward(x), {call} call", layer, draw.normal(b, 3 * segment, d))
    observe.call("forward(x), another batch", layer, draw.normal(b + 2, 2 * segment + 1, d))
    x = draw.normal(1, 3 * segment, d)
    observe.call("forward(x), three times the same", layer, x.expand(3, -1, -1))


def test_causal(submission, draw, observe):
    """No token sees a later one, not through the memory either"""
    b, d, segment = sizes(draw)
    layer, t = build(submission, draw, d, segment, 1.0), 3 * segment - 1
    x = draw.normal(b, t, d)
    other = torch.cat([x[:, :-1], draw.normal(b, 1, d)], dim=1)
    before, after = layer(x)[:, :-1], layer(other)[:, :-1]
    observe("the past as before", torch.allclose(before, after, atol=1e-5), holds("is_true", FUTURE))


def test_size(submission, draw, observe):
    """For a long text nothing of the size T × T is made"""
    d, segment, t = 4, 8, 512
    layer, x = build(submission, draw, d, segment, 1.0), draw.normal(2, t, d)
    with torch.no_grad(), observe.operations() as ops:
        layer(x)
    observe("numbers in the largest tensor", ops.largest(), at_most(bound=t * t // 4, says=LARGE))


def test_dtype(submission, draw, observe):
    """In float64, in bfloat16, and with gaps in memory"""
    b, d, segment = sizes(draw)
    x = draw.normal(b, 3 * segment, d, dtype=torch.float64)
    observe.call("forward(x float64)", build(submission, draw, d, segment, 1.0, torch.float64), x)
    observe.call("forward(strided x)", build(submission, draw, d, segment, 1.0), draw.strided(x.float()))
    out = build(submission, draw, d, segment, 1.0, torch.bfloat16)(x.bfloat16())
    observe("dtype for x bfloat16", str(out.dtype))


def test_gradients(submission, draw, observe):
    """x, the three weights and beta get their gradients, through the memory too"""
    b, d, segment = sizes(draw)
    layer = build(submission, draw, d, segment, draw.number(-0.5, 0.5), torch.float64)
    x = draw.normal(b, 3 * segment - 1, d, dtype=torch.float64)
    observe.gradients("forward(x)", layer, x, params=sorted(layer.named_parameters()), names=["x"])


def test_device(submission, draw, observe):
    """What is made on the way lies where x is"""
    b, d, segment = sizes(draw)
    layer, x = build(submission, draw, d, segment, 1.0), draw.normal(b, 2 * segment, d)
    observe.stays_on_device("forward elsewhere", lambda layer, x: layer(x), layer, x)
