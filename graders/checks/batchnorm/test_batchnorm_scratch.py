"""Checks for batchnorm-scratch: state, train mode, eps, averages, three dimensions, eval, dtypes, graph, gradients."""

import torch

from graders.kit import equal, holds

COARSE = equal(rtol=5e-2, atol=5e-2, because="bfloat16 has 8 significant bits, and a norm takes differences")
MAGNIFIED = equal(rtol=1e-3, atol=2e-3, because="1/√eps = 316 makes the roundings of a mean that much larger")
GRAPH = "A running statistic carries a graph, or asks for a gradient."


def build(submission, draw, d, dtype=torch.float32, **options):
    """A norm whose parameters and averages are all drawn."""
    norm = draw.fill(submission.BatchNorm1d(d, **options).to(dtype))
    with torch.no_grad():
        norm.running_mean.copy_(draw.normal(d))
        norm.running_var.copy_(draw.uniform(d, low=0.5, high=2))
    return norm


def spread_out(draw, n, d):
    """Rows far enough apart that eps plays no part."""
    steps = torch.randperm(n, generator=draw.generator)[:, None] * 2.0
    return draw.normal(n, d, scale=0.2, mean=1.5) + steps


def averages(observe, name, norm):
    observe(f"running_mean {name}", norm.running_mean.detach())
    observe(f"running_var {name}", norm.running_var.detach())


def test_state(submission, draw, observe):
    """weight and bias train; running_mean and running_var are buffers; all four start as they should"""
    d = draw.integer(3, 9)
    norm = submission.BatchNorm1d(d)
    observe(f"parameters of BatchNorm1d({d})", {name: p.detach() for name, p in norm.named_parameters()})
    observe("its state_dict", {name: t.detach() for name, t in norm.state_dict().items()})


def test_train(submission, draw, observe):
    """In train mode each channel has its batch's mean subtracted and is divided by its spread, then gain and shift"""
    n, d = draw.sizes(2, low=3)
    for shape in ((n, d), (2, d), (d, d)):
        norm = build(submission, draw, d)
        observe.call(f"forward(x {list(shape)})", norm, spread_out(draw, *shape))
    observe.call(f"forward(strided x [{n}, {d}])", norm, draw.strided(spread_out(draw, n, d)))
    observe.call("forward(x [5, 1])", build(submission, draw, 1), spread_out(draw, 5, 1))


def test_eps(submission, draw, observe):
    """eps is added to the variance, under the root"""
    n, d = draw.sizes(2, low=3)
    norm = build(submission, draw, d, eps=0.5)
    observe.call("forward(x), eps=0.5", norm, draw.normal(n, d, mean=1))
    norm = build(submission, draw, d)
    observe.call("forward(x of spread 0.003)", norm, draw.normal(n, d, scale=0.003, mean=0.1))
    observe.call("forward(equal rows)", norm, draw.normal(1, d).repeat(n, 1), rule=MAGNIFIED)


def test_running(submission, draw, observe):
    """Each forward in train mode moves the averages by momentum; their variance divides by n − 1"""
    n, d = draw.sizes(2, low=3, high=6)
    for options in ({}, {"momentum": 0.3}):
        norm = build(submission, draw, d, **options)
        for step in range(1, 4):
            norm(draw.normal(n, d, scale=2, mean=1))
            averages(observe, f"after {step} steps" + (f", {options}" if options else ""), norm)
    norm = submission.BatchNorm1d(2)
    norm(torch.tensor([[1.0, 0.0], [3.0, 4.0]]))
    averages(observe, "of a new norm", norm)


def test_three_dims(submission, draw, observe):
    """For x [N, T, D] statistics are taken over N and T"""
    n, t, d = draw.sizes(3, low=3, high=6)
    for shape in ((n, t, d), (1, t, d), (n, 1, d), (d, d, d)):
        norm = build(submission, draw, d)
        observe.call(f"forward(x {list(shape)})", norm, draw.normal(*shape, scale=2, mean=1))
        averages(observe, f"after x {list(shape)}", norm)


def test_eval(submission, draw, observe):
    """In eval mode the running statistics are used and stay as they are, also for a batch of one"""
    n, t, d = draw.sizes(3, low=3, high=6)
    norm = build(submission, draw, d, eps=0.2).eval()
    for shape in ((n, d), (1, d), (n, t, d)):
        observe.call(f"forward(x {list(shape)}) in eval mode", norm, draw.normal(*shape, scale=2, mean=1))
        averages(observe, f"after x {list(shape)} in eval mode", norm)


def test_mixed(submission, draw, observe):
    """Twenty calls in both modes, one after the other, from a loaded state"""
    d = draw.integer(3, 6)
    source = build(submission, draw, d)
    norm = submission.BatchNorm1d(d, momentum=0.2)
    norm.load_state_dict(source.state_dict())
    for call in range(20):
        norm.train(draw.random.random() < 0.6)
        shape = [draw.integer(2, 6)] + [draw.integer(2, 4)] * draw.integer(0, 1) + [d]
        mode = "train" if norm.training else "eval"
        observe.call(f"call {call}, x {shape}, {mode} mode", norm, draw.normal(*shape, scale=2, mean=0.5))
        averages(observe, f"after call {call}", norm)


def test_dtype(submission, draw, observe):
    """A norm turned to float64 or bfloat16 answers in it, and keeps its averages in it"""
    n, d = draw.sizes(2, low=4)
    for dtype, rule in ((torch.float64, None), (torch.bfloat16, COARSE)):
        norm = build(submission, draw, d, dtype)
        name = str(dtype).removeprefix("torch.")
        observe.call(f"forward(x {name})", norm, draw.normal(n, d, dtype=dtype), rule=rule)
        observe(f"running_var in {name}", norm.running_var.detach(), rule)
        observe.call(f"forward(x {name}) in eval mode", norm.eval(), draw.normal(n, d, dtype=dtype), rule=rule)


def test_graph(submission, draw, observe):
    """The averages carry no graph, and are still buffers"""
    n, d = draw.sizes(2, low=3)
    norm = build(submission, draw, d)
    for _ in range(2):
        norm(draw.normal(n, d).requires_grad_()).sum().backward()
    free = not any(t.requires_grad or t.grad_fn is not None for t in (norm.running_mean, norm.running_var))
    observe("the averages are free of the graph", free, holds("is_true", GRAPH))
    observe("buffers after training", sorted(name for name, _ in norm.named_buffers()))


def test_gradients(submission, draw, observe):
    """x, weight and bias get their gradients, in both modes"""
    n, t, d = draw.sizes(3, low=3, high=6)
    for mode in ("train", "eval"):
        for shape in ((n, d), (n, t, d)):
            norm = build(submission, draw, d, torch.float64).train(mode == "train")
            x = draw.normal(*shape, dtype=torch.float64)
            params = sorted(norm.named_parameters())
            observe.gradients(f"forward(x {list(shape)}), {mode} mode", norm, x, params=params, names=["x"])
