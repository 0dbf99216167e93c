"""Checks for ddpm-noise: the schedule, the jump to a step, then the loss: its target, its draws, its gradient."""

import torch

from graders.kit import equal, holds, law

NEAR = equal(rtol=2e-3, atol=1e-4, because="at step 0 the noise is found by dividing by 0.01")
WIDE = equal(rtol=1e-4, atol=1e-5, because="abar is float32, whatever the pictures are")
COPY = "A model that gives back its input has next to no loss."
CLEAN = "A model that gives back the picture has next to no loss."
EASY = "A model shown the same x_t at the right step cannot find the noise that it is compared with."
SEEN = "What the model is shown is not the picture with noise of this step's size."
MANY = "The steps of a batch do not differ as independent draws would."
FIRST = "Among 30,000 draws step 0 has not come, or one below it."
LAST = "Among 30,000 draws step 999 has not come, or one above it."
GLOBAL = "A generator was given, and torch's own random numbers have moved."
SAME = "Two generators in the same state gave different results."
MOVES = "Two calls one after the other, with the same generator, drew the same."


def abar():
    """The schedule again, for taking the noise out of what a model was shown."""
    return (1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)).cumprod(0)


class Knowing:
    """A model that knows the pictures: it finds the noise in what it is shown, and is off by known amounts."""

    def __init__(self, x0, off=0.0):
        self.x0, self.off = x0.double(), off
        self.calls = []

    def noise(self, x, t):
        left = abar()[t].view(-1, *[1] * (x.dim() - 1))
        return (x.double() - left.sqrt() * self.x0) / (1 - left).sqrt()

    def __call__(self, x, t):
        self.calls.append((x.detach().clone(), t.clone()))
        return (self.noise(x, t) + self.off).to(x.dtype)


def seeded(draw):
    return torch.Generator().manual_seed(draw.integer(0, 2**31))


def shape(draw, behind=3):
    return draw.sizes(1 + behind, low=3, high=8)


def test_schedule(submission, draw, observe):
    """beta runs from 0.0001 to 0.02, abar is the running product of 1 − beta"""
    for T in (1000, draw.integer(20, 300), 2, 1):
        beta, left = submission.schedule(T)
        observe(f"beta of schedule({T})", beta)
        observe(f"abar of schedule({T})", left)


def test_q_sample(submission, draw, observe):
    """√abar[t] · x0 + √(1 − abar[t]) · eps, each picture at its own step"""
    for _ in range(2):
        size = shape(draw)
        x0, eps = draw.normal(*size, mean=1), draw.normal(*size)
        t = draw.integers(5, 900, size[0])
        observe.call(f"q_sample(x0 {size}, t, eps)", submission.q_sample, x0, t, eps)
    t = torch.tensor([0, 999, 500, 1, 20, 998])
    x0, eps = draw.normal(6, 5, 2, 3, mean=2), draw.normal(6, 5, 2, 3)
    observe.call("the first steps and the last", submission.q_sample, x0, t, eps)


def test_shapes(submission, draw, observe):
    """Any number of dimensions behind the batch, also none; float64; memory with gaps"""
    for behind in (1, 4, 0, 2):
        size = shape(draw, behind)
        t = draw.integers(0, 1000, size[0])
        observe.call(f"q_sample(x0 {size}, …)", submission.q_sample, draw.normal(*size), t, draw.normal(*size))
    x0, eps = (draw.normal(4, 3, 5, 2, dtype=torch.float64) for _ in range(2))
    t = draw.integers(0, 1000, 4)
    observe.call("float64", submission.q_sample, x0, t, eps, rule=WIDE)
    observe.call("strided", submission.q_sample, draw.strided(x0.float()), t, draw.strided(eps.float()))


def test_target(submission, draw, observe):
    """The model is asked for the noise: neither for the picture nor for its input"""
    x0 = draw.normal(6, 3, 8, 4, mean=0.5)
    out = submission.loss(lambda x, t: x0, x0, seeded(draw))
    observe("a model that gives the picture", bool(out > 0.2), holds("is_true", CLEAN))
    worst = max(float(submission.loss(lambda x, t: x, x0, seeded(draw))) for _ in range(8))
    observe("a model that gives its input", worst > 0.01, holds("is_true", COPY))
    observe("what comes back", [list(out.shape), str(out.dtype)])


def test_model_sees(submission, draw, observe):
    """The model is called once, with x_t and t [B]"""
    x0 = draw.normal(400, 3, 4, 2, mean=5)
    model = Knowing(x0)
    submission.loss(model, x0, seeded(draw))
    observe("calls", [[list(x.shape), str(x.dtype), list(t.shape), str(t.dtype)] for x, t in model.calls])
    noise = model.noise(*model.calls[0])
    observe("x_t", bool(noise.mean().abs() < 1), holds("is_true", SEEN))


def test_value(submission, draw, observe):
    """The mean squared error: known for a model that knows the noise, and is off by known amounts"""
    for size in ((5, 3, 4, 6), (7, 2)):
        x0 = draw.normal(*size, mean=1)
        model = Knowing(x0, draw.normal(*size, mean=0.5, dtype=torch.float64))
        observe(f"loss for x0 {list(size)}", submission.loss(model, x0, seeded(draw)).detach(), NEAR)
    x0 = draw.normal(5, 3, 4)
    exact = submission.loss(Knowing(x0), x0, seeded(draw))
    observe("a model that finds the noise", bool(exact < 1e-3), holds("is_true", EASY))


def test_steps(submission, draw, observe):
    """One step for each picture, from 0 to 999, all alike likely"""
    x0 = draw.normal(30_000, 1, 1, 1)
    model = Knowing(x0)
    submission.loss(model, x0, seeded(draw))
    t = model.calls[0][1]
    observe("different steps", len(t.unique()) > 90, holds("is_true", MANY))
    observe("from 0", bool(t.min() == 0), holds("is_true", FIRST))
    observe("to 999", bool(t.max() == 999), holds("is_true", LAST))
    observe("their law", t.double(), law(mean=499.5, std=288.675, says="The steps are not uniform."))


def test_noise(submission, draw, observe):
    """Standard normal noise, a number of its own for every pixel"""
    x0 = draw.normal(500, 2, 4, 5)
    model = Knowing(x0)
    submission.loss(model, x0, seeded(draw))
    x, t = model.calls[0]
    noise = model.noise(x, t)[t > 20]
    observe("law of the noise", noise.clone(), law(mean=0.0, std=1.0, says="The noise is not standard normal."))
    apart = bool(noise.std(0).min() > 0.1)
    observe("pictures have noise of their own", apart, holds("is_true", "All pictures have the same noise."))


def test_generator(submission, draw, observe):
    """Equal generators give equal results, the next call another; torch's own random numbers stay"""
    x0, seed = draw.normal(6, 2, 5), draw.integer(0, 2**31)
    gen, again = torch.Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    torch.manual_seed(seed + 1)
    before, models = torch.get_rng_state(), [Knowing(x0, 1.0) for _ in range(3)]
    submission.loss(models[0], x0, gen)
    observe("torch's own state", torch.equal(before, torch.get_rng_state()), holds("is_true", GLOBAL))
    torch.manual_seed(seed + 2)
    submission.loss(models[1], x0, again)
    submission.loss(models[2], x0, again)
    (x, t), (y, s), (z, r) = (m.calls[0] for m in models)
    observe("the same seed twice: the steps", torch.equal(t, s), holds("is_true", SAME))
    observe("the same seed twice: the pictures", torch.equal(x, y), holds("is_true", SAME))
    observe("the next call", not torch.equal(y, z) and not torch.equal(s, r), holds("is_true", MOVES))


def test_gradient(submission, draw, observe):
    """Gradients reach the model"""
    x0 = draw.normal(5, 3, 4, dtype=torch.float64)
    knowing = Knowing(x0)
    off = draw.normal(5, 3, 4, mean=0.5, dtype=torch.float64).requires_grad_()
    out = submission.loss(lambda x, t: knowing(x, t) + off, x0, seeded(draw))
    if out.requires_grad:
        out.backward()
    observe("gradient of what the model adds", off.grad, NEAR)
