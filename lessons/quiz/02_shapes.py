"""Questions about shape, strides and memory: every draw has fresh numbers."""

from random import Random

from lessons import Ask


def view_or_copy(rng: Random) -> Ask:
    """A view shares its storage; a copy has its own."""
    r, c = rng.randint(2, 5), rng.randint(6, 9)
    text, why = rng.choice(
        [
            ("x[1:]", "A slice starts further along the same line of numbers."),
            ("x.t()", "A transpose only exchanges the strides."),
            (f"x.view({c}, {r})", "A view is new bookkeeping for the same numbers."),
            (f"x[0].expand(3, {c})", "expand gives the new dimension the stride 0; nothing is copied."),
            ("x[x >= 0]", "No stride leads to the places that a mask happens to choose: they are copied."),
            ("x[[0, 1]]", "A list of indices copies, also where a slice could have done it."),
            ("x.clone()", "clone always copies."),
            (f"x.t().reshape({r * c})", "No single stride reads a transpose in order, so reshape copies."),
            (f"x.reshape({r * c})", "x is contiguous, so reshape can be a view, and is one."),
        ]
    )
    return Ask(
        text=f"x is a ({r}, {c}) table. Does {text} share its memory?",
        code=f"x = torch.arange({r * c}).view({r}, {c})\ny = {text}\n"
        "y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()",
        wrong=("True", "False", "raises"),
        why=why,
    )


def noncontig_view(rng: Random) -> Ask:
    """view never copies; reshape does when it must."""
    r, c = rng.sample(range(2, 9), 2)
    turn, change = rng.choice(["x.t()", "x", "x.t().contiguous()"]), rng.choice(["view", "reshape"])
    fails = turn == "x.t()" and change == "view"
    return Ask(
        text="What happens?",
        code=f"x = torch.ones({r}, {c})\n{turn}.{change}(-1).shape",
        wrong=("raises", f"({r * c},)", f"({c}, {r})", "(-1,)"),
        why="No single stride reads a transpose in its order: view refuses, reshape would have copied."
        if fails
        else f"The {r * c} numbers "
        + ("are copied into order first." if turn == "x.t()" else "lie in order, so one stride reads them all."),
    )


def stride(rng: Random) -> Ask:
    """How far to the next entry along each dimension."""
    a, b, c = rng.sample(range(2, 10), 3)
    text, why = rng.choice(
        [
            (f"torch.zeros({a}, {b})", f"A step to the next row passes {b} numbers, to the next column 1."),
            (f"torch.zeros({a}, {b}).t()", f"Transposed: the next row is 1 away, the next column {b}."),
            (f"torch.zeros({a}, {b}, {c})", f"From the right: 1, then {c}, then {b} · {c} = {b * c}."),
            (f"torch.zeros({a}, {b})[::2]", f"Every second row: two rows of {b} at each step."),
            (f"torch.zeros({a}, {b}, {c})[:, 0]", f"The middle is gone; the next row still lies {b} · {c} away."),
        ]
    )
    return Ask(
        text=f"What are the strides of {text}?",
        code=f"{text}.stride()",
        wrong=tuple(map(str, [(b, 1), (1, b), (a, 1), (1, a), (b * c, c, 1), (c, 1), (2 * b, 2), (a, b), (2 * b, 1)])),
        why=why,
    )


def expand_write(rng: Random) -> Ask:
    """An expanded dimension is one number seen many times."""
    n, m = rng.sample(range(2, 9), 2)
    do = rng.choice(["y.add_(1)", "y[0].add_(1)", "y = y + 1", "y = y.clone().add_(1)"])
    why = {
        "y.add_(1)": f"All {m} entries of a row are one place in memory; torch refuses to write there {m} times.",
        "y[0].add_(1)": f"All {m} entries of row 0 are one place in memory, and torch refuses the write.",
        "y = y + 1": "y + 1 is a fresh tensor; x is only read.",
        "y = y.clone().add_(1)": "clone has written the entries out; x is not touched.",
    }[do]
    return Ask(
        text="What does this come to?",
        code=f"x = torch.zeros({n}, 1)\ny = x.expand({n}, {m})\n{do}\n(x.sum().item(), y.sum().item())",
        wrong=("raises", f"({float(n):.4g}, {float(n * m):.4g})", f"(0, {float(n * m):.4g})", "(0, 0)"),
        why=why,
    )


def contiguous_noop(rng: Random) -> Ask:
    """contiguous() copies only what is out of order."""
    n, m = rng.sample(range(2, 9), 2)
    text, why = rng.choice(
        [
            (f"torch.ones({n}, {m})", "It is in order already and comes back as it is: the same object."),
            (f"torch.ones({n}, {m}).t()", "A transpose is out of order: contiguous() writes a copy."),
            (f"torch.ones({n}, {m})[1:]", "Rows at the end of a table are still in order: nothing to do."),
            (f"torch.ones({n}, {m})[:, 1:]", "Each row leaves one number out, so there are gaps: it is copied.")
            if m > 2
            else (f"torch.ones({n}, {m}).mT", "A transpose is out of order: contiguous() writes a copy."),
        ]
    )
    return Ask(
        text=f"x = {text}. Is x.contiguous() the very same object?",
        code=f"x = {text}\nx.contiguous() is x",
        wrong=("True", "False", "raises"),
        why=why,
    )


def linear_last_dim(rng: Random) -> Ask:
    """A linear layer works on the last dimension and leaves the rest."""
    b, t, i, o = rng.sample(range(2, 40), 4)
    shape = rng.choice([(b, t, i), (i,), (b, i), (b, i, t)])
    return Ask(
        text="What comes out?",
        code=f"layer = nn.Linear({i}, {o})\nlayer(torch.zeros({', '.join(map(str, shape))})).shape",
        wrong=("raises", str((*shape[:-1], o)), str((b * t, o)), str((o,)), str((b, o, t)), str((o, i))),
        why=f"The last dimension must be {i}; it becomes {o}. All before it is batch."
        if shape[-1] == i
        else f"The last dimension is {t}, and the layer wants {i}. Where {i} stands otherwise does not count.",
    )


def index_kinds(rng: Random) -> Ask:
    """A number takes its dimension, a slice keeps it, a mask makes one line."""
    r, c = rng.randint(3, 6), rng.randint(7, 9)
    k = rng.randint(2, r * c - 2)
    text, why = rng.choice(
        [
            ("t[1, 2]", "Two numbers take both dimensions away: 0-d."),
            ("t[:, 1]", "The number takes its dimension; the rows stay."),
            ("t[:, -2:]", "A slice keeps the dimension, here with the last two columns."),
            (f"t[t >= {k}]", f"A mask gives one line with the {r * c - k} entries that it lets through."),
            ("t[[0, 2]]", "A list takes those rows; the result has two."),
            ("t[None, 1]", "None puts a size 1 in front, 1 takes the row dimension away."),
            ("t[..., 0]", "The dots stand for all that is not mentioned: the rows."),
        ]
    )
    return Ask(
        text=f"t is a ({r}, {c}) table. What shape has {text}?",
        code=f"t = torch.arange({r * c}).view({r}, {c})\n{text}.shape",
        wrong=("()", f"({r},)", f"({c},)", str((r, 2)), str((2, c)), str((1, c)), f"({r * c - k},)", str((r, c))),
        why=why,
    )


def cat_vs_view(rng: Random) -> Ask:
    """Gluing neighbors by view is free; cat writes them again."""
    b, t, e = rng.sample(range(2, 12), 3)
    text, why = rng.choice(
        [
            (f"x.view({b}, {t * e})", "view merges two neighbors where they lie: no number is copied."),
            ("torch.cat(x.unbind(1), 1)", "cat writes all numbers into a new tensor, though the result is the same."),
            ("x.flatten(1)", "flatten is a view wherever one can be: here the neighbors lie in order."),
        ]
    )
    return Ask(
        text=f"x holds {t} embeddings of {e} numbers for {b} words. Both dimensions are to be one. Is memory shared?",
        code=f"x = torch.zeros({b}, {t}, {e})\ny = {text}\ny.data_ptr() == x.data_ptr()",
        wrong=("True", "False", "raises"),
        why=why,
    )


def storage(rng: Random) -> Ask:
    """A view keeps the whole storage alive, however little it shows."""
    r, c = rng.randint(10, 99), rng.randint(10, 99)
    copies = rng.random() < 0.5
    return Ask(
        text="How many bytes does y keep in memory, once x itself is forgotten?",
        code=f"x = torch.zeros({r}, {c})\ny = x[0]{'.clone()' if copies else ''}\ny.untyped_storage().nbytes()",
        wrong=(str(4 * r * c), str(4 * c), str(4 * r), str(c), str(8 * c)),
        why=f"clone wrote {c} float32 of 4 bytes each; nothing else is kept."
        if copies
        else f"y shows {c} numbers but holds the storage of all {r} · {c}, 4 bytes each.",
    )


def unbind_stack(rng: Random) -> Ask:
    """stack makes a dimension, unbind takes one apart, cat extends one."""
    n, a, b = rng.sample(range(2, 9), 3)
    dim = rng.choice([0, 1, 2])
    text, why = rng.choice(
        [
            (f"torch.stack([x] * {n}, {dim})", f"stack puts a new dimension of {n} at place {dim}."),
            (f"torch.cat([x] * {n}, {dim % 2})", f"cat makes dimension {dim % 2} {n} times as long."),
            (f"x.unbind({dim % 2})[0]", f"unbind({dim % 2}) takes that dimension away and gives its parts."),
            (f"torch.stack(x.unbind({dim % 2}), 0)", "The parts are stacked along a new first dimension."),
        ]
    )
    shapes = [(n, a, b), (a, n, b), (a, b, n), (n * a, b), (a, n * b), (a, b), (b, a)]
    return Ask(
        text=f"x has the shape ({a}, {b}). What shape comes out?",
        code=f"x = torch.zeros({a}, {b})\n{text}.shape",
        wrong=(*map(str, rng.sample(shapes, 7)), f"({a},)", f"({b},)"),
        why=why,
    )
