"""Questions about the graph that autograd records: every draw has fresh numbers."""

from random import Random

from lessons import Ask

LEAF = "torch.tensor({}., requires_grad=True)"


def leaf(rng: Random) -> Ask:
    """By default only leaves that require a gradient keep one."""
    a, b = rng.randint(2, 9), rng.randint(2, 9)
    wants = rng.choice([(True, True), (True, False), (False, True)])
    lines = [
        f"{name} = torch.tensor({value}.{', requires_grad=True' if want else ''})"
        for name, value, want in zip("ab", (a, b), wants, strict=True)
    ]
    keeps = rng.random() < 0.35
    lines += ["c = a * b", *(["c.retain_grad()"] if keeps else []), "(c + 1).backward()"]
    lines.append("[n for n, t in dict(a=a, b=b, c=c).items() if t.grad is not None]")
    return Ask(
        text="Who holds a gradient at the end?",
        code="\n".join(lines),
        wrong=("[a, b]", "[a, b, c]", "[a]", "[b]", "[c]", "[a, c]", "[]"),
        why="a and b are leaves; those that asked with requires_grad collect. c is a result: its gradient "
        + ("is kept, because retain_grad() asked for it." if keeps else "passes through and is forgotten."),
    )


def accumulate(rng: Random) -> Ask:
    """Every backward adds to what .grad already holds."""
    p, q, x = rng.sample(range(2, 10), 3)
    cleared = rng.random() < 0.3
    clear = "x.grad = None\n" if cleared else ""
    return Ask(
        text="What is x.grad at the end?",
        code=f"x = {LEAF.format(x)}\n({p} * x).backward()\n{clear}({q} * x).backward()\nx.grad.item()",
        wrong=(str(q), str(p), str(p + q), str(p * q), str((p + q) * x)),
        why=f"The slopes are {p} and {q}. "
        + ("The first was cleared in between." if cleared else "Nobody cleared the first, so they add up."),
    )


def square(rng: Random) -> Ask:
    """A tensor that is used twice receives twice."""
    v = rng.choice([2, 3, 4, 5, -2, -3])
    form, slope, wrong = rng.choice(
        [
            ("x * x", 2 * v, (v, v * v, 2, 1)),
            ("x * x + x", 2 * v + 1, (2 * v, v + 1, v * v + v, 3)),
            ("x * x * x", 3 * v * v, (v * v, 3 * v, 2 * v * v, v**3)),
            ("x + x", 2, (1, 2 * v, v, 4)),
        ]
    )
    return Ask(
        text=f"What is the slope at x = {v}?",
        code=f"x = {LEAF.format(v)}\ny = {form}\ny.backward()\nx.grad.item()",
        wrong=tuple(str(w) for w in dict.fromkeys(wrong)),
        why=f"Each appearance of x in {form} sends back its own share; together they are {slope}.",
    )


def nonscalar(rng: Random) -> Ask:
    """A backward starts with a 1, and a vector has no such 1."""
    k, a, b = rng.randint(2, 9), rng.randint(1, 9), rng.randint(1, 9)
    start = rng.choice(["", f"torch.tensor([{a}., {b}.])", "torch.ones(2)"])
    return Ask(
        text="What is x.grad?",
        code=f"x = torch.tensor([1., 2.], requires_grad=True)\ny = {k} * x\ny.backward({start})\nx.grad",
        wrong=(
            "raises",
            f"[{k}, {k}]",
            f"[{k}, {2 * k}]",
            f"[{k * a}, {k * b}]",
            f"[{a + k}, {b + k}]",
        ),
        why="Without an argument only a single number can start a backward."
        if not start
        else f"The argument is what y receives; the product passes it on times {k}.",
    )


def nograd_modes(rng: Random) -> Ask:
    """Three switches, and what their results look like."""
    k = rng.randint(2, 9)
    how, why = rng.choice(
        [
            (f"y = {k} * x", "Recorded: it requires a gradient and has a grad_fn."),
            (f"with torch.no_grad():\n    y = {k} * x", "Not recorded; an ordinary tensor otherwise."),
            (f"y = ({k} * x).detach()", "The same memory, cut from the graph: an ordinary tensor."),
            (f"with torch.inference_mode():\n    y = {k} * x", "Not recorded, and marked for life."),
        ]
    )
    options = ("(True, True, False)", "(False, False, False)", "(False, False, True)", "(True, False, False)")
    return Ask(
        text="requires a gradient? has a grad_fn? is an inference tensor?",
        code=f"x = {LEAF.format(k)}\n{how}\n(y.requires_grad, y.grad_fn is not None, y.is_inference())",
        wrong=options,
        why=why,
    )


def inference_reuse(rng: Random) -> Ask:
    """An inference tensor cannot be kept for a backward."""
    f, w = rng.randint(2, 5), rng.randint(6, 9)
    use, why = rng.choice(
        [
            ("f * w", "× must keep f to know w's slope, and inference tensors may not be kept."),
            ("f.clone() * w", "The clone was made outside of inference mode: an ordinary tensor."),
            ("f + w", "+ needs to keep nothing: its slopes are 1. So nothing stands in the way."),
        ]
    )
    return Ask(
        text="What is w.grad?",
        code=f"with torch.inference_mode():\n    f = torch.tensor({f}.)\nw = {LEAF.format(w)}\n"
        f"({use}).backward()\nw.grad.item()",
        wrong=("raises", str(f), "1", str(w), str(f * w)),
        why=why,
    )


def second_backward(rng: Random) -> Ask:
    """The first walk frees what the nodes had kept."""
    w = rng.randint(2, 9)
    form, slope, keeps = rng.choice([("w * w", 2 * w, True), ("w ** 3", 3 * w * w, True), ("w + w", 2, False)])
    retain = rng.random() < 0.4
    if retain:
        why = f"The graph was retained; both walks add their {slope}."
    elif keeps:
        why = "The first walk freed the values that the slopes need. retain_graph=True would keep them."
    else:
        why = "A sum keeps no values, so there is nothing that could be freed. Do not rely on it."
    return Ask(
        text="What is w.grad at the end?",
        code=f"w = {LEAF.format(w)}\nloss = {form}\nloss.backward({'retain_graph=True' if retain else ''})\n"
        "loss.backward()\nw.grad.item()",
        wrong=("raises", str(slope), str(2 * slope), str(slope * slope), "0"),
        why=why,
    )


def zero_none(rng: Random) -> Ask:
    """zero_grad leaves None, unless it is told otherwise."""
    n, k = rng.randint(2, 3), rng.randint(2, 9)
    option = rng.choice(["", "", "set_to_none=False"])
    ks, zeros, ones = ("[" + ", ".join([str(v)] * n) + "]" for v in (k, 0, 1))
    return Ask(
        text="What is p.grad at the end?",
        code=f"p = torch.ones({n}, requires_grad=True)\nopt = torch.optim.SGD([p], lr=0.1)\n"
        f"({k} * p).sum().backward()\nopt.zero_grad({option})\np.grad",
        wrong=("None", zeros, ks, ones, "0"),
        why="None frees the memory and lets the optimizer skip the tensor; zeros would still be decayed "
        "or carried by momentum.",
    )


def dynamic_graph(rng: Random) -> Ask:
    """The graph is what Python really ran."""
    x, k, limit = rng.randint(1, 3), rng.choice([2, 3]), rng.choice([10, 20, 50, 100])
    steps, value = 0, x
    while value < limit:
        value, steps = value * k, steps + 1
    return Ask(
        text="What is x.grad?",
        code=f"x = {LEAF.format(x)}\nh = x\nwhile h < {limit}:\n    h = {k} * h\nh.backward()\nx.grad.item()",
        wrong=(str(k), str(k ** (steps - 1)), str(k ** (steps + 1)), str(k * steps), "raises"),
        why=f"The loop ran {steps} times, so the graph holds {steps} products: {k}^{steps}. TensorFlow 1 (2015) "
        "built a graph first and ran it later; here, running is building.",
    )


def grad_fn_names(rng: Random) -> Ask:
    """The last operation is the first node of the walk."""
    forms = {
        "(x * w).sum()": ("Sum", "Mul"),
        "(x + w).mean()": ("Mean", "Add"),
        "(x - w).exp()": ("Exp", "Sub"),
        "(x / w).tanh()": ("Tanh", "Div"),
        "x.exp() * 3": ("Mul", "Exp"),
        "x.sum() - 1": ("Sub", "Sum"),
    }
    form = rng.choice(list(forms))
    last, before = forms[form]
    n = rng.randint(2, 5)

    def names(*words: str) -> str:
        return "(" + ", ".join(f"{w}Backward0" for w in words) + ")"

    return Ask(
        text="Which two nodes are printed?",
        code=f"x = torch.ones({n}, requires_grad=True)\nw = torch.ones({n})\ny = {form}\n"
        "node = y.grad_fn\n(node.name(), node.next_functions[0][0].name())",
        wrong=(names(before, last), names(last, last), names(before, before)),
        why=f"grad_fn belongs to the operation that made y, the last one: {last}. Behind it stands {before}.",
    )


def partial(rng: Random) -> Ask:
    """A partial slope holds the other variable still."""
    x, y = rng.sample(range(2, 8), 2)
    form, slopes = rng.choice(
        [
            ("x**2 * y", {"x": 2 * x * y, "y": x**2}),
            ("x * y**2", {"x": y**2, "y": 2 * x * y}),
            ("x**3 + x * y", {"x": 3 * x**2 + y, "y": x}),
        ]
    )
    by = rng.choice("xy")
    other = "y" if by == "x" else "x"
    answer = slopes[by]
    wrong = (slopes[other], slopes["x"] + slopes["y"], answer + 1, x * y + 3 * answer)
    return Ask(
        text=f"x = {x}, y = {y}. What is {by}.grad?",
        code=f"x = {LEAF.format(x)}\ny = {LEAF.format(y)}\n({form}).backward()\n{by}.grad.item()",
        wrong=tuple(str(w) for w in wrong),
        why=f"Hold {other} still and differentiate {form} by {by}: that is {answer}.",
    )


def inplace_version(rng: Random) -> Ask:
    """Only a kept value may not be written over; torch counts versions."""
    x, k = rng.randint(2, 4), rng.randint(3, 9)
    form, why = rng.choice(
        [
            ("x.exp()", "exp keeps its result: it is its slope. Its version changed from 0 to 1: it raises."),
            ("x.relu()", "relu keeps its result, to see where it was positive; its version changed."),
            (f"{k} * x", f"The slope is the number {k}; the result was not kept, so it may be changed."),
            (f"x + {k}", "A sum keeps nothing. Its result may be changed."),
            ("x * x", "× keeps its factors, here x, and not its result. So the result may be changed."),
        ]
    )
    return Ask(
        text="What is x.grad?",
        code=f"x = {LEAF.format(x)}\ny = {form}\ny += 1\ny.backward()\nx.grad.item()",
        wrong=("raises", str(k), "1", str(2 * x), str(2 * x + 1), "0"),
        why=why,
    )


def why_none(rng: Random) -> Ask:
    """Four causes of a gradient that is None."""
    k = rng.randint(2, 9)
    causes = {
        "w is a result, not a leaf": f"w = torch.ones({k}, requires_grad=True) * 0.{k}\nw.sum().backward()",
        "w never asked for a gradient": f"w = torch.ones({k})\nv = torch.ones({k}, requires_grad=True)\n"
        "(w * v).sum().backward()",
        "the path from w to the loss was cut": f"w = torch.ones({k}, requires_grad=True)\n"
        f"v = torch.ones({k}, requires_grad=True)\n(w.detach() * v).sum().backward()",
        "the loss does not use w": f"w = torch.ones({k}, requires_grad=True)\n"
        f"v = torch.ones({k}, requires_grad=True)\nh = w * 2\n(v * {k}).sum().backward()",
    }
    cause = rng.choice(list(causes))
    return Ask(
        text="w.grad is None at the end. Why?",
        code=causes[cause] + "\nw.grad",
        answer=cause,
        wrong=tuple(c for c in causes if c != cause),
        why="Look in this order: is it a leaf, did it ask, is the path whole, does the loss use it?",
    )


def create_graph(rng: Random) -> Ask:
    """A gradient of a gradient needs the first one recorded."""
    x, power = rng.randint(2, 5), rng.choice([2, 3, 4])
    first, second = power * x ** (power - 1), power * (power - 1) * x ** (power - 2)
    records = rng.random() < 0.7
    option = ", create_graph=True" if records else ""
    return Ask(
        text="What is the value?",
        code=f"x = {LEAF.format(x)}\n(g,) = torch.autograd.grad(x**{power}, [x]{option})\n"
        "torch.autograd.grad(g, [x])[0].item()",
        wrong=("raises", str(first), str(second), str(first * first), str(x**power)),
        why=f"The first slope of x^{power} is {first} here, the second {second}; g was recorded on the way."
        if records
        else "Without create_graph, g carries no graph: there is nothing to walk through.",
    )


def backward_vs_backprop(rng: Random) -> Ask:
    """Backpropagation is the recipe, backward() a call, step() another."""
    words = {
        "backpropagation": "the chain rule, from the loss to the inputs, each node once",
        "loss.backward()": "one such walk now, adding what arrives into .grad",
        "optimizer.step()": "changing the parameters by what their .grad holds",
        "optimizer.zero_grad()": "forgetting the gradients, so that the next ones start afresh",
    }
    word = rng.choice(list(words))
    return Ask(
        text=f"What is {word}?",
        answer=words[word],
        wrong=tuple(w for k, w in words.items() if k != word),
        why="A recipe, a call that follows it, a call that uses the outcome, a call that clears it away. "
        "None of them does the work of another.",
    )


def jvp_vjp(rng: Random) -> Ask:
    """Reverse mode costs one walk an output, forward mode one an input."""
    n, m = rng.sample(range(2, 60), 2)
    mode, place = rng.choice([("reverse-mode walks (as backward does)", 0), ("forward-mode passes", 1)])
    if rng.random() < 0.4:
        m = 1
    return Ask(
        text=f"A function takes {n} numbers to {m}. How many {mode} does its whole Jacobian take?",
        hidden=f"f = torch.nn.Linear({n}, {m})\ntorch.autograd.functional.jacobian(f, torch.ones({n})).shape[{place}]",
        wrong=(str(n), str(m), str(n * m), str(n + m), "2"),
        why=f"The Jacobian is ({m}, {n}). A reverse walk gives one row, a forward pass one column. A loss is one "
        "number: one reverse walk gives its slope for any number of parameters.",
    )
