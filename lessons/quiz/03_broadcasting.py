"""Questions about shapes that meet, reductions, and softmax: every draw has fresh numbers."""

from math import exp, log
from random import Random

from lessons import Ask


def _floats(values: list[float]) -> str:
    return "[" + ", ".join(f"{v:.4g}" for v in values) + "]"


def _softmax(values: list[float]) -> list[float]:
    powers = [exp(v - max(values)) for v in values]
    return [p / sum(powers) for p in powers]


def align_right(rng: Random) -> Ask:
    """Shapes line up from the right; a size of 1 is stretched."""
    n, m, k = rng.sample(range(2, 9), 3)
    left, right, answer = rng.choice(
        [
            ((n,), (m, 1), (m, n)),
            ((n, 1), (m,), (n, m)),
            ((n, 1, k), (m, 1), (n, m, k)),
            ((k, 1), (n, 1, m), (n, k, m)),
            ((n, m), (m,), (n, m)),
        ]
    )
    one, two = ", ".join(map(str, left)), ", ".join(map(str, right))
    return Ask(
        text="What is the shape of a + b?",
        code=f"a = torch.ones({one})\nb = torch.ones({two})\n(a + b).shape",
        wrong=(str(answer[::-1]), "raises", str((*left, *right)), str((n, k))),
        why=f"Written so that both end at the right, {left} and {right} agree or hold a 1 in every place; "
        f"the 1s stretch, and missing places count as 1. So: {answer}.",
    )


def bad_broadcast(rng: Random) -> Ask:
    """Two different sizes, neither of them 1, cannot meet."""
    n, m = rng.sample(range(2, 9), 2)
    right, fits = rng.choice([((n,), False), ((m,), True), ((n, 1), True), ((m, 1), False), ((1, m), True)])
    shape = ", ".join(map(str, right))
    verdict = "they agree, or one of them is 1" if fits else "they meet different sizes, neither of them 1"
    return Ask(
        text="What comes out?",
        code=f"a = torch.ones({n}, {m})\nb = torch.ones({shape})\n(a + b).shape",
        wrong=("raises", str((n, m)), str((m, n)), str((n, m, n))),
        why=f"Lined up from the right, ({n}, {m}) stands over {right}: {verdict}.",
    )


def keepdim_trap(rng: Random) -> Ask:
    """Sums without keepdim line up with the columns."""
    while True:
        a, b, c, d = (rng.randint(1, 9) for _ in range(4))
        shown = {f"{c / s:.4g}" for s in (a + b, c + d, a + c, a + b + c + d)}
        if len(shown) == 4:
            break
    keep = rng.random() < 0.4
    option = ", keepdim=True" if keep else ""
    why = (
        f"With keepdim the sums are a column, (2, 1), so the second row is divided by its own sum {c + d}."
        if keep
        else f"The sums have shape (2,) and line up with the columns: column 0 is divided by {a + b}, "
        f"which is the sum of row 0. keepdim=True would have kept them beside their rows."
    )
    return Ask(
        text="What is the entry at row 1, column 0?",
        code=f"t = torch.tensor([[{a}., {b}.], [{c}., {d}.]])\n(t / t.sum(1{option}))[1, 0].item()",
        wrong=tuple(f"{c / s:.4g}" for s in (a + b, c + d, a + c, a + b + c + d)),
        why=why,
    )


def bmm_broadcast(rng: Random) -> Ask:
    """The last two places are matrices; the places before them broadcast."""
    b, c, n, k, m = rng.sample(range(2, 9), 5)
    if rng.random() < 0.5:
        left, right = f"{b}, 1, {n}, {k}", f"{c}, {k}, {m}"
        answer, wrong = (b, c, n, m), [(b, 1, n, m), (b, n, m), (c, n, m), (b, c, m, n)]
    else:
        left, right = f"{n}, {k}", f"{b}, {k}, {m}"
        answer, wrong = (b, n, m), [(n, m), (b, m, n), (n, b, m), (b, n, k)]
    return Ask(
        text="What is the shape of the product?",
        code=f"a = torch.ones({left})\nb = torch.ones({right})\n(a @ b).shape",
        wrong=("raises", *map(str, wrong)),
        why=f"The matrices are ({n}, {k}) and ({k}, {m}), which gives ({n}, {m}). What stands before the "
        f"last two places is lined up from the right and stretched: {answer}.",
    )


def silent_mse(rng: Random) -> Ask:
    """A column minus a vector is a table of all pairs."""
    n = rng.choice([4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 50])
    column = rng.random() < 0.7
    guess = f"torch.randn({n}, 1)" if column else f"torch.randn({n}, 1).squeeze(1)"
    return Ask(
        text="How many squared differences does this loss average?",
        code=f"guess = {guess}\ntruth = torch.randn({n})\n((guess - truth) ** 2).numel()",
        wrong=(str(n), str(n * n), str(2 * n), "raises", str(n * (n - 1))),
        why=f"({n}, 1) against ({n},) becomes ({n}, {n}): each guess is held against every truth, silently."
        if column
        else f"squeeze(1) has taken the place of size 1 away, so ({n},) meets ({n},), pair by pair.",
    )


def shift_invariance(rng: Random) -> Ask:
    """Adding a constant to all scores leaves softmax as it was."""
    x = [float(v) for v in rng.sample(range(-2, 3), 3)]
    c = rng.choice([-50, -7, 5, 10, 40])
    p = _softmax(x)
    changed = [_softmax([2 * v for v in x]), _softmax([-v for v in x]), [1 / 3] * 3]
    return Ask(
        text=f"softmax of x = {[int(v) for v in x]} is {_floats(p)}. What is it after this shift?",
        code=f"x = torch.tensor({x})\ntorch.softmax(x + {c}, 0)".replace("+ -", "- "),
        wrong=("[nan, nan, nan]", *map(_floats, changed)),
        why=f"Every exp(x) is multiplied by the same exp({c}), above and below the fraction bar: it cancels. "
        "Only differences between scores count. Multiplying the scores would change the result.",
    )


def lse_range(rng: Random) -> Ask:
    """logsumexp lies between max and max + ln n."""
    n = rng.choice([2, 3, 4, 5, 8])
    top = rng.randint(3, 90)
    x = [top - rng.randint(0, 2) for _ in range(n)]
    x[rng.randrange(n)] = top
    return Ask(
        text=f"You may not compute it, only bound it. Which one is it? (ln {n} is {log(n):.2f})",
        code=f"x = torch.tensor({[float(v) for v in x]})\ntorch.logsumexp(x, 0).item()",
        wrong=(
            f"{top - rng.uniform(0.3, 1.2):.4g}",
            f"{top + log(n) + rng.uniform(0.4, 2):.4g}",
            f"{float(sum(x)) + 0.5:.4g}",
            f"{log(top) + 0.1:.4g}",
        ),
        why=f"The sum of exp(x) is at least its largest term and at most n = {n} times that. Take "
        f"logarithms: between {top} and {top} + ln {n} = {top + log(n):.4g}.",
    )


def einsum_read(rng: Random) -> Ask:
    """In einsum, letters missing behind the arrow are summed over."""
    b, q, k, h, d = rng.sample(range(2, 9), 5)
    sizes = {"b": b, "q": q, "k": k, "h": h, "d": d}
    rule, wrong = rng.choice(
        [
            ("bqhd,bkhd->bhqk", ["bqhk", "bhkq", "bhqd", "bqk"]),
            ("bhqk,bkhd->bqhd", ["bhqd", "bkhd", "bqhk", "bhqk"]),
            ("bqd,bkd->bqk", ["bkq", "bqd", "qk", "bqkd"]),
            ("qk,kd->qd", ["dq", "qk", "kd", "qkd"]),
            ("bqd,hd->bqh", ["bhq", "bqd", "bqhd", "hq"]),
        ]
    )
    left, answer = rule.split("->")
    one, two = left.split(",")
    gone = sorted(set(left) - set(answer) - {","})

    def shape(letters: str) -> tuple[int, ...]:
        return tuple(sizes[x] for x in letters)

    return Ask(
        text="What is the shape of the result?",
        code=f"x = torch.ones{shape(one)}\ny = torch.ones{shape(two)}\ntorch.einsum('{rule}', x, y).shape",
        wrong=tuple(str(shape(w)) for w in wrong),
        why=f"The letters behind the arrow name the result: {', '.join(f'{x} = {sizes[x]}' for x in answer)}."
        f" {' and '.join(gone)} stands only before it, so it is multiplied along and summed over.",
    )


def scalar_plus(rng: Random) -> Ask:
    """A plain number meets every entry."""
    c, x = rng.randint(2, 20), rng.sample(range(1, 10), 3)
    sign = rng.choice(["+", "*", "-"])
    results = {"+": [c + v for v in x], "*": [c * v for v in x], "-": [c - v for v in x]}
    return Ask(
        text="What is the value?",
        code=f"{c} {sign} torch.tensor({x})",
        wrong=(
            str([results[sign][0], *x[1:]]),
            str([c, *x]),
            str(sum(results[sign])),
            "raises",
        ),
        why="A number has no places at all; all of them are missing at the left, count as 1, and stretch.",
    )


def argmax_dim(rng: Random) -> Ask:
    """The dim that you name is the one that disappears."""
    shape = tuple(rng.sample(range(2, 9), 3))
    dim = rng.choice([0, 1, 2, -1, -2])
    name, keep = rng.choice([("argmax", False), ("sum", False), ("mean", False), ("argmax", True)])
    code = f"x = torch.randn{shape}\nx.{name}({dim}{', keepdim=True' if keep else ''}).shape"
    without = [tuple(s for i, s in enumerate(shape) if i != j) for j in range(3)]
    kept = [tuple(1 if i == j else s for i, s in enumerate(shape)) for j in range(3)]
    gone = shape[dim]
    return Ask(
        text="What is the shape?",
        code=code,
        wrong=tuple(str(s) for s in [*without, *(kept if keep else kept[dim : dim + 1 or None]), (gone,)]),
        why=f"dim {dim} has size {gone}. "
        + ("It is reduced, and keepdim leaves a place of size 1." if keep else "It is reduced and is gone."),
    )


def all_masked_row(rng: Random) -> Ask:
    """A row that is masked everywhere has nothing to divide by."""
    n = rng.choice([2, 3, 4])
    kind = rng.choice(["softmax", "part", "sdpa"])
    zero, nan, even = (f"[{', '.join([v] * n)}]" for v in ("0", "nan", f"{1 / n:.4g}"))
    if kind == "sdpa":
        code = (
            f"q = torch.ones(1, 2)\nk = v = torch.ones({n}, 2)\n"
            f"mask = torch.zeros(1, {n}, dtype=torch.bool)\n"
            "F.scaled_dot_product_attention(q, k, v, attn_mask=mask)"
        )
        return Ask(
            text="The mask hides every key. What does torch 2.13 (2026) return?",
            code=code,
            wrong=("[[nan, nan]]", "[[1, 1]]", "raises", f"[[{1 / n:.4g}, {1 / n:.4g}]]"),
            why="Fused attention returns zeros for a query that may attend to nothing, where a softmax by "
            "hand gives NaN. Whoever swaps one for the other must know.",
        )
    hidden = n if kind == "softmax" else rng.randint(1, n - 1)
    scores = ["0.0"] * (n - hidden) + ["float('-inf')"] * hidden
    left = n - hidden
    part = "[" + ", ".join([f"{1 / left:.4g}"] * left + ["0"] * hidden) + "]" if left else nan
    return Ask(
        text="What is the softmax?",
        code=f"inf = float('inf')\ntorch.softmax(torch.tensor([{', '.join(scores)}]), 0)".replace(
            "float('-inf')", "-inf"
        ),
        wrong=(zero, nan, even, part, "raises"),
        why="All scores are minus infinity: each exp is 0, and 0/0 is NaN."
        if not left
        else f"exp(−inf) is 0, so everything goes to the {left} open place{'s' * (left > 1)}.",
    )
