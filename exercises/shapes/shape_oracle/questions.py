"""Fourteen small pieces of code, one of each kind that trips people, with fresh sizes for every seed."""

from random import Random


def questions(rng: Random) -> list[str]:
    """The questions: lines of code, the last of which is the tensor whose shape is asked for."""
    broken = rng.sample(VIEWS, 2)  # two of the three ask a view for what it cannot give; which ones is for you to see
    drawn = [kind(rng, kind in broken) for kind in VIEWS] + [kind(rng) for kind in OTHERS]
    rng.shuffle(drawn)
    return ["\n".join(lines) for lines in drawn]


def zeros(name: str, *shape: int) -> str:
    return f"{name} = torch.zeros({', '.join(map(str, shape))})"


def sizes(rng: Random, count: int) -> list[int]:
    """Sizes that all differ: a dimension taken for another must show."""
    return rng.sample(range(2, 10), count)


def view(rng: Random, broken: bool) -> list[str]:
    a, b, c = sizes(rng, 3)
    if broken:
        return [zeros("x", a, b), f"x.t().view({a * b})"]
    return [zeros("x", a, b * c), rng.choice([f"x.view({a}, {b}, -1)", f"x.view({a}, -1, {c})"])]


def transpose(rng: Random, broken: bool) -> list[str]:
    a, b, c, d = sizes(rng, 4)
    # Cutting a dimension in two is bookkeeping, wherever it lies; merging two needs them side by side.
    cut = f"view({b}, {a}, {c}, {d})"
    merged = f"view({b}, {a * c * d})"
    return [zeros("x", a, b, c * d), f"x.transpose(0, 1).{merged if broken else cut}"]


def permute(rng: Random, broken: bool) -> list[str]:
    a, b, c = sizes(rng, 3)
    if broken:
        return [zeros("x", a, b, c), f"x.permute(2, 0, 1).view({a * c}, {b})"]
    return [zeros("x", a, b, c), rng.choice([f"x.permute(1, 2, 0).view({b * c}, {a})", "x.permute(2, 0, 1)"])]


def reshape(rng: Random) -> list[str]:
    a, b, c = sizes(rng, 3)
    change = rng.choice([f"x.reshape({a * b}, -1)", f"x.transpose(1, 2).reshape({a}, -1)", f"x.reshape({a}, {b + 1})"])
    return [zeros("x", a, b, c), change]


def squeeze(rng: Random) -> list[str]:
    a, b = sizes(rng, 2)
    return [zeros("x", 1, a, 1, b), rng.choice(["x.squeeze()", "x.squeeze(0)", "x.squeeze(1)", "x.squeeze(2)"])]


def expand(rng: Random) -> list[str]:
    a, b, c = sizes(rng, 3)
    shape, to = rng.choice([((1, b), f"{a}, -1"), ((a, 1), f"{c}, {a}, {b}"), ((a, b), f"{a}, {b + 1}")])
    return [zeros("x", *shape), f"x.expand({to})"]


def cat(rng: Random) -> list[str]:
    a, b, c = sizes(rng, 3)
    dim = rng.choice([0, 1])
    other = (c, b) if rng.random() < 0.7 else (a, c)
    return [zeros("x", a, b), zeros("y", *other), f"torch.cat([x, y], {dim})"]


def stack(rng: Random) -> list[str]:
    a, b = sizes(rng, 2)
    return [zeros("x", a, b), f"torch.stack([x, x, x], {rng.choice([0, 1, -1])})"]


def negative_slice(rng: Random) -> list[str]:
    a, b = sizes(rng, 2)
    return [zeros("x", a, b), "y = torch.stack([x, x, x], 1)", rng.choice(["y[:, -2:]", "y[:, -1]", "y[..., -1:]"])]


def broadcast(rng: Random) -> list[str]:
    a, b = sizes(rng, 2)
    left, right = rng.choice([((a,), (a, 1)), ((a, b), (a, 1, 1)), ((b, a), (b, 1, 1))])
    return [zeros("x", *left), zeros("y", *right), rng.choice(["x + y", "y + x"])]


def none_index(rng: Random) -> list[str]:
    a, b = sizes(rng, 2)
    return rng.choice([[zeros("x", a), "x[:, None] * x"], [zeros("x", a, b), "x[:, None] * x"]])


def batched_matmul(rng: Random) -> list[str]:
    a, b, n, m, k = sizes(rng, 5)
    left, right = rng.choice([((a, 1, n, m), (b, m, k)), ((a, n, m), (m, k)), ((n, m), (a, m, k))])
    return [zeros("x", *left), zeros("y", *right), "x @ y"]


def einsum(rng: Random) -> list[str]:
    a, b, c, d = sizes(rng, 4)
    text, left, right = rng.choice(
        [
            ("bqd,bkd->bqk", (a, b, d), (a, c, d)),
            ("bqk,bkd->bdq", (a, b, c), (a, c, d)),
            ("ij,jk->ki", (a, b), (b, c)),
            ("bij,bi->b", (a, b, c), (a, b)),
        ]
    )
    return [zeros("x", *left), zeros("y", *right), f'torch.einsum("{text}", x, y)']


def linear(rng: Random) -> list[str]:
    a, b, c, d = sizes(rng, 4)
    return [zeros("x", a, b, c), f"torch.nn.Linear({c}, {d})(x)"]


VIEWS = [view, transpose, permute]
OTHERS = [reshape, squeeze, expand, cat, stack, negative_slice, broadcast, none_index, batched_matmul, einsum, linear]
