"""Questions about count models, their loss, smoothing and samples; every draw has fresh numbers."""

import math
from random import Random

from lessons import Ask


def uniform_3_2958(rng: Random) -> Ask:
    """A model that takes V symbols to be alike has a loss of ln V."""
    v = rng.choice([2, 10, 27, 27, 65, 128, 256, 50257])
    return Ask(
        text=f"A new model gives each of {v:,} symbols the same probability. What is its mean cross entropy, in nats?",
        hidden=f"math.log({v})",
        wrong=tuple(f"{x:.4g}" for x in (math.log2(v), 1 / v, v**0.5, math.log10(v), 1.5 * math.log(v))),
        why=f"−ln(1/{v:,}) = ln {v:,}. It is the number to compare the first loss of a new model with.",
    )


def nll_ppl(rng: Random) -> Ask:
    """Perplexity is e to the power of the mean negative log likelihood."""
    p = [rng.choice([0.5, 0.25, 0.2, 0.1, 0.05, 0.8]) for _ in range(rng.randint(2, 4))]
    nll = -sum(map(math.log, p)) / len(p)
    name, code = rng.choice([("NLL", "-p.log().mean()"), ("perplexity", "(-p.log().mean()).exp()")])
    slips = (nll, math.exp(nll), len(p) * nll, math.exp(len(p) * nll), math.exp(-nll), len(p) / sum(p), sum(p) / len(p))
    return Ask(
        text=f"A model gave the symbols of a text these probabilities. What is its {name}?",
        code=f"p = torch.tensor({p})",
        hidden=f"p = torch.tensor({p}, dtype=torch.float64)\n{code}",
        wrong=tuple(f"{x:.4g}" for x in slips),
        why="NLL: the mean of −ln p. Perplexity: e to that power, one over the geometric mean of the probabilities.",
    )


def smooth_limit(rng: Random) -> Ask:
    """With a huge alpha all symbols are alike; with a tiny one the counts decide."""
    row = [rng.randint(0, 9) for _ in range(rng.choice([2, 4, 5]))]
    row[0] += 1
    alpha = rng.choice([0, 1, 2, 10**6, 10**9])
    i = rng.randrange(len(row))
    n, v = sum(row), len(row)
    slips = (row[i] / n, 1 / v, (row[i] + alpha) / (n + alpha), row[i] / (n + v * alpha), (row[i] + 1) / (n + v), 0.0)
    slips += (float(row[i] + alpha), 1 / (v + 1))
    return Ask(
        text=f"alpha = {alpha:,} is added to each count of this row. Which probability has symbol {i}?",
        code=f"row = torch.tensor({[float(c) for c in row]})",
        hidden=f"row = torch.tensor({row}, dtype=torch.float64) + {alpha}\n(row / row.sum())[{i}]",
        wrong=tuple(f"{x:.4g}" for x in slips),
        why=f"({row[i]} + {alpha:,}) / ({n} + {v} · {alpha:,}). The larger alpha, the nearer each one comes to 1/{v}.",
    )


def l2_is_smoothing(rng: Random) -> Ask:
    """A pull of the weights to 0 does to a net what added counts do to a table."""
    question, answer, why = rng.choice(
        [
            ("l2 · mean(W²) is in the loss, and l2 is made very large. To what do the rows of softmax(W) go?",
             "equal probabilities", "W goes to 0, and the softmax of equal logits is uniform: like a huge alpha."),
            ("l2 · mean(W²) is taken out of the loss. To what do the rows of softmax(W) go?",
             "the shares in the data", "Cross entropy alone is lowest at the normalized counts: like alpha = 0."),
            ("alpha, added to all counts, is made very large. To what do the rows of P go?",
             "equal probabilities", "The counts do not matter beside it: like a strong pull of the weights to 0."),
            ("alpha, added to all counts, goes to 0. To what do the rows of P go?",
             "the shares in the data", "What is left are the counts: like a net without a pull."),
        ]
    )  # fmt: skip
    return Ask(
        text=question,
        answer=answer,
        wrong=("equal probabilities", "the shares in the data", "one symbol with probability 1", "zeros"),
        why=why,
    )


def row_select(rng: Random) -> Ask:
    """A one-hot vector times W is a row of W."""
    v, d = rng.randint(3, 5), rng.randint(2, 3)
    i = rng.randrange(v)
    rows = [[float(d * r + c) for c in range(d)] for r in range(v)]
    column = [float(d * r + min(i, d - 1)) for r in range(v)]
    kind = rng.choice(["F.one_hot(torch.tensor({i}), {v}).float() @ W", "torch.eye({v})[{i}] @ W", "W[{i}]"])
    code = f"W = torch.arange({v * d}.0).view({v}, {d})\n{kind.format(i=i, v=v)}"
    texts = [
        f"[{', '.join(f'{x:.4g}' for x in r)}]" for r in [*rows, column, [sum(c) for c in zip(*rows, strict=True)]]
    ]
    return Ask(
        text="What comes out?",
        code=code,
        wrong=(*texts, "raises"),
        why=f"All products but those with row {i} are with 0. Indexing gives the same row without multiplying.",
    )


def ce_why(rng: Random) -> Ask:
    """cross_entropy is fused: it stays finite and has a short backward."""
    big = rng.choice([50.0, 80.0, 100.0, 200.0, 500.0])
    how, k, why = rng.choice(
        [
            ("F.cross_entropy(z[None], torch.tensor([1]))", 1, "It subtracts the largest logit before exp."),
            ("-(z.exp() / z.exp().sum())[1].log()", 1, "float32 ends near e^88: beyond, 1/inf is 0, and −log 0 inf."),
            ("-(z.exp() / z.exp().sum())[0].log()", 0, "float32 ends near e^88: beyond, exp is inf, and inf/inf nan."),
        ]
    )  # fmt: skip
    big = max(big, 100.0) if k == 0 else big
    return Ask(
        text="What comes out, in float32?",
        code=f"z = torch.tensor([{big}, 0.0])\n{how}",
        wrong=("0", f"{big:.4g}", "nan", "inf", "0.6931"),
        why=why + " F.cross_entropy never needs the probabilities, and its slope is softmax − one-hot.",
    )


def dot_token(rng: Random) -> Ask:
    """One boundary symbol does for start and end."""
    n = rng.choice([26, 26, 10, 30, 52])
    what, code, why = rng.choice(
        [
            ("one boundary symbol for both ends: how many cells has the table of pairs?", f"({n} + 1) ** 2",
             f"{n + 1} rows and columns, and none of them is always empty."),
            ("two symbols, one for starts and one for ends: how many cells has the table of pairs?",
             f"({n} + 2) ** 2", "The row of the end symbol and the column of the start symbol stay empty."),
            ("two symbols, one for starts and one for ends: how many cells can never be used?", f"2 * ({n} + 2) - 1",
             "The whole row of the end and the whole column of the start, which share one cell."),
        ]
    )  # fmt: skip
    slips = ((n + 1) ** 2, (n + 2) ** 2, n**2, 2 * (n + 2) - 1, 2 * (n + 1), n + 2)
    return Ask(text=f"{n} letters, and {what}", hidden=code, wrong=tuple(map(str, slips)), why=why)


def trigram_cells(rng: Random) -> Ask:
    """A table of n symbols in a row has Vⁿ cells."""
    v, n = rng.choice([27, 27, 11, 65, 100]), rng.choice([2, 3, 3, 4])
    return Ask(
        text=f"V = {v} symbols. How many cells has the table of all runs of {n} symbols?",
        hidden=f"f'{{{v} ** {n}:,}}'",
        wrong=tuple(
            f"{x:,}" for x in (v ** (n - 1), v ** (n + 1), v * n, n**v if v < 12 else v * (v - 1) * n, v**n // 2)
        ),
        why=f"{v} choices at each of {n} places. With ten places there would be {float(v) ** 10:.1e}: tables end here.",
    )


def typical_losses(rng: Random) -> Ask:
    """English first names: guessing 3.30, pairs about 2.45, triples about 2.22."""
    losses = ("2.45", "2.22", "3.30", "1.10", "0.45")
    places = ("near 0.1, inside of the range", "at the smallest alpha", "at the largest alpha", "at alpha = 27")
    question, answer, wrong, why = rng.choice(
        [
            ("A count model of pairs, on new names: about which loss, in nats?", "2.45", losses,
             "Pairs say what may follow one letter. Guessing costs ln 27 = 3.30; triples come to 2.22."),
            ("A count model of triples, alpha near 0.1, on new names: about which loss, in nats?", "2.22",
             losses, "One symbol more of context is worth about 0.2 nats here: pairs come to 2.45."),
            ("A model that takes all symbols to be alike: about which loss?", "3.30", losses, "That is ln 27."),
            ("Triples, alpha from 0.0001 to 100: where is the loss on the training names lowest?",
             "at the smallest alpha", places, "The unsmoothed counts fit the names they come from best of all."),
            ("Triples, alpha from 0.0001 to 100: where is the loss on new names lowest?",
             "near 0.1, inside of the range", places, "Too little smoothing bets on chance, too much knows nothing."),
        ]
    )  # fmt: skip
    text = f"32,000 English first names, 26 letters and one boundary. {question}"
    return Ask(text=text, answer=answer, wrong=wrong, why=why)


def overfit_sign(rng: Random) -> Ask:
    """Train far below dev is overfitting; both high is underfitting."""
    low = rng.choice([1.1, 1.3, 1.5])
    train, dev, answer, why = rng.choice(
        [
            (low, low + rng.choice([1.0, 1.4, 1.9]), "overfitting: smooth more, or find more data",
             "The distance between the two is what is known by heart."),
            (3.1, 3.2 + rng.choice([0.0, 0.02]), "underfitting: smooth less, or use more context",
             "Both are near ln 27 = 3.30: the model says hardly more than dice."),
            (2.2 + rng.choice([0.0, 0.03]), 2.27, "neither: the two agree, below guessing",
             "The losses agree: nothing is known by heart. Now a stronger model may help."),
            (2.3, float("inf"), "a step of probability 0 on dev: smooth",
             "One symbol that never followed there is enough for an infinite loss."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"Count model, 27 symbols. Loss on train {train:.2f}, on dev {dev:.2f}. What do you see?",
        answer=answer,
        wrong=("overfitting: smooth more, or find more data", "underfitting: smooth less, or use more context",
               "neither: the two agree, below guessing", "a step of probability 0 on dev: smooth"),
        why=why,
    )  # fmt: skip


def multinomial(rng: Random) -> Ask:
    """multinomial draws places, scales its weights, and puts nothing back."""
    v = rng.randint(3, 6)
    i = rng.randrange(v)
    weights = [0.0] * v
    weights[i] = rng.choice([0.5, 1.0, 3.0, 20.0])
    n = rng.randint(2, 5)
    code, why = rng.choice(
        [
            (f"p = torch.tensor({weights})\ntorch.multinomial(p, {n}, replacement=True)",
             f"Only symbol {i} has any weight; the sum need not be 1. Drawn {n} times, put back each time."),
            (f"torch.multinomial(torch.ones({v}), {v}).sort().values",
             f"replacement is False by default: {v} draws from {v} symbols give each of them once."),
            (f"torch.multinomial(torch.ones({v}), {v + 1})",
             f"replacement is False by default: the {v + 1}th draw finds nothing left."),
            (f"torch.multinomial(torch.ones({n}, {v}), 1).shape", "One draw for each row: a column of places."),
        ]
    )  # fmt: skip
    lists = ([i] * n, list(range(v)), [i], list(range(1, v + 1)), [0] * v)
    return Ask(
        text="What comes out?",
        code=code,
        wrong=("raises", *map(str, lists), str((n, 1)), str((n, v)), str((n,))),
        why=why,
    )


def e06_own(rng: Random) -> Ask:
    """Your own experiment: one change, a guess beforehand, dev to judge by."""
    question, answer, wrong, why = rng.choice(
        [
            ("You want to know whether a fourth symbol of context helps. What do you write down first?",
             "the dev loss that you expect", ("the test loss of both models", "the train loss of the new model"),
             "A guess beforehand is what a result can surprise you by; test decides nothing."),
            ("Two changes at once, and dev is 0.1 better. What do you know?",
             "that both together help; nothing about each", ("that each helps by 0.05", "that both help"),
             "One may even harm. Change one thing at a time, or try all four combinations."),
            ("Twenty values of alpha were compared on test, and the best was kept. What is its test loss?",
             "a little too good", ("what new names will cost", "a little too bad"),
             "What chose the value is no longer a neutral judge of it: that is what dev is for."),
            ("The new model is 0.003 better on 28 dev names. What next?",
             "more dev names, or other splits", ("keep it: lower is better", "compare on train instead"),
             "So few names say little: another split may turn the order round."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)
