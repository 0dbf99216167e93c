"""Twelve layers, one of each kind that a transformer or its ancestors are made of, with fresh sizes for every seed."""

from random import Random


def questions(rng: Random) -> list[str]:
    """The questions: a layer and its input, one line each."""
    drawn = [kind(rng) for kind in KINDS]
    rng.shuffle(drawn)
    return ["\n".join(lines) for lines in drawn]


def sizes(rng: Random, count: int, low: int = 2, high: int = 12) -> list[int]:
    """Sizes that all differ: one taken for another must show."""
    return rng.sample(range(low, high + 1), count)


def lines(layer: str, *shape: int) -> list[str]:
    return [f"layer = nn.{layer}", f"x = torch.zeros({', '.join(map(str, shape))})"]


def linear(rng: Random) -> list[str]:
    b, i, o = sizes(rng, 3)
    return lines(f"Linear({i}, {o})", b, i)


def linear_batch(rng: Random) -> list[str]:
    b, t, i, o = sizes(rng, 4)
    return lines(f"Linear({i}, {o})", b, t, i)


def linear_no_bias(rng: Random) -> list[str]:
    b, i, o = sizes(rng, 3)
    return lines(f"Linear({i}, {o}, bias=False)", b, i)


def embedding(rng: Random) -> list[str]:
    v, d, b, t = sizes(rng, 4)
    return [f"layer = nn.Embedding({v}, {d})", f"x = torch.zeros({b}, {t}, dtype=torch.int64)"]


def layer_norm(rng: Random) -> list[str]:
    b, t, d = sizes(rng, 3)
    return lines(f"LayerNorm({d})", b, t, d)


def dropout(rng: Random) -> list[str]:
    a, b = sizes(rng, 2)
    return lines(f"Dropout(0.{rng.randint(1, 5)})", a, b)


def activation(rng: Random) -> list[str]:
    a, b = sizes(rng, 2)
    return lines(rng.choice(["ReLU()", "GELU()", "Tanh()"]), a, b)


def conv1d(rng: Random) -> list[str]:
    b, i, o = sizes(rng, 3)
    k = rng.randint(2, 5)
    return lines(f"Conv1d({i}, {o}, kernel_size={k})", b, i, rng.randint(20, 40))


def conv2d(rng: Random) -> list[str]:
    b, i, o = sizes(rng, 3)
    return lines(f"Conv2d({i}, {o}, kernel_size=3, padding=1)", b, i, *rng.sample(range(20, 40), 2))


def conv2d_stride(rng: Random) -> list[str]:
    b, i, o = sizes(rng, 3)
    k = rng.choice([2, 4])
    h, w = (k * n for n in rng.sample(range(5, 10), 2))
    return lines(f"Conv2d({i}, {o}, kernel_size={k}, stride={k})", b, i, h, w)


def batch_norm(rng: Random) -> list[str]:
    b, c = sizes(rng, 2)
    return lines(f"BatchNorm1d({c})", b, c)


def attention(rng: Random) -> list[str]:
    b, t = sizes(rng, 2)
    heads, width = rng.sample(range(2, 6), 2)
    return lines(f"MultiheadAttention({heads * width}, {heads})", t, b, heads * width)


KINDS = [linear, linear_batch, linear_no_bias, embedding, layer_norm, dropout, activation, conv1d, conv2d,
         conv2d_stride, batch_norm, attention]  # fmt: skip
