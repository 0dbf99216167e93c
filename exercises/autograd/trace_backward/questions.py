"""Ten small graphs, one of each kind that trips people, with fresh numbers for every seed."""

from random import Random


def questions(rng: Random) -> list[str]:
    """The questions: lines of code, the last of which is the `.grad` that is asked for."""
    drawn = [kind(rng) for kind in KINDS]
    rng.shuffle(drawn)
    return ["\n".join(lines) for lines in drawn]


def leaves(rng: Random) -> tuple[int, int, list[str]]:
    """Two leaves whose sizes differ, none of them 0 or 1: a factor left out must show."""
    a, b = (size * rng.choice([-1, 1]) for size in rng.sample([2, 3, 4, 5], 2))
    lines = [f"{name} = torch.tensor({value}.0, requires_grad=True)" for name, value in (("a", a), ("b", b))]
    return a, b, lines


def factor(rng: Random) -> int:
    return rng.choice([2, 3, 4, 5, 6])


def product_and_sum(rng: Random) -> list[str]:
    _, _, lines = leaves(rng)
    return [
        *lines,
        "c = a * b",
        f"y = {factor(rng)} * c + a",
        "y.backward()",
        rng.choice(["a", "b"]) + ".grad",
    ]


def reused_leaf(rng: Random) -> list[str]:
    _, _, lines = leaves(rng)
    return [*lines, "c = a * b", f"y = c * a + {factor(rng)} * b", "y.backward()", "a.grad"]


def reused_inner_node(rng: Random) -> list[str]:
    _, _, lines = leaves(rng)
    return [
        *lines,
        "c = a + b",
        f"d = c * {factor(rng)}",
        "y = c * d",
        "y.backward()",
        rng.choice(["a", "b"]) + ".grad",
    ]


def second_backward(rng: Random) -> list[str]:
    _, _, lines = leaves(rng)
    tail = ["y.backward(retain_graph=True)", "y.backward()", rng.choice(["a", "b"]) + ".grad"]
    return [*lines, f"c = a * b * {factor(rng)}", "y = c + b", *tail]


def two_losses(rng: Random) -> list[str]:
    _, _, lines = leaves(rng)
    first, second = rng.sample([2, 3, 4, 5, 6, 7], 2)
    return [*lines, f"y = {first} * a", "y.backward()", f"c = {second} * a * b", "c.backward()", "a.grad"]


def cleared_between(rng: Random) -> list[str]:
    _, _, lines = leaves(rng)
    first, second = rng.sample([2, 3, 4, 5, 6, 7], 2)
    clear = rng.choice(["a.grad = None", "a.grad.zero_()"])
    return [
        *lines,
        f"y = {first} * a * b",
        "y.backward()",
        clear,
        f"c = {second} * a + b",
        "c.backward()",
        "a.grad",
    ]


def inner_node(rng: Random) -> list[str]:
    _, _, lines = leaves(rng)
    return [*lines, "c = a * b", f"y = c * {factor(rng)} + b", "y.backward()", "c.grad"]


def inner_node_asked(rng: Random) -> list[str]:
    _, _, lines = leaves(rng)
    return [*lines, "c = a - b", "c.retain_grad()", f"y = c * {factor(rng)} * a", "y.backward()", "c.grad"]


def tanh_at_zero(rng: Random) -> list[str]:
    a, _, lines = leaves(rng)
    return [*lines, f"c = torch.tanh(a - {a})" if a > 0 else f"c = torch.tanh(a + {-a})",
            f"y = c * b * {factor(rng)}", "y.backward()", "a.grad"]  # fmt: skip


def detached_branch(rng: Random) -> list[str]:
    _, _, lines = leaves(rng)
    return [
        *lines,
        "c = a * b",
        f"y = c.detach() * a + {factor(rng)} * c",
        "y.backward()",
        rng.choice(["a", "b"]) + ".grad",
    ]


KINDS = [product_and_sum, reused_leaf, reused_inner_node, second_backward, two_losses, cleared_between, inner_node,
         inner_node_asked, tanh_at_zero, detached_branch]  # fmt: skip
