"""Questions about the way back through tensors: shapes, sums, copies and short cuts; every draw has fresh numbers."""

from random import Random

from lessons import Ask


def _row(values: list[float]) -> str:
    return f"[{', '.join(f'{v:.4g}' for v in values)}]"


def bessel(rng: Random) -> Ask:
    """Around their own mean, n numbers spread by (n − 1)/n too little."""
    n = rng.choice([2, 3, 4, 5, 8, 10])
    if rng.random() < 0.5:
        a = rng.randint(1, 5)
        values = [float(v) for v in rng.sample(range(2, 20), min(n, 4))]
        m = sum(values) / len(values)
        total = sum((v - m) ** 2 for v in values)
        k = len(values)
        return Ask(
            text="What is the variance, as torch's var gives it by default?",
            code=f"torch.tensor({values}).var().item()",
            wrong=tuple(f"{w:.4g}" for w in (total / k, total, (total / (k - 1)) ** 0.5, total / (k + 1), total + a)),
            why=f"The squared deviations sum to {total:.4g}; by default they are divided by n − 1 = {k - 1}. Batch "
            "norm normalizes with n, var(correction=0).",
        )
    v = rng.choice([1, 2, 4, 10])
    return Ask(
        text=f"Many batches of {n} numbers are drawn from a distribution of variance {v}. In each, the squared "
        f"deviations from the batch's own mean are averaged (divided by {n}). What is that on average?",
        hidden=f"{v} * ({n} - 1) / {n}",
        wrong=tuple(f"{w:.4g}" for w in (v, v * n / (n - 1), v / n, v * (n - 1), v * (n - 2) / n)),
        why=f"The batch's mean lies in the middle of its own numbers: {n - 1}/{n} of {v}. Dividing by n − 1 mends it.",
    )


def maxes_zero(rng: Random) -> Ask:
    """Subtracting a row's maximum changes no probability, so nothing comes back."""
    n, v = rng.randint(2, 6), rng.randint(3, 9)
    use, wrong_zero = rng.choice([("(z - top).softmax(1)", True), ("(z - top).exp()", False), ("z - top", False)])
    name = {"(z - top).softmax(1)": "its softmax", "(z - top).exp()": "its exp", "z - top": "the difference itself"}[
        use
    ]
    return Ask(
        text=f"top, the maximum of each row, is subtracted from z [{n}, {v}], and the loss looks at {name}. Is the "
        "gradient of top always 0, up to rounding?",
        code=f"z = torch.randn({n}, {v}).double()\ntop = z.max(1, keepdim=True).values.requires_grad_()\n"
        f"({use} * torch.randn({n}, {v})).sum().backward()\n"
        "'yes' if top.grad.abs().max() < 1e-12 else 'no'",
        wrong=("yes", "no", "only for one row", "top gets no gradient: None"),
        why="A softmax does not change when a row is shifted, so the shift has slope 0: it is subtracted for safety "
        "alone."
        if wrong_zero
        else "Here the shift changes the result, and so it has a slope. Only what is blind to a shift, as softmax is, "
        "sends nothing back.",
    )


def dlogits_row_sum(rng: Random) -> Ask:
    """softmax minus one-hot: each row of the gradient sums to 0."""
    n = rng.choice([2, 4, 5, 10])
    parts = rng.choice([(0.5, 0.3, 0.2), (0.7, 0.2, 0.1), (0.1, 0.1, 0.8), (0.25, 0.25, 0.5), (0.6, 0.3, 0.1)])
    y = rng.randrange(3)
    right = [(p - (i == y)) / n for i, p in enumerate(parts)]
    wrong = (
        [p / n for p in parts],
        [p - (i == y) for i, p in enumerate(parts)],
        [-r for r in right],
        [(-1 / p if i == y else 0.0) / n for i, p in enumerate(parts)],
        [(1 - p if i == y else p) / n for i, p in enumerate(parts)],
    )
    return Ask(
        text=f"Cross entropy, the mean over {n} rows. One row has the probabilities {list(parts)}, and "
        f"class {y} is right. What is its gradient by the logits?",
        hidden=f"z = torch.tensor([{list(parts)}] * {n}).double().log().requires_grad_()\n"
        f"F.cross_entropy(z, torch.tensor([{y}] * {n})).backward()\nz.grad[0]",
        wrong=tuple(map(_row, wrong)),
        why=f"Probabilities, less 1 at the right class, divided by {n}. The sum of the row is 0: a shift of all logits "
        "changes nothing.",
    )


def bias_grad(rng: Random) -> Ask:
    """What was added to every row gets the sum over the rows."""
    n, m = rng.sample(range(2, 7), 2)
    k = rng.randint(2, 9)
    shape, many = rng.choice([(f"({n}, {m})", n), (f"({n}, 3, {m})", 3 * n)])
    loss, right = rng.choice([(f"({k} * y).sum()", k * many), ("y.mean()", many / (many * m))])
    wrong = (k, right / many, 1, k * m, many, right * m, k * many * m)
    return Ask(
        text=f"b of shape ({m},) is added to x of shape {shape}. What is each entry of b.grad?",
        code=f"x, b = torch.ones({shape[1:-1]}), torch.zeros({m}, requires_grad=True)\ny = x + b\n"
        f"{loss}.backward()\nb.grad[0].item()",
        wrong=tuple(f"{w:.4g}" for w in wrong),
        why=f"Each entry of b was used {many} times, and the messages add up: {many} · {right / many:.4g}.",
    )


def matmul_grad(rng: Random) -> Ask:
    """y = x @ W: the shapes leave one product for each gradient."""
    n, k, m = rng.sample(range(2, 10), 3)
    who = rng.choice(["x", "W"])
    right = "dy @ W.T" if who == "x" else "x.T @ dy"
    return Ask(
        text=f"y = x @ W with x ({n}, {k}) and W ({k}, {m}); dy is ({n}, {m}). What is the gradient of {who}?",
        answer=right,
        wrong=("dy @ W.T", "x.T @ dy", "dy.T @ x", "W @ dy.T", "dy @ W", "x @ dy.T"),
        why=f"It must be {(n, k) if who == 'x' else (k, m)}. "
        + (f"({n}, {m}) times ({m}, {k}) is the only way." if who == "x" else f"({k}, {n}) times ({n}, {m}) is the "
           "only way; the batch is summed away in the middle."),
    )  # fmt: skip


def emb_scatter(rng: Random) -> Ask:
    """Each occurrence of a row sends its own gradient; they add up in the row."""
    v = rng.randint(3, 5)
    picks = [rng.randrange(v) for _ in range(rng.randint(4, 6))]
    row = rng.choice(picks)
    count = picks.count(row)
    k = rng.randint(2, 5)
    how = rng.choice(["autograd", "autograd", "dC[ix] += k"])
    if how == "autograd":
        code = (
            f"C = torch.zeros({v}, 1, requires_grad=True)\nix = torch.tensor({picks})\n({k} * C[ix]).sum().backward()"
        )
        code += f"\nC.grad[{row}].item()"
        right, why = k * count, f"Row {row} is picked {count} times, and each pick sends {k}."
    else:
        code = f"dC = torch.zeros({v}, 1)\nix = torch.tensor({picks})\ndC[ix] += {k}\ndC[{row}].item()"
        right, why = k, f"Row {row} is picked {count} times, but read, added to and written once: += does not repeat."
    return Ask(
        text=f"What does row {row} come to?",
        code=code,
        wrong=tuple(str(w) for w in dict.fromkeys((k, k * count, k * len(picks), count, k + 1, k * (count + 1), 0))),
        why=f"{why} The answer is {right}.",
    )


def tanh_grad(rng: Random) -> Ask:
    """dx = dy · (1 − y²), entry by entry."""
    ys = rng.sample([0.0, 0.5, -0.5, 0.6, -0.8, 0.9, -0.9], 2)
    gs = rng.sample([1, 2, 3, -1, -2], 2)
    right = [g * (1 - y * y) for g, y in zip(gs, ys, strict=True)]
    wrong = (
        [g * (1 - y) for g, y in zip(gs, ys, strict=True)],
        [g * y * y for g, y in zip(gs, ys, strict=True)],
        [1 - y * y for y in ys],
        [g * (1 + y * y) for g, y in zip(gs, ys, strict=True)],
        [g * y for g, y in zip(gs, ys, strict=True)],
    )
    return Ask(
        text=f"A layer's tanh came out as y = {ys}; from behind comes dy = {gs}. What goes on to its input?",
        hidden=f"torch.ops.aten.tanh_backward(torch.tensor({gs}).double(), torch.tensor({ys}).double())",
        wrong=tuple(map(_row, wrong)),
        why=f"dy · (1 − y²) = {_row(right)}. Near ±1 the tanh is flat and lets little through: a saturated unit "
        "hardly learns.",
    )


def why_manual(rng: Random) -> Ask:
    """For bugs that autograd cannot see, for memory, and for short formulas."""
    question, right, why, wrong = rng.choice(
        [
            ("A loss is clipped to [-1, 1] before it is squared, and hard samples are never learned. Why does autograd "
             "not warn?", "the slope beyond the clip really is 0",
             "It differentiates what was written. Only who knows what comes back through a clamp sees the fault.",
             ("autograd does not know clamp", "the clip hides a NaN", "the optimizer skips large errors")),
            ("Why do libraries have cross entropy as one function of the logits?",
             "its way back is softmax − one-hot: short, and safe",
             "Eight steps collapse to one; nothing is divided by a small probability.",
             ("a softmax cannot be differentiated", "autograd cannot follow a log", "it saves the forward pass")),
            ("What tells you which tensors of a forward pass must stay in memory until backward?",
             "the formulas of the way back: whatever stands in them",
             "× needs its factors, tanh its result, + nothing. Recomputing some of them is activation checkpointing.",
             ("all tensors that require a gradient", "the parameters alone", "only the loss")),
            ("A unit's tanh sits at 0.999 for all inputs. What does its way back say?",
             "next to nothing comes through: it hardly learns",
             "1 − 0.999² = 0.002: the gradient of everything in front of it is multiplied by that.",
             ("it learns fastest there", "its gradient is 0.999", "nothing special")),
            ("What is writing each gradient once by hand not good for?",
             "a faster training step than fused kernels give",
             "It teaches; for speed, formulas go into kernels, which are then checked against autograd.",
             ("finding faults that raise no error", "knowing what memory is kept for", "writing a fused kernel")),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=right, wrong=wrong, why=why)


def sum_broadcast_dual(rng: Random) -> Ask:
    """Copied forwards is summed backwards; summed forwards is copied backwards."""
    n, m = rng.sample(range(2, 8), 2)
    form, shape, right, why = rng.choice(
        [
            (f"x.expand({n}, {m}).sum()", (m,), n, f"each entry was copied {n} times"),
            (f"x.expand({n}, {m}).sum()", (n, 1), m, f"each entry was copied {m} times"),
            ("x.sum()", (n, m), 1, "the one message goes to every entry as it is"),
            ("x.mean()", (n, m), 1 / (n * m), f"the one message goes to all {n * m}, divided by their number"),
            ("x.mean(0).sum()", (n, m), 1 / n, f"each of the {m} messages goes to {n} entries, divided by {n}"),
            (f"(x + torch.zeros({n}, {m})).mean()", (m,), 1 / m, f"{n} messages of 1/{n * m} add up"),
        ]
    )
    wrong = (1, n, m, n * m, 1 / n, 1 / m, 1 / (n * m))
    return Ask(
        text="What is every entry of x.grad?",
        code=f"x = torch.ones({', '.join(map(str, shape))}, requires_grad=True)\n{form}.backward()\n"
        "x.grad.flatten()[0].item()",
        wrong=tuple(f"{w:.4g}" for w in wrong),
        why=f"x has shape {shape}; {why}: {right:.4g}.",
    )
