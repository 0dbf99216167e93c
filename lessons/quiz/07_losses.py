"""Questions about losses: what they take, what they come to, and what they mean; every draw has fresh numbers."""

from math import exp, log
from random import Random

from lessons import Ask


def _ce(row: list[float], k: int) -> float:
    """−log softmax(row)[k]."""
    return log(sum(exp(v) for v in row)) - row[k]


def _text(values: list[float]) -> str:
    return "[" + ", ".join(f"{v:.4g}" for v in values) + "]"


def ce_0_3669(rng: Random) -> Ask:
    """Cross entropy: the mean of −log softmax at the right classes."""
    if rng.random() < 0.25:
        rows, y = [[2.0, 1.0, 0.1], [0.5, 2.0, 0.1]], [0, 1]
    else:
        rows = [[round(rng.uniform(-2, 3), 1) for _ in range(3)] for _ in range(2)]
        y = [rng.randrange(3), rng.randrange(3)]
    each = [_ce(row, k) for row, k in zip(rows, y, strict=True)]
    picked = sum(row[k] for row, k in zip(rows, y, strict=True)) / 2
    probs = sum(exp(-v) for v in each) / 2
    return Ask(
        text="What is the cross entropy of these two rows?",
        code=f"logits = torch.tensor({rows})\nF.cross_entropy(logits, torch.tensor({y})).item()",
        wrong=tuple(f"{v:.4g}" for v in (sum(each), probs, sum(each) / 6, -picked, each[0] * each[1], -log(probs))),
        why=f"Row by row, log Σ exp(logits) − logit of the right class: {each[0]:.4f} and {each[1]:.4f}; "
        f"their mean is {sum(each) / 2:.4f}.",
    )


def logits_not_probs(rng: Random) -> Ask:
    """A loss takes logits: a probability may have rounded to 0, a logit has not."""
    gap = rng.choice([60, 90, 120, 200, 500, 1000])
    form, why = rng.choice(
        [
            (
                "F.cross_entropy(logits, y)",
                f"log Σ exp − logit is worked out with the largest logit taken off first: exactly {gap}.",
            ),
            (
                "-torch.log(torch.softmax(logits, 1)[0, 1])",
                f"exp(−{gap}) is " + ("tiny but not yet 0, so its logarithm is right." if gap < 103 else
                "below the smallest float32: the probability is 0 and its logarithm −∞."),
            ),
            (
                "-torch.log_softmax(logits, 1)[0, 1]",
                "log_softmax subtracts the log of a sum and never forms the probability.",
            ),
        ]
    )  # fmt: skip
    return Ask(
        text="The model is sure of class 0, and class 1 was right. What is the loss (float32)?",
        code=f"logits = torch.tensor([[{gap}.0, 0.0]])\ny = torch.tensor([1])\nround({form}.item(), 1)",
        wrong=(f"{float(gap):.4g}", "inf", "nan", "0", f"{1 / gap:.4g}", f"{log(gap):.4g}"),
        why=why,
    )


def double_softmax(rng: Random) -> Ask:
    """Probabilities given as logits: the best loss is log(e + C − 1) − 1, not 0."""
    c = rng.choice([2, 10, 27, 65, 100, 1000, 50257])
    best = log(exp(1) + c - 1) - 1
    return Ask(
        text=f"A model ends in a softmax, and its probabilities go into F.cross_entropy. {c:,} classes: what is the "
        "lowest loss that a perfect model can reach?",
        hidden=f"p = torch.zeros(1, {c})\np[0, 0] = 1\nF.cross_entropy(p, torch.tensor([0])).item()",
        wrong=("0", f"{log(c):.4g}", f"{1 / c:.4g}", f"{log(c) / 2:.4g}", "1"),
        why=f"The second softmax sees a 1 and {c - 1:,} zeros: the right class gets e / (e + {c - 1:,}), "
        f"and −log of that is {best:.2f}.",
    )


def uniform_loss(rng: Random) -> Ask:
    """Who knows nothing pays ln C."""
    c = rng.choice([2, 5, 10, 27, 65, 256, 1000, 32000, 50257, 50304])
    z = rng.choice([0, 0, 3, -7])
    return Ask(
        text=f"All {c:,} logits are {z}. What does each target cost?",
        hidden=f"F.cross_entropy(torch.full((1, {c}), {float(z)}), torch.tensor([1])).item()",
        wrong=tuple(f"{v:.4g}" for v in (1 / c, log(c) / log(2), log(c) / log(10), float(c), 1 - 1 / c)),
        why=f"Equal logits give every class 1/{c:,}, and −ln(1/{c:,}) = ln {c:,} = {log(c):.4f}. A new model should "
        "start near this number.",
    )  # fmt: skip


def ppl(rng: Random) -> Ask:
    """Perplexity is exp of the loss: so many equally likely tokens."""
    loss = round(rng.choice([3.29, rng.uniform(0.5, 5.5)]), 2)
    v = exp(loss)
    if rng.random() < 0.5:
        return Ask(
            text=f"A language model has a loss of {loss} nats for each token. What is its perplexity?",
            hidden=f"round(math.exp({loss}), 1)",
            wrong=tuple(f"{w:.4g}" for w in (round(2**loss, 1), loss, round(loss / log(2), 2), round(10**loss, 1),
                                             round(1 / loss, 2))),
            why=f"exp({loss}) = {v:.1f}: as uncertain as a draw from {v:.1f} equally likely tokens.",
        )  # fmt: skip
    k = rng.choice([2, 4, 10, 16, 26.8, 50])
    return Ask(
        text=f"A model has a perplexity of {k}. What is its loss in nats?",
        hidden=f"math.log({k})",
        wrong=tuple(
            f"{w:.4g}" for w in (log(k) / log(2), exp(k) if k < 9 else k / 2, 1 / k, float(k), log(k) / log(10))
        ),
        why=f"The loss is ln {k} = {log(k):.4f}; exp goes the other way.",
    )


def bpb(rng: Random) -> Ask:
    """Bits per byte: nats over ln 2, and tokens over bytes."""
    loss, size = round(rng.uniform(2.5, 4.5), 2), rng.choice([3.5, 4.0, 4.4])
    bits = loss / log(2)
    return Ask(
        text=f"The loss is {loss} nats for each token, and a token is {size} bytes long on average. How many bits "
        "does the model need for each byte?",
        hidden=f"{loss} / math.log(2) / {size}",
        wrong=tuple(f"{w:.4g}" for w in (loss / size, bits, bits * size, loss * log(2) / size, loss / log(2) / 8)),
        why=f"{loss} / ln 2 = {bits:.3f} bits a token; over {size} bytes that is {bits / size:.3f}. Unlike the loss "
        "itself it can be compared between tokenizers.",
    )


def targets_are_ids(rng: Random) -> Ask:
    """Targets are class numbers, int64, one for each row; not a one-hot table."""
    n, c = rng.sample(range(3, 9), 2)
    y, why = rng.choice(
        [
            (f"torch.zeros({n}, dtype=torch.long)", "One class number for each row: this is the usual form."),
            (f"torch.zeros({n})", "Class numbers are int64; floats are taken for probabilities, one for each class."),
            (f"torch.zeros({n}, 1, dtype=torch.long)", f"A column is refused: {n} rows have targets of shape ({n},)."),
            (
                f"torch.full(({n}, {c}), 1 / {c})",
                "A float table as large as the logits is read as probabilities: right, and C times the memory.",
            ),
            (f"torch.full(({n},), {c})", f"With {c} classes the last class is {c - 1}."),
        ]
    )  # fmt: skip
    return Ask(
        text="What is the shape of the loss?",
        code=f"logits = torch.randn({n}, {c})\ny = {y}\nF.cross_entropy(logits, y).shape",
        wrong=("()", "raises", f"({n},)", f"({n}, {c})"),
        why=why,
    )


def bce_0_4205(rng: Random) -> Ask:
    """Binary cross entropy: each logit is a question of its own."""
    if rng.random() < 0.25:
        z, t = [0.5, -0.5, 1.0], [1.0, 0.0, 1.0]
    else:
        z = [rng.choice([-1, 1]) * round(rng.uniform(0.2, 3), 1) for _ in range(3)]
        t = [float(rng.randint(0, 1)) for _ in range(3)]
    each = [log(1 + exp(a)) - a * b for a, b in zip(z, t, strict=True)]
    again = [1 / (1 + exp(-a)) for a in z]
    twice = sum(log(1 + exp(a)) - a * b for a, b in zip(again, t, strict=True)) / 3
    flipped = sum(log(1 + exp(a)) - a * (1 - b) for a, b in zip(z, t, strict=True)) / 3
    wrong = (sum(each), twice, flipped, sum(exp(-v) for v in each) / 3, log(2))
    return Ask(
        text="Three yes-or-no questions. What is the loss?",
        code=f"z, t = torch.tensor({z}), torch.tensor({t})\nF.binary_cross_entropy_with_logits(z, t).item()",
        wrong=tuple(f"{w:.4g}" for w in wrong),
        why=f"Each costs log(1 + eᶻ) − z·t: {', '.join(f'{v:.3f}' for v in each)}. Their mean is {sum(each) / 3:.4f}.",
    )


def mse_0_1667(rng: Random) -> Ask:
    """The squared error is a mean over all entries."""
    t = [float(rng.randint(-2, 3)) for _ in range(3)]
    if rng.random() < 0.25:
        t, off = [1.0, 1.0, 1.0], [-0.5, 0.0, 0.5]
    else:
        off = [rng.choice([-1.5, -1, -0.5, 0, 0.5, 1, 2]) for _ in range(3)]
        off[0] = rng.choice([0.5, -1.5, 2.0])
    p = [a + b for a, b in zip(t, off, strict=True)]
    total = sum(v * v for v in off)
    wrong = (total, total / 6, (total / 3) ** 0.5, sum(map(abs, off)) / 3, (sum(off) / 3) ** 2, total / 2)
    return Ask(
        text="What is the loss?",
        code=f"p, t = torch.tensor({p}), torch.tensor({t})\nF.mse_loss(p, t).item()",
        wrong=tuple(f"{w:.4g}" for w in wrong),
        why=f"The squares are {_text([v * v for v in off])}, their sum {total:g}, and there are three of them.",
    )


def reductions(rng: Random) -> Ask:
    """none keeps the losses, sum adds them, mean divides by their number."""
    k, what = rng.choice([0.5, 1, 1.5, 2, 3]), rng.choice(["none", "sum", "mean"])
    off = rng.sample([-k, 0, k, 2 * k], 3)
    squares = [v * v for v in off]
    answers = {"none": _text(squares), "sum": f"{sum(squares):.4g}", "mean": f"{sum(squares) / 3:.4g}"}
    return Ask(
        text=f'What comes out with reduction="{what}"?',
        code=f'p, t = torch.tensor({[float(v) for v in off]}), torch.zeros(3)\nF.mse_loss(p, t, reduction="{what}")',
        wrong=(*answers.values(), _text([abs(v) for v in off]), f"{(sum(squares) / 3) ** 0.5:.4g}"),
        why=f"The single losses are {answers['none']}; they add up to {answers['sum']}, and their mean is "
        f"{answers['mean']}. A sum grows with the batch, and the step with it.",
    )


def ignore(rng: Random) -> Ask:
    """The mean goes over the targets that are not ignored."""
    n = rng.randint(5, 9)
    gone = rng.randint(1, n - 2)
    c = rng.choice([4, 10, 27])
    total = (n - gone) * log(c)
    what, why = rng.choice(
        [
            ("mean", f"The sum over {n - gone} rows, divided by {n - gone}: the ignored ones are in neither."),
            ("sum", f"Only {n - gone} rows are added; the ignored ones have the loss 0."),
        ]
    )
    return Ask(
        text=f"{n} rows of equal logits, {c} classes, {gone} targets of −100. What comes out?",
        code=f"y = torch.zeros({n}, dtype=torch.long)\ny[:{gone}] = -100\n"
        f'F.cross_entropy(torch.zeros({n}, {c}), y, reduction="{what}").item()',
        wrong=tuple(f"{v:.4g}" for v in (log(c), total / n, total, n * log(c), gone * log(c), 0.0)),
        why=why,
    )


def multi_label(rng: Random) -> Ask:
    """One of C classes, any number of C, or a number: a loss for each."""
    c = rng.randint(4, 200)
    cases = {
        "cross_entropy": (
            f"each photo shows exactly one of {c} animals",
            f"each gap in a text is filled by one of {c * 100:,} tokens",
            f"each name is from one of {c} languages",
        ),
        "binary_cross_entropy_with_logits": (
            f"each photo may show any number of {c} objects, or none",
            f"each article has some of {c} tags",
            "each mail is spam or is not (one logit)",
        ),
        "mse_loss": (f"the price of each of {c * 100:,} houses is guessed", "tomorrow's temperature is guessed"),
        "nll_loss": (f"the model already ends in log_softmax over {c} classes",),
    }
    loss = rng.choice(list(cases))
    return Ask(
        text=f"Which loss fits: {rng.choice(cases[loss])}?",
        answer=f"F.{loss}",
        wrong=tuple(f"F.{name}" for name in cases if name != loss and (name, loss) != ("cross_entropy", "nll_loss")),
        why="Classes that exclude each other share one softmax; questions that can all be answered yes get a sigmoid "
        "each; a number with noise gets the squared error; log-probabilities only need to be picked.",
    )


def smoothing(rng: Random) -> Ask:
    """With smoothed targets even the best model pays: the entropy of the target."""
    c, s = rng.choice([2, 5, 10, 27, 100]), rng.choice([0.1, 0.2, 0.3])
    top = 1 - s + s / c
    floor = -top * log(top) - (c - 1) * s / c * log(s / c)
    what = rng.choice(["floor", "top"])
    if what == "top":
        return Ask(
            text=f"label_smoothing={s}, {c} classes. Which probability should the right class get?",
            hidden=f"1 - {s} + {s} / {c}",
            wrong=tuple(f"{v:.4g}" for v in (1 - s, 1.0, 1 - s / c, s / c, 1 - s + s / (c - 1))),
            why=f"The target is (1 − {s}) · one-hot + {s}/{c}: the right class keeps {1 - s:g} and gets its own share "
            f"of {s}.",
        )
    return Ask(
        text=f"label_smoothing={s}, {c} classes. How low can the loss get?",
        hidden=f"p = torch.full((1, {c}), {s} / {c})\np[0, 0] += 1 - {s}\n"
        f"F.cross_entropy(p.log(), torch.tensor([0]), label_smoothing={s}).item()",
        wrong=("0", f"{-log(1 - s):.4g}", f"{s * log(c):.4g}", f"{log(c):.4g}", f"{-log(top):.4g}"),
        why=f"The best guess is the smoothed target itself; its loss is that target's entropy, {floor:.4f}. "
        "So a training loss that stays above 0 is no fault here.",
    )


def nll_input(rng: Random) -> Ask:
    """nll_loss picks and negates; it takes log-probabilities."""
    p = rng.choice([0.1, 0.2, 0.25, 0.4, 0.5, 0.8])
    form, why = rng.choice(
        [
            ("p.log()", f"These are log-probabilities: −ln {p} = {-log(p):.4f}."),
            ("p", f"nll_loss does not look: it picked the probability {p} and put a minus before it. A loss below 0 "
             "is the sign."),
            ("p.log().log_softmax(1)", "log_softmax of log-probabilities changes nothing, for their exps sum to 1."),
            ("p.log_softmax(1)", "The probabilities were taken for logits: a second softmax."),
        ]
    )  # fmt: skip
    code = f"p = torch.tensor([[{p}, {1 - p:g}]])\nF.nll_loss({form}, torch.tensor([0])).item()"
    again = log(exp(p) + exp(1 - p)) - p
    return Ask(
        text=f"The right class got the probability {p}. What does nll_loss say?",
        code=code,
        wrong=tuple(f"{v:.4g}" for v in (-log(p), -p, again, p, -log(1 - p), log(p))),
        why=why,
    )


def bt_flatten(rng: Random) -> Ask:
    """From [B, T, V] come B·T losses; the targets are (B·T,), one number a place."""
    b, t, v = rng.choice([4, 8, 16]), rng.choice([8, 32, 64]), rng.choice([27, 65, 100])
    kind = rng.choice(["count", "shape", "column", "middle"])
    if kind == "count":
        return Ask(
            text=f"Logits of ({b}, {t}, {v}). Over how many losses does cross_entropy take its mean?",
            hidden=f"F.cross_entropy(torch.zeros({b * t}, {v}), torch.zeros({b * t}, dtype=torch.long), "
            'reduction="none").numel()',
            wrong=(str(b), str(t), str(b * t * v), str(b * v), str(v), str(b * (t - 1))),
            why=f"Each of the {b} · {t} places is a question of its own, with {v} answers.",
        )
    y, call, why = {
        "shape": (f"({b}, {t})", f"logits.view(-1, {v}), y.view(-1)",
                  f"({b * t}, {v}) and ({b * t},): one loss a place."),
        "column": (f"({b}, {t})", f"logits.view(-1, {v}), y.view(-1, 1)",
                   f"Targets are ({b * t},). A column ({b * t}, 1) is refused."),
        "middle": (f"({b}, {t})", "logits.transpose(1, 2), y",
                   f"With the classes second, ({b}, {v}, {t}), the losses keep the shape of y. reshape to that shape "
                   "would run too, and mix the places."),
    }[kind]  # fmt: skip
    return Ask(
        text="What shape comes out?",
        code=f"logits = torch.zeros({b}, {t}, {v})\ny = torch.zeros{y[:-1]}, dtype=torch.long)\n"
        f'F.cross_entropy({call}, reduction="none").shape',
        wrong=(f"({b * t},)", f"({b}, {t})", "raises", f"({b}, {v})", f"({b * t}, 1)", f"({b}, {t}, {v})"),
        why=why,
    )
