"""Questions about healthy networks: starts, saturation, gradients, BatchNorm; every draw has fresh numbers."""

import math
from random import Random

from lessons import Ask


def hockey_stick(rng: Random) -> Ask:
    """A loss far above ln V comes from logits that are too large."""
    v = rng.choice([27, 50, 65, 128, 1000])
    fair = math.log(v)
    first, right, why = rng.choice(
        [
            (fair * rng.uniform(4, 9), "the last layer began too large",
             "The net was sure of itself and wrong. The steep part only makes its logits smaller."),
            (fair * rng.uniform(0.99, 1.02), "the start is as it should be",
             "ln V is the price of not knowing: all V letters alike."),
            (fair * rng.uniform(0.001, 0.01), "the answer is among the inputs",
             "Before training nobody can be better than ln V, unless the answer can be read off."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"{v} letters, ln {v} = {fair:.2f}. Before the first step the loss is {first:.2f}. What does that say?",
        answer=right,
        wrong=("the last layer began too large", "the start is as it should be", "the answer is among the inputs",
               "the learning rate is too high"),
        why=why,
    )  # fmt: skip


def saturation(rng: Random) -> Ask:
    """The slope of tanh at its output t is 1 − t²."""
    t = rng.choice([0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99]) * rng.choice([1, -1])
    return Ask(
        text=f"A tanh unit says {t}. By what is the gradient multiplied that comes back through it?",
        hidden=f"1 - ({t}) ** 2",
        wrong=tuple(f"{v:.4g}" for v in (t, 1 - abs(t), abs(t), t * t, -(1 - t * t), 1.0)),
        why=f"1 − t² = {1 - t * t:.4g}, whichever the sign: near ±1 almost nothing passes.",
    )


def gains(rng: Random) -> Ask:
    """1 for nothing, √2 for ReLU, 5/3 for tanh; divided by √fan_in."""
    n, o = rng.sample([64, 100, 128, 256, 400, 512, 1024], 2)
    name, gain = rng.choice([("no activation", 1.0), ("ReLU", 2**0.5), ("tanh", 5 / 3)])
    spread = gain / n**0.5
    options = (gain / o**0.5, 1 / n**0.5, 2 / n**0.5, gain / n, gain, 2**0.5 / n**0.5, 5 / 3 / n**0.5)
    return Ask(
        text=f"A layer with {n} inputs and {o} outputs, and {name} behind it. Which spread of the weights keeps the "
        "size of what passes forward?",
        answer=f"{spread:.4f}",
        wrong=tuple(f"{value:.4f}" for value in options),
        why=f"Gain / √fan_in = {gain:.3g} / √{n}. Each output adds up {n} products; the gain gives back what the "
        "activation takes.",
    )


def bn_coupling(rng: Random) -> Ask:
    """In train mode BatchNorm lets a row's result depend on the other rows."""
    n, d = rng.sample(range(3, 9), 2)
    layer, mode, why = rng.choice(
        [
            ("BatchNorm1d", "train", "Mean and spread come from all rows of the batch."),
            ("BatchNorm1d", "eval", "In eval mode the running statistics are used: fixed numbers."),
            ("LayerNorm", "train", "LayerNorm looks at one row alone."),
            ("BatchNorm1d", "train", "The other rows change the mean that is subtracted from row 0."),
        ]
    )
    return Ask(
        text="Only the other rows change. Does row 0 of the result stay the same?",
        code=f"norm = nn.{layer}({d}).{mode}()\nx = torch.randn({n}, {d})\n"
        f"other = torch.cat([x[:1], 5 * torch.randn({n - 1}, {d})])\n"
        "torch.allclose(norm(x)[0], norm(other)[0])",
        wrong=("True", "False", "raises"),
        why=why,
    )


def bias_useless(rng: Random) -> Ask:
    """What is added to every row, the norm's mean takes out again."""
    d, c = rng.randint(3, 9), rng.randint(2, 50)
    change, why = rng.choice(
        [
            (f"layer.bias += {c}", "In train mode the batch's mean contains the bias too, and is subtracted."),
            (f"norm.bias += {c}", "The norm's own bias is added after everything else."),
            (f"norm.eval(); layer.bias += {c}", "In eval mode the running mean is subtracted; it knows nothing of the "
             "new bias."),
            (f"layer.weight *= {c}", "A factor common to all rows is divided out again, but for eps."),
        ]
    )  # fmt: skip
    return Ask(
        text="Is the result the same before and after the change?",
        code=f"layer, norm = nn.Linear({d}, {d}), nn.BatchNorm1d({d}, eps=1e-12)\nx = torch.randn(50, {d})\n"
        f"with torch.no_grad():\n    y = norm{'.eval()' if 'eval' in change else ''}(layer(x))\n    {change}\n"
        "torch.allclose(norm(layer(x)), y, atol=1e-3)",
        wrong=("True", "False", "raises"),
        why=why,
    )


def running_stats(rng: Random) -> Ask:
    """running = (1 − momentum) · running + momentum · batch, from 0."""
    mean, momentum, k = rng.choice([5, 10, 20]), rng.choice([0.1, 0.2, 0.5]), rng.randint(1, 4)
    value = mean * (1 - (1 - momentum) ** k)
    options = (mean, mean * (1 - momentum) ** k, mean * momentum, mean * (1 - momentum**k), mean * momentum**k, 0)
    return Ask(
        text="What is the running mean?",
        code=f"norm = nn.BatchNorm1d(1, momentum={momentum})\nfor _ in range({k}):\n"
        f"    norm(torch.full((8, 1), {mean}.0))\nround(norm.running_mean.item(), 3)",
        wrong=tuple(f"{v:.4g}" for v in options),
        why=f"It starts at 0; each step leaves {1 - momentum:g} of what was missing: "
        f"{mean} · (1 − {1 - momentum:g}^{k}) = {value:.4g}.",
    )


def linear_only(rng: Random) -> Ask:
    """A stack of linear layers is one linear layer."""
    a, b, c = (rng.choice([-3, -2, 2, 3, 4, 5]) for _ in range(3))
    wide, thin = rng.randint(5, 12), rng.randint(1, 4)
    kind = rng.choice(["slope", "rank", "count"])
    if kind == "slope":
        return Ask(
            text=f"Three linear layers without biases, of one unit each, with the weights {a}, {b} and {c}, and "
            f"nothing between them. Which single weight does the same?",
            answer=str(a * b * c),
            wrong=tuple(map(str, (a + b + c, a * b + c, a * b, max(a, b, c), -a * b * c, a * c))),
            why=f"({c} · ({b} · ({a} · x))) = {a * b * c} · x: depth without an activation buys nothing.",
        )
    if kind == "rank":
        return Ask(
            text="Two linear layers in a row, seen as one matrix. Which rank has it?",
            code=f"a, b = nn.Linear({wide}, {thin}), nn.Linear({thin}, {wide})\n"
            "torch.linalg.matrix_rank(b.weight @ a.weight).item()",
            wrong=tuple(map(str, (wide, thin, wide * thin, 2 * thin, wide - thin, wide + thin))),
            why=f"All must pass through {thin} numbers. The two are one linear map, and not even any of them.",
        )
    n, depth = rng.choice([100, 200]), rng.choice([5, 10, 20])
    return Ask(
        text=f"{depth} linear layers of {n} × {n} without activations or biases. With how many weights can one layer "
        "do the same?",
        answer=f"{n * n:,}",
        wrong=(f"{depth * n * n:,}", f"{n * n * n:,}", f"{depth * n:,}", "none can"),
        why=f"x W₁ W₂ … = x (W₁ W₂ …): the product is one matrix of {n} × {n}.",
    )


def grad_spread(rng: Random) -> Ask:
    """What each layer does to a gradient is raised to the power of the depth."""
    factor, depth = rng.choice([0.5, 0.7, 0.8, 0.9, 1.1, 1.2, 1.5]), rng.choice([10, 20, 30, 50])
    return Ask(
        text=f"On the way back every layer multiplies the gradient's spread by {factor}. By what do {depth} layers "
        "multiply it?",
        hidden=f"{factor} ** {depth}",
        wrong=tuple(f"{v:.4g}" for v in
                    (factor * depth, factor / depth, factor**0.5, depth**-factor, (1 - factor) ** depth,
                     factor ** (depth // 2))),
        why=f"{factor}^{depth}: the first layer gets {'almost nothing' if factor < 1 else 'far too much'}, the last "
        "one the full gradient. Flat over depth is healthy.",
    )  # fmt: skip


def ratio_1e_3(rng: Random) -> Ask:
    """A step of about a thousandth of the weights is healthy: log10 near −3."""
    data, power = rng.choice([0.02, 0.05, 0.1, 0.5]), rng.choice([-6, -5, -3, -3, -3, -1, 0])
    lr = rng.choice([0.1, 0.01, 0.001])
    grad = data * 10**power / lr
    verdict = "healthy" if power == -3 else "too small" if power < -3 else "too large"
    return Ask(
        text=f"Weights of spread {data}, gradients of spread {grad:.2g}, plain SGD with lr = {lr}. The log10 of "
        "step : weights, and what do you say?",
        answer=f"{power}, the step is {verdict}",
        wrong=("-6, the step is too small", "-5, the step is too small", "-3, the step is healthy",
               "-1, the step is too large", "0, the step is too large", "-3, the step is too small"),
        why=f"{lr} · {grad:.2g} / {data} = 10^{power}. Around −3, a thousandth a step, is healthy.",
    )  # fmt: skip


def resnet_order(rng: Random) -> Ask:
    """conv, norm, relu; the skip is added before the last relu."""
    question, right, wrong, why = rng.choice(
        [
            ("In which order do they stand?", "conv, norm, relu",
             ("conv, relu, norm", "norm, conv, relu", "relu, conv, norm"),
             "The norm gives relu inputs around 0, of which about a half passes."),
            ("Where is the skip added?", "behind the last norm, before the last relu",
             ("behind the last relu", "before the first conv", "between the last conv and its norm"),
             "out = relu(x + norm(conv(…)))."),
            ("Why have its convolutions bias=False?", "the norm behind takes out what a bias adds",
             ("to make it faster on a GPU", "relu would cut the bias off", "the skip has the bias already"),
             "The mean of the channel is subtracted; the norm has a bias of its own."),
            ("What are its 1 × 1 convolutions for?", "fewer channels for the 3 × 3 one, then more again",
             ("a smaller picture", "they mix neighboring pixels", "they replace the skip"),
             "256 → 64 → 64 → 256: the costly 3 × 3 convolution works on 64 channels."),
        ]
    )  # fmt: skip
    return Ask(text=f"A block of ResNet-50 (2015). {question}", answer=right, wrong=wrong, why=why)


def bn_trouble(rng: Random) -> Ask:
    """A batch of two says only which of them is larger."""
    a, b = rng.sample(range(-50, 50, 3), 2)
    rows = rng.choice([[a, b], [a, b], [a, a], [a, a, b]])
    fits = ("[1, -1]", "[-1, 1]", "[0, 0]", "[0.5, -0.5]")
    if len(rows) == 3:
        fits = ("[-0.71, -0.71, 1.41]", "[0.71, 0.71, -1.41]", "[0, 0, 0]", "[1, 1, -1]", "[-1, -1, 1]")
    return Ask(
        text="What comes out?",
        code=f"norm = nn.BatchNorm1d(1)\nx = torch.tensor({[[float(v)] for v in rows]})\n"
        f"[round(v, 2) + 0.0 for v in norm(x).flatten().tolist()]",
        wrong=(f"[{', '.join(f'{v:.4g}' for v in rows)}]", *fits),
        why="Two rows always become −1 and 1, however far apart: only the order survives."
        if len(rows) == 2 and rows[0] != rows[1]
        else "Equal rows are their own mean: 0 / √eps."
        if len(rows) == 2
        else "The two equal rows balance the third: −1/√2 twice, and √2, or the other way round.",
    )  # fmt: skip


def fix_loss0(rng: Random) -> Ask:
    """Logits near zero give the loss ln V."""
    v = rng.choice([10, 27, 65, 256, 1000, 50257])
    return Ask(
        text=f"{v:,} classes. The last layer is multiplied by 0.001 at the start. What is the first loss, about?",
        answer=f"{math.log(v):.2f}",
        wrong=(f"{math.log2(v):.2f}", "0.00", f"{1 / v:.4f}", f"{math.log10(v):.2f}", f"{math.log(v) * 3:.2f}"),
        why=f"All logits are nearly 0, all probabilities 1/{v:,}: −ln(1/{v:,}) = {math.log(v):.2f}.",
    )


def alexnet_vgg(rng: Random) -> Ask:
    """AlexNet has about 60 million parameters, VGG-16 138, ResNet-50 26."""
    name, year, count = rng.choice([("AlexNet", 2012, "60"), ("VGG-16", 2014, "138"), ("ResNet-50", 2015, "26")])
    if rng.random() < 0.7:
        return Ask(
            text=f"About how many million parameters has {name} ({year})?",
            answer=count,
            wrong=("26", "60", "138", "5", "355"),
            why="AlexNet 60, VGG-16 138, ResNet-50 26: depth went up, and the large linear layers disappeared.",
        )
    n, c, s = rng.choice([("VGG-16", 512, 7), ("AlexNet", 256, 6)])
    return Ask(
        text=f"In {n} the first linear layer goes from {c} · {s} · {s} numbers to 4,096. How many million weights?",
        hidden=f"round({c} * {s} * {s} * 4096 / 1e6)",
        wrong=tuple(map(str, (38, 103, 138, 60, round(c * 4096 / 1e6), 17))),
        why=f"{c * s * s:,} · 4,096 = {c * s * s * 4096 / 1e6:.1f} million: more than all of its convolutions.",
    )
