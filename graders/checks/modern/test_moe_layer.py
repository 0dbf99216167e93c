"""Checks for moe-layer: its parts, one expert, who is asked, the mix, experts nobody asks, balance, gradients."""

import torch

from graders.kit import equal, holds

ALL = "An expert was called with other rows than those of the tokens that chose it."
SINGLE = equal(rtol=1e-4, atol=1e-5, because="weights and shares may be computed in float32")


def build(submission, draw, c, hidden, n_exp, k, dtype=torch.float32):
    """The learner's layer with fresh weights; the router's rows are orthogonal, so that no expert is idle by chance."""
    layer = draw.fill(submission.MoE(c, hidden, n_exp, k).to(dtype), scale=0.5)
    with torch.no_grad():
        rows = torch.linalg.qr(draw.normal(c, n_exp, dtype=torch.float64)).Q.T  # (n_exp, C)
        layer.router.weight.copy_(1.5 * rows)
    return layer


def sizes(draw):
    """C, hidden, n_exp, k: all different; k at least 2, and smaller than n_exp."""
    c, hidden = draw.random.sample([7, 8, 9, 10], 2)
    n_exp = draw.integer(5, 6)
    return c, hidden, n_exp, draw.integer(2, 3)


class Listener:
    """Writes down the rows that each expert is called with."""

    def __init__(self, layer):
        self.rows = {number: [] for number in range(len(layer.experts))}
        self.calls = [0] * len(layer.experts)
        for number, expert in enumerate(layer.experts):
            expert.register_forward_pre_hook(lambda module, args, number=number: self.note(number, args[0]))

    def note(self, number, rows):
        self.calls[number] += 1
        self.rows[number].append(rows.detach().reshape(-1, rows.shape[-1]))

    def heard(self, number, c):
        """All rows of one expert, in an order that does not depend on the calls."""
        rows = torch.cat(self.rows[number]) if self.rows[number] else torch.zeros(0, c)
        return rows[rows[:, 0].argsort()]


def counts(layer, x):
    """How many rows each expert gets."""
    listener = Listener(layer)
    layer(x)
    return [len(listener.heard(number, x.shape[1])) for number in range(len(layer.experts))]


def test_parts(submission, draw, observe):
    """A router without a bias, and n_exp experts of two layers with GELU between them"""
    c, hidden, n_exp, k = sizes(draw)
    layer = submission.MoE(c, hidden, n_exp, k)
    observe("state_dict", {key: list(value.shape) for key, value in sorted(layer.state_dict().items())})
    expert, x = draw.fill(layer.experts[n_exp - 1], scale=0.5), draw.normal(4, c)
    observe("an expert alone", expert(x))
    weights = [e[0].weight for e in layer.experts]
    apart = len({id(w) for w in weights}) == n_exp
    observe("every expert has its own weights", apart, holds("is_true", "Two experts are one module."))


def test_form(submission, draw, observe):
    """A pair: y like x, and one number"""
    c, hidden, n_exp, k = sizes(draw)
    layer = build(submission, draw, c, hidden, n_exp, k)
    out = layer(draw.normal(41, c))
    observe("what comes back", [type(out).__name__, *[list(part.shape) for part in out]])


def test_one_expert(submission, draw, observe):
    """With k = 1 a token gets the answer of its best expert, at weight 1"""
    c, hidden, n_exp, _ = sizes(draw)
    layer = build(submission, draw, c, hidden, n_exp, 1)
    n = draw.integer(60, 80)
    observe.call("y, k=1", lambda x: layer(x)[0], draw.normal(n, c))
    layer = build(submission, draw, c, hidden, 1, 1)
    observe.call("y of the only expert", lambda x: layer(x)[0], draw.normal(n, c))


def test_own_rows(submission, draw, observe):
    """An expert is called with its own rows only"""
    for _ in range(2):
        c, hidden, n_exp, k = sizes(draw)
        layer = build(submission, draw, c, hidden, n_exp, k)
        x = draw.normal(draw.integer(35, 45), c)
        listener = Listener(layer)
        layer(x)
        for number in range(n_exp):
            observe(f"rows of expert {number}", listener.heard(number, c), equal(says=ALL))


def test_mix(submission, draw, observe):
    """With k > 1 the answers are mixed by the softmax of the chosen scores"""
    for _ in range(3):
        c, hidden, n_exp, k = sizes(draw)
        layer = build(submission, draw, c, hidden, n_exp, k)
        observe.call(f"y, k={k} of {n_exp}", lambda x, f=layer: f(x)[0], draw.normal(draw.integer(35, 45), c))
    layer = build(submission, draw, c, hidden, 4, 4)
    observe.call("y, k=4 of 4", lambda x: layer(x)[0], draw.normal(9, c))


def test_nobody_asks(submission, draw, observe):
    """Experts that nobody asks, the first, the last or most of them, lose no row"""
    c, hidden, n_exp, k = sizes(draw)
    most = draw.random.sample(range(n_exp), n_exp - k)
    for idle in ([0], [n_exp - 1], [n_exp // 2], most):
        layer = build(submission, draw, c, hidden, n_exp, k)
        x = draw.uniform(draw.integer(12, 17), c, low=0.1)
        with torch.no_grad():
            layer.router.weight[idle] -= 20
        observe.call(f"y, nobody asks {sorted(idle)}", lambda x, f=layer: f(x)[0], x)
        observe(f"rows of each expert, nobody asks {sorted(idle)}", counts(layer, x))
    layer = build(submission, draw, c, hidden, n_exp, k)
    observe.call("y of one token", lambda x: layer(x)[0], draw.normal(1, c))


def test_balance(submission, draw, observe):
    """aux = n_exp · Σ f · P, f over all assignments, P over all experts"""
    c, hidden, n_exp, some = sizes(draw)
    for k in (some, 1):
        layer = build(submission, draw, c, hidden, n_exp, k)
        observe.call(f"aux, k={k} of {n_exp}", lambda x, f=layer: f(x)[1], draw.normal(draw.integer(35, 45), c))
    layer = build(submission, draw, c, hidden, n_exp, 2)
    x = draw.uniform(13, c, low=0.1)
    with torch.no_grad():
        layer.router.weight[[1, n_exp - 1]] -= 20
    observe.call(f"aux, nobody asks {[1, n_exp - 1]}", lambda x: layer(x)[1], x)


def gradients(observe, name, layer, x, choose, upstream):
    """Gradients of x and of all weights; None counts as zero, since an idle expert may have either."""
    x = x.clone().requires_grad_()
    layer.zero_grad(set_to_none=True)
    out = choose(layer(x))
    if out.requires_grad:
        out.backward(upstream)
    for label, leaf in (("x", x), *sorted(layer.named_parameters())):
        grad = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        observe(f"gradient of {label} by {name}", grad.detach(), SINGLE)


def test_gradients_of_y(submission, draw, observe):
    """y sends gradients to x, the experts, and through the weights to the router"""
    c, hidden, n_exp, k = sizes(draw)
    layer = build(submission, draw, c, hidden, n_exp, k, torch.float64)
    x = draw.normal(19, c, dtype=torch.float64)
    gradients(observe, "y", layer, x, lambda out: out[0], draw.normal(19, c, dtype=torch.float64))


def test_gradients_of_aux(submission, draw, observe):
    """aux sends gradients to x and the router"""
    c, hidden, n_exp, k = sizes(draw)
    layer = build(submission, draw, c, hidden, n_exp, k, torch.float64)
    x = draw.normal(19, c, dtype=torch.float64)
    gradients(observe, "aux", layer, x, lambda out: out[1], torch.tensor(1.0, dtype=torch.float64))


def test_dtype(submission, draw, observe):
    """y in float64 for float64, and x may have gaps in memory"""
    c, hidden, n_exp, k = sizes(draw)
    x = draw.normal(17, c, dtype=torch.float64)
    layer = build(submission, draw, c, hidden, n_exp, k, torch.float64)
    observe.call("y, float64", lambda x: layer(x)[0], x, rule=SINGLE)
    layer = build(submission, draw, c, hidden, n_exp, k)
    observe.call("y, strided x", lambda x: layer(x)[0], draw.strided(x.float()))
