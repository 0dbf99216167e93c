"""Questions about the scalar engine: slopes by hand, order, pieces, and what torch does; fresh numbers each time."""

import math
from random import Random

from lessons import Ask

LEAF = "torch.tensor({}, dtype=torch.float64, requires_grad=True)"


def slope(rng: Random) -> Ask:
    """A slope is what a nudge of the input does to the output, times 1/h."""
    a, b, c, x = rng.randint(2, 5), rng.randint(2, 9), rng.randint(1, 9), rng.choice([-2, -1, 1, 2, 3])
    right = 2 * a * x - b
    value = a * x * x - b * x + c
    wrong = (value, 2 * a * x, a * x - b, 2 * a * x + b, right + c, 2 * a - b)
    return Ask(
        text=f"f(x) = {a}x² − {b}x + {c}. What is its slope at x = {x}?",
        hidden=f"x = {LEAF.format(f'{x}.')}\n({a} * x**2 - {b} * x + {c}).backward()\nround(x.grad.item())",
        wrong=tuple(map(str, wrong)),
        why=f"2·{a}·x − {b} = {right} at {x}: a nudge of 0.001 moves f by about {right / 1000:g}. "
        f"The constant {c} does not move.",
    )


def chain(rng: Random) -> Ask:
    """Backwards: 1 − y² at the tanh, all through plus, the other factor at times."""
    x1, x2 = rng.sample([-3, -2, -1, 2, 3, 4], 2)
    w1, w2 = rng.sample([-1.5, -0.5, 0.5, 1.5, 2.5], 2)
    y = rng.choice([0.5, 0.6, 0.8, -0.5, -0.6, -0.8])
    g = 1 - y * y
    of = {"w1": g * x1, "w2": g * x2, "x1": g * w1, "x2": g * w2, "b": g}
    who = rng.choice(list(of))
    wrong = [*(v for k, v in of.items() if k != who), (1 - y) * of[who] / g, y * of[who] / g, of[who] / g]
    return Ask(
        text=f"A neuron y = tanh(x1·w1 + x2·w2 + b) with x1 = {x1}, x2 = {x2}, w1 = {w1}, w2 = {w2}. "
        f"It came out as y = {y}. What is the slope of y by {who}?",
        hidden=f"g = 1 - ({y})**2\nfloat(dict(w1=g * {x1}, w2=g * {x2}, x1=g * {w1}, x2=g * {w2}, b=g)['{who}'])",
        wrong=tuple(f"{w:.4g}" for w in wrong),
        why=f"tanh passes 1 − y² = {g:.4g}; plus passes it on unchanged; times multiplies with the other factor.",
    )


def plus_equals(rng: Random) -> Ask:
    """Contributions of several uses add up; an engine with = keeps only the last."""
    k, a = rng.randint(2, 6), rng.randint(2, 6)
    sign = rng.choice(["+=", "="])
    form, links, right, why = rng.choice(
        [
            (f"{k} * a + a", [k, 1], k + 1, f"{k} and 1"),
            (f"a * a + {k} * a", [a, a, k], 2 * a + k, f"{a}, {a} and {k}"),
            ("a * a", [a, a], 2 * a, f"{a} and {a}"),
            (f"a * a * {k}", [a * k, a * k], 2 * a * k, f"{a * k} and {a * k}"),
        ]
    )
    code = f"told = {links}   # what reaches a = {a} in {form}\ngrad = 0\nfor t in told:\n    grad {sign} t\ngrad"
    return Ask(
        text="What does this engine say is the slope by a?",
        code=code,
        wrong=tuple(map(str, (right, links[-1], links[0], sum(links) + 1, right * a))),
        why=f"{why} arrive at a. "
        + ("Added, they are the slope." if sign == "+=" else f"The last one overwrote the others; right were {right}."),
    )


def topo_order(rng: Random) -> Ask:
    """Backwards, a number may speak when everybody who used it has spoken."""
    p, q, r, s = rng.sample("abcdefghkm", 4)
    shape = rng.choice(["skip", "diamond", "chain"])
    if shape == "skip":
        lines = [f"{q} = 3 * {p}", f"{r} = {q}.tanh()", f"{s} = {r} * {q}"]
        good, bad = [(s, r, q, p)], [(s, q, r, p), (s, q, p, r), (p, q, r, s), (s, r, p, q)]
        why = f"{q} is used by {r} and by {s}: it must wait for both."
    elif shape == "diamond":
        lines = [f"{q} = {p} + 2", f"{r} = 5 * {p}", f"{s} = {q} * {r}"]
        good, bad = [(s, r, q, p), (s, q, r, p)], [(s, q, p, r), (s, r, p, q), (p, r, q, s), (q, s, r, p)]
        why = f"{q} and {r} may come in either order; {p} is used by both, and comes last."
    else:
        lines = [f"{q} = {p}.exp()", f"{r} = {q} + 1", f"{s} = {r} * {p}"]
        good, bad = [(s, r, q, p)], [(s, p, r, q), (s, r, p, q), (p, q, r, s), (s, q, r, p)]
        why = f"{p} is used at the very beginning and at the very end: it must wait for {q}."
    right = rng.choice(good)
    return Ask(
        text=f"{s}.backward() is called. Which order of passing gradients on is right?\n" + "\n".join(lines),
        answer=" → ".join(right),
        wrong=tuple(" → ".join(w) for w in bad),
        why=why + " The result itself begins.",
    )


def tanh_parts(rng: Random) -> Ask:
    """Cut an operation into pieces: the slope stays what it was."""
    x = rng.choice([0.3, 0.5, 0.8, 1.1, -0.4, -0.9])
    name, value, form, right = rng.choice(
        [
            ("tanh", math.tanh(x), "((2 * x).exp() - 1) / ((2 * x).exp() + 1)", 1 - math.tanh(x) ** 2),
            ("sigmoid", 1 / (1 + math.exp(-x)), "1 / (1 + (-x).exp())", math.exp(-x) / (1 + math.exp(-x)) ** 2),
        ]
    )
    wrong = (value, 1 - value, 1 - x * x, 2 * math.exp(2 * x), 2 * right, right / 2, 1.0)
    rule = "1 − y²" if name == "tanh" else "y·(1 − y)"
    return Ask(
        text=f"{name}({x}) is y = {value:.4g}, and its slope {rule}. Here it is cut into pieces. What is x.grad?",
        code=f"x = {LEAF.format(x)}\ny = {form}\ny.backward()\nx.grad.item()",
        wrong=tuple(f"{w:.4g}" for w in wrong),
        why=f"It is {rule} = {right:.4g}: the chain rule gives the slope of the function, however finely it was cut. "
        "One node is faster, and rounds less.",
    )


def torch_same(rng: Random) -> Ask:
    """Python's floats keep about 16 digits, torch's default about 7."""
    n = rng.choice([3, 7, 9, 11, 13])
    dtype, digits = rng.choice([("float32", 7), ("float64", 16)])
    return Ask(
        text=f"In torch.{dtype}, what is the slope of x/{n} at x = 1? It should be 1/{n}. About how many of its digits "
        "are right?",
        hidden=f"x = torch.tensor(1.0, dtype=torch.{dtype}, requires_grad=True)\n(x / {n}).backward()\n"
        f"gap = abs(x.grad.item() - 1 / {n}) * {n}\n16 if gap < 1e-13 else 7 if 1e-9 < gap < 1e-6 else 0",
        wrong=("3", "7", "16", "32"),
        why=f"{dtype} keeps about {digits} decimal digits. Python's numbers are float64, so an engine in plain Python "
        "agrees with torch to 7 digits by default, and to 16 if you ask for float64.",
    )


def torch_tanh(rng: Random) -> Ask:
    """A node keeps what its slope needs: tanh its result."""
    y = rng.choice([0.2, 0.3, 0.6, 0.8, 0.9, -0.3, -0.6, -0.9])
    g = rng.choice([1, 2, 3, 5])
    right = g * (1 - y * y)
    return Ask(
        text=f"A tanh came out as {y}. From behind it receives the gradient {g}. What does it pass to its input?",
        hidden=f"torch.ops.aten.tanh_backward(torch.tensor({g}.).double(), torch.tensor({y}).double()).item()",
        wrong=tuple(f"{w:.4g}" for w in (g * (1 - y), g * y * y, g * y * (1 - y), 1 - y * y, g * (1 + y * y), g * y)),
        why=f"{g} · (1 − y²) = {right:.4g}. The input is not needed, so torch's node keeps only y; "
        "its formula is called tanh_backward.",
    )


def one_step(rng: Random) -> Ask:
    """Against the slope the loss falls, if the step is small enough."""
    w, k = rng.choice([2, 3, 4, -2, -3]), rng.choice([1, 2, 3])
    lr = rng.choice([0.01, 0.1, 0.3, 1.5])
    sign = rng.choice(["-", "-", "+"])
    after = w - lr * 2 * k * w if sign == "-" else w + lr * 2 * k * w
    if sign == "+":
        why = "That is along the slope, uphill."
    elif abs(after) > abs(w):
        why = "Against the slope, but so far that it lands higher on the other side: the rate is too high."
    else:
        why = "Against the slope, and not too far."
    return Ask(
        text="One step. Which way does the loss move?",
        code=f"def loss(w):\n    return {k} * w * w\n\nw, lr = {w}, {lr}\n"
        f"new = w {sign} lr * {2 * k} * w\n"
        "moved = loss(new) - loss(w)\n'down' if moved < 0 else 'up' if moved > 0 else 'not at all'",
        wrong=("down", "up", "not at all"),
        why=f"The slope at {w} is {2 * k * w}; w becomes {after:.4g}. {why}",
    )


def param_41(rng: Random) -> Ask:
    """A layer from n to m has (n + 1)·m numbers."""
    n = rng.choice([2, 3, 3, 4, 5])
    sizes = rng.choice([[4, 4, 1], [16, 16, 1], [5, 3], [8, 1], [3, 3, 2], [10, 1]])
    pairs = list(zip([n, *sizes], sizes, strict=False))
    no_bias = sum(i * o for i, o in pairs)
    right = sum((i + 1) * o for i, o in pairs)
    wrong = (no_bias, no_bias + len(sizes), sum(sizes) + n, right + n, no_bias + sum(sizes[:-1]))
    return Ask(
        text=f"MLP({n}, {sizes}): {n} inputs, layers of {sizes} neurons. How many parameters?",
        hidden=f"s = {[n, *sizes]}\n"
        "sum(p.numel() for i, o in zip(s, s[1:]) for p in torch.nn.Linear(i, o).parameters())",
        wrong=tuple(map(str, dict.fromkeys(wrong))),
        why=" + ".join(f"({i} + 1)·{o}" for i, o in pairs) + f" = {right}: every neuron has a weight for each input, "
        "and a bias.",
    )


def hinge(rng: Random) -> Ask:
    """relu(1 − y·s): nothing to pay beyond the margin."""
    y = rng.choice([1, -1])
    s = rng.choice([-2.5, -1.0, -0.5, 0.25, 0.75, 1.0, 1.5, 3.0])
    right = max(0.0, 1 - y * s)
    if right == 0:
        why = "right by the margin of 1 or more: nothing to pay."
    else:
        why = "right, but by less than the margin of 1." if y * s > 0 else "wrong: it costs 1, and the distance to 0."
    return Ask(
        text=f"The max-margin loss: the true class is {y:+d}, the network's score {s:g}. What does it cost?",
        hidden=f"torch.tensor(1 - {y} * {s}).relu().item()",
        wrong=tuple(f"{w:.4g}" for w in (1 + y * s, 1 - s, (y - s) ** 2, 0.0, abs(s), max(0.0, -y * s), 1.0)),
        why=f"relu(1 − y·s) = relu({1 - y * s:g}). The score is {why}",
    )


def graph_draw(rng: Random) -> Ask:
    """A drawn graph is read from the result to its parents."""
    left, right = rng.sample("abc", 2)
    top, inner, bend = rng.choice(["+", "-", "*"]), rng.choice(["+", "*"]), rng.choice(["tanh", "exp"])
    deep = rng.random() < 0.5
    names = {"+": "Add", "-": "Sub", "*": "Mul", "tanh": "Tanh", "exp": "Exp"}

    def text(t: str, i: str, b: str, x: str, y: str) -> str:
        return f"({x} {i} {y}).{b}() {t} {x}" if deep else f"{x}.{b}() {t} ({x} {i} {y})"

    if deep:
        drawn = [names[top], f"├─ {names[bend]}", f"│  └─ {names[inner]}", f"│     ├─ {left}", f"│     └─ {right}",
                 f"└─ {left}"]  # fmt: skip
    else:
        drawn = [names[top], f"├─ {names[bend]}", f"│  └─ {left}", f"└─ {names[inner]}", f"   ├─ {left}",
                 f"   └─ {right}"]  # fmt: skip
    other = {"+": "*", "-": "+", "*": "-"}[top]
    wrong = (
        text(other, inner, bend, left, right),
        text(top, inner, bend, right, left),
        text(top, {"+": "*", "*": "+"}[inner], bend, left, right),
        f"(({left} {inner} {right}) {top} {left}).{bend}()",
    )
    return Ask(
        text="The result stands at the top, its parents below it, indented. Which expression is it?\n"
        + "\n".join(drawn),
        answer=text(top, inner, bend, left, right),
        wrong=wrong,
        why=f"{names[top]} comes last in time, so it stands first. {left} is drawn twice; it is one number, "
        "and hears from two sides.",
    )


def files(rng: Random) -> Ask:
    """engine.py: a number that differentiates; nn.py: networks made of it."""
    part, where, why = rng.choice(
        [
            ("the class Value with + and *", "engine.py", "A number, its parents, how it passes slopes back."),
            ("backward and its topological order", "engine.py", "The walk belongs to the number that starts it."),
            ("the slope of relu", "engine.py", "Every operation brings its own slope."),
            ("the random start of weights", "nn.py", "A Neuron draws its weights when it is made."),
            ("parameters()", "nn.py", "Neuron, Layer and MLP collect them from their parts."),
            ("zero_grad()", "nn.py", "The common base class Module has it, over parameters()."),
            ("the class MLP", "nn.py", "A list of Layers, which are lists of Neurons."),
            ("the data set and the loss", "neither: the demo notebook", "The demo makes two moons and a hinge loss."),
            ("the training loop", "neither: the demo notebook", "A library gives parts; the loop is its user's."),
        ]
    )
    return Ask(
        text=f"micrograd (Andrej Karpathy, 2020) has two files and a demo. Where do you find {part}?",
        answer=where,
        wrong=("engine.py", "nn.py", "neither: the demo notebook", "in both"),
        why=why,
    )
