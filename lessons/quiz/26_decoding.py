"""Quiz deck of lesson 26: from logits to tokens, when to stop, and how a model is measured."""

from math import exp
from random import Random

from lessons import Ask


def _softmax(values: list[float]) -> list[float]:
    powers = [exp(v - max(values)) for v in values]
    return [p / sum(powers) for p in powers]


def temp_limits(rng: Random) -> Ask:
    """Toward 0: greedy. Toward ∞: all alike. At 1: what the model says."""
    n = rng.choice([4, 5, 8, 10])
    logits = [round(rng.uniform(-2, 3), 1) + 0.0 for _ in range(n)]
    while sorted(logits)[-1] - sorted(logits)[-2] < 0.3:
        logits = [round(rng.uniform(-2, 3), 1) + 0.0 for _ in range(n)]
    where, value, why = rng.choice(
        [
            ("0.001", "0.001", "Divided by 0.001 the logits lie so far apart that the largest takes everything."),
            ("1,000,000", "1e6", f"All logits become nearly 0: each of the {n} tokens gets 1/{n}."),
            ("1", "1.0", "At 1 nothing is changed: the softmax of the logits, no more and no less random than that."),
        ]
    )
    best = max(logits)
    return Ask(
        text=f"Logits {logits}, temperature {where}. How likely is the token with the largest logit?",
        hidden=f"round((torch.tensor({logits}) / {value}).softmax(0).max().item(), 3)",
        wrong=tuple(f"{v:.4g}" for v in (1.0, round(1 / n, 3), round(max(_softmax(logits)), 3), 0.0,
                                         round(best / sum(map(abs, logits)), 3))),
        why=why,
    )  # fmt: skip


def topp_3(rng: Random) -> Ask:
    """The token that crosses p belongs to the set."""
    while True:
        n = rng.randint(4, 6)
        parts = sorted((rng.randint(2, 50) for _ in range(n)), reverse=True)
        shares = [round(v / sum(parts), 2) for v in parts]
        p = rng.choice([0.5, 0.6, 0.7, 0.8, 0.9])
        sums = [sum(shares[: i + 1]) for i in range(n)]
        if abs(sum(shares) - 1) < 1e-6 and min(abs(s - p) for s in sums) > 0.015 and len(set(shares)) == n:
            break
    kept = 1 + sum(s < p for s in sums)
    rng.shuffle(shares)
    return Ask(
        text=f"Probabilities {shares}. How many tokens does top-p with p = {p} keep?",
        hidden=f"s = torch.tensor({shares}).sort(descending=True).values\nint((s.cumsum(0) - s < {p}).sum())",
        wrong=tuple(map(str, (kept - 1, kept + 1, kept + 2, n))),
        why="From the largest on, the sums are "
        + ", ".join(f"{s:.2f}" for s in sums)
        + f": the first that reaches {p} is number {kept}, and its token belongs to the set.",
    )


def rep_1_5(rng: Random) -> Ask:
    """Seen logits: positive ones / r, negative ones · r; the others stay."""
    r = rng.choice([1.25, 1.5, 2.0])
    a, b, c = (rng.choice([1.0, 1.5, 2.0, 3.0]), -rng.choice([0.5, 1.0, 2.0]), rng.choice([0.5, 2.5, -1.5]))
    seen = rng.choice([[0, 1], [1], [0, 1, 0], [1, 1]])
    logits = [a, b, c]
    right = [x if i not in seen else x / r if x > 0 else x * r for i, x in enumerate(logits)]
    divided = [x / r if i in seen else x for i, x in enumerate(logits)]
    every = [x / r if x > 0 else x * r for x in logits]
    often = [x / r ** seen.count(i) if x > 0 else x * r ** seen.count(i) for i, x in enumerate(logits)]

    def written(values: list[float]) -> str:
        return "[" + ", ".join(f"{v:.4g}" for v in values) + "]"

    return Ask(
        text=f"Logits {logits}; the text so far is {seen}. What does a repetition penalty of {r:g} make of them?",
        hidden=f"l, s = torch.tensor({logits}), torch.tensor({seen})\n"
        f"low = torch.where(l > 0, l / {r}, l * {r})\nl.index_copy(0, s.unique(), low[s.unique()])",
        wrong=tuple(written(v) for v in (divided, every, often, [x - r if i in seen else x for i, x in
                                                                  enumerate(logits)], right[::-1])),
        why=f"Only what was said is touched, once: positive / {r:g}, negative · {r:g}: both become less likely.",
    )  # fmt: skip


def max_kinds(rng: Random) -> Ask:
    """max_new_tokens counts what is new, max_length and min_length the prompt too."""
    prompt, limit = rng.randint(5, 40), rng.randint(60, 120)
    least = rng.randint(45, 55)
    name, answer, why = rng.choice(
        [
            (f"max_new_tokens={limit}", limit, "It counts what is new, whatever the prompt."),
            (f"max_length={limit}", limit - prompt, f"It counts the text as a whole: {limit} − {prompt}."),
        ]
    )
    if rng.random() < 0.4:
        return Ask(
            text=f"A prompt of {prompt} tokens, min_length={least}, which counts the whole text. The model would end "
            "at once. After how many new tokens may it end at the earliest?",
            hidden=f"{least} - {prompt}",
            wrong=tuple(map(str, (least, 0, 1, least + prompt, prompt))),
            why=f"Until the text has {least} tokens the logit of the end token is set to −inf: {least} − {prompt} new.",
        )
    return Ask(
        text=f"A prompt of {prompt} tokens, {name}. The model never draws the end token. How many new tokens come?",
        hidden=str(answer),
        wrong=tuple(map(str, (limit, limit - prompt, limit + prompt, limit - 1, prompt))),
        why=why,
    )


def eos(rng: Random) -> Ask:
    """A batch ends when its last row has ended; the others are filled up."""
    rows = rng.sample(range(2, 30), rng.randint(3, 5))
    limit = rng.choice([20, 40])
    last = min(max(rows), limit)
    what, code, wrong, why = rng.choice(
        [
            ("How many new columns has the result?", f"min(max({rows}), {limit})",
             (min(rows), max(rows), limit, last + 1, sum(rows)),
             "It goes on until the last row has ended, or to the limit."),
            ("How many of its new entries are filling, behind the end of their row?",
             f"sum(max(0, min(max({rows}), {limit}) - n) for n in {rows})",
             (0, max(rows) - min(rows), sum(rows), last * len(rows), last),
             f"{last} new columns; a row that ended at its token n has {last} − n filled places behind it."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"{len(rows)} prompts are continued; the rows would draw the end token as their new token number "
        f"{', '.join(map(str, rows))}. At most {limit} new tokens. {what}",
        hidden=code,
        wrong=tuple(map(str, wrong)),
        why=why,
    )


def greedy_loops(rng: Random) -> Ask:
    """The same window, greedily: the same next token, and so on for ever."""
    v, k = rng.choice([3, 4, 5, 10, 27]), rng.choice([1, 2, 3])
    how = rng.choice(["greedy", "greedy", "at temperature 1"])
    most = str(v**k)
    if how != "greedy":
        return Ask(
            text=f"A model sees the last {k} token{'s' * (k > 1)} out of a vocabulary of {v}, and every token has some "
            "probability. It writes at temperature 1. When must its text begin to repeat itself for ever?",
            answer="never",
            wrong=(f"after {most} tokens at the latest", f"after {v * k} tokens at the latest", "at once"),
            why="The same window may come back, but the next draw is a new one. Only a fixed choice makes a loop.",
        )
    return Ask(
        text=f"A model sees the last {k} token{'s' * (k > 1)} out of a vocabulary of {v}, and writes greedily. How "
        "many different windows can there be before one comes back and the text is a loop for ever?",
        hidden=f"{v} ** {k}",
        wrong=tuple(map(str, (v * k, k**v, v, v ** (k + 1), 2 * v**k))),
        why=f"There are {v}^{k} windows; the same window has the same best token, so from then on all is the same.",
    )


def multinomial_unnorm(rng: Random) -> Ask:
    """multinomial takes weights of any sum; not negative ones, not a row of zeros."""
    weights = [float(rng.randint(1, 9)) for _ in range(3)]
    case = rng.randrange(4)
    if case == 0:
        weights[rng.randrange(3)] = -1.0
    elif case == 1:
        weights = [0.0, 0.0, 0.0]
    elif case == 2:
        keep = rng.randrange(3)
        weights = [w if i == keep else 0.0 for i, w in enumerate(weights)]
    code = f"torch.multinomial(torch.tensor({weights}), 1).shape"
    fails = case < 2
    if case == 2:
        code = f"torch.multinomial(torch.tensor({weights}), 1).item()"
    return Ask(
        text="What comes out?",
        code=code,
        wrong=("raises", "(1,)", "()", "0", "1", "2") if case == 2 else ("raises", "(1,)", "(3,)", "()"),
        why="A weight may not be negative, and not all may be zero: there would be nothing to draw."
        if fails
        else "Weights need not sum to 1: they are taken in proportion. One of 0 is never drawn: one token is left."
        if case == 2
        else f"Weights need not sum to 1: a token of weight {weights[0]:g} has {weights[0]:g}/{sum(weights):g}.",
    )


def gather_map(rng: Random) -> Ask:
    """A draw from a top-k list is a rank; its list of places names the token."""
    v = rng.randint(6, 9)
    tokens = rng.sample(range(v), v)
    logits = [0.0] * v
    for rank, token in enumerate(tokens):
        logits[token] = float(v - rank)
    k = rng.randint(3, 4)
    drawn = rng.randint(1, k - 1)
    return Ask(
        text=f"The draw among the {k} best came out as {drawn}. Which token is it?",
        code=f"logits = torch.tensor({logits})\nvalues, places = logits.topk({k})\nplaces[{drawn}].item()",
        wrong=tuple(map(str, (drawn, tokens[0], tokens[k - 1], int(logits[tokens[drawn]]), tokens[drawn - 1]))),
        why=f"{drawn} is a rank, counted from 0; topk's second result says that token {tokens[drawn]} stands there.",
    )


def topk_50(rng: Random) -> Ask:
    """k = 50 is a habit; it cuts off a tail of 50,207 tokens."""
    k = rng.choice([40, 50, 100])
    tail = rng.choice([2, 3, 5])
    steps = rng.choice([20, 50, 100])
    clean = (1 - tail / 100) ** steps
    what = rng.randrange(3)
    if what == 0:
        return Ask(
            text=f"top-k with k = {k} on GPT-2's 50,257 tokens. How many tokens cannot be drawn at a step?",
            hidden=f"50257 - {k}",
            wrong=tuple(f"{n}" for n in (k, 50257, 50257 - k - 1, 50256, 0)),
            why=f"All but {k}. They are unlikely each, and together often several percent: that is what k cuts off.",
        )
    if what == 1:
        return Ask(
            text=f"Let the tokens behind the first {k} hold {tail} % of the probability at each step. A text of "
            f"{steps} tokens, drawn without a filter: how likely does it never step into that tail, about?",
            hidden=f"round((1 - {tail} / 100) ** {steps}, 2)",
            wrong=tuple(f"{v:.4g}" for v in (1 - tail / 100, tail / 100, round(1 - clean, 2), 0.0, 0.5)),
            why=f"Each step avoids it with {1 - tail / 100:g}, and there are {steps} of them. The number 50 itself is "
            "a habit: small enough to cut this, large enough for variety.",
        )
    return Ask(
        text=f"With k = {k}: the model is nearly sure of one token at one step, and wavers between 500 at another. "
        "What does top-k do?",
        answer=f"keeps {k} both times",
        wrong=("keeps 1, then 500", f"keeps 1, then {k}", f"keeps {k}, then 500"),
        why="k does not look at probabilities: too many are kept where the model is sure, too few where it is not. "
        "top-p adapts.",
    )


def hellaswag(rng: Random) -> Ask:
    """10,042 questions, 25 % by chance, GPT-2 124M 29.55 % by completion."""
    question, answer, wrong, why = rng.choice(
        [
            ("How many questions has HellaSwag's validation set (2019)?", "10,042", ("1,319", "50,257", "14,042"),
             "10,042 questions: chance alone moves a result by some 0.4 points."),
            ("HellaSwag offers four endings. What does a model score that knows nothing?", "25 %",
             ("0 %", "50 %", "29.55 %"), "One of four. The question is how far above that a model gets."),
            ("What does GPT-2 124M reach on HellaSwag, each ending scored by its mean loss (completion style)?",
             "29.55 %", ("25 %", "50.4 %", "78.9 %"), "Little above the 25 % of chance, and ten times its noise."),
            ("How is HellaSwag given to a small base model?", "each ending behind the text; smallest mean loss wins",
             ("the four endings as A, B, C, D; it answers a letter", "it writes an ending, which is compared",
              "a trained layer on top chooses"),
             "A small model has never learned to answer with a letter; how likely an ending is, it always tells."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def norm_acc(rng: Random) -> Ask:
    """By the sum short endings win; the mean asks for the loss of a token."""
    while True:
        endings = {name: [round(rng.uniform(0.4, 3.0), 1) for _ in range(rng.randint(1, 5))] for name in "ABCD"}
        sums = {n: round(sum(v), 2) for n, v in endings.items()}
        means = {n: sum(v) / len(v) for n, v in endings.items()}
        by_sum, by_mean = min(sums, key=sums.get), min(means, key=means.get)  # type: ignore[arg-type]
        close = [sorted(d.values()) for d in (sums, means)]
        if by_sum != by_mean and all(d[1] - d[0] > 0.06 for d in close):
            break
    how = rng.choice(["sum", "mean"])
    listed = "\n".join(f"{n}: {v}" for n, v in endings.items())
    return Ask(
        text=f"The losses of the tokens of four endings. Which one wins by the {how}?\n{listed}",
        answer=by_sum if how == "sum" else by_mean,
        wrong=tuple("ABCD"),
        why=f"Sums: {', '.join(f'{n} {v:g}' for n, v in sums.items())}. "
        f"Means: {', '.join(f'{n} {v:.2f}' for n, v in means.items())}. The smallest wins; the sum favors short ones.",
    )


def val_loss(rng: Random) -> Ask:
    """Every 250 steps, over 20 batches: the mean of more batches is steadier."""
    batches, every, steps = rng.choice([5, 20, 80]), rng.choice([100, 250, 500]), rng.choice([2000, 5000, 19000])
    spread = rng.choice([0.08, 0.1, 0.2])
    if rng.random() < 0.5:
        return Ask(
            text=f"The loss of one validation batch scatters by {spread:g}. By how much does the mean of {batches} "
            "batches scatter, about?",
            hidden=f"round({spread} / {batches} ** 0.5, 3)",
            wrong=tuple(f"{round(v, 3):.4g}" for v in (spread, spread / batches, spread * batches**0.5, spread / 2)),
            why=f"Divided by √{batches} = {batches**0.5:.1f}. Differences smaller than that between two measurements "
            "say nothing.",
        )
    total = steps // every
    return Ask(
        text=f"{steps:,} training steps; the validation loss every {every} steps over {batches} batches. A forward is "
        "a third of a step's work. By how many percent does measuring make the training longer, about?",
        hidden=f"round(100 * {batches} / 3 / {every}, 1)",
        wrong=tuple(f"{round(v, 1):.4g}" for v in (100 * batches / every, 10 * batches / every, 300 * batches / every,
                                                   100 * total / steps / 10, 90 * batches / every)),
        why=f"{total} times {batches} forwards, each a third of a step, against {steps:,} steps.",
    )  # fmt: skip


def revive(rng: Random) -> Ask:
    """Samples in the middle of a training must leave it as it was."""
    dropout = rng.choice([0.1, 0.2, 0.3])
    thing, effect, why = rng.choice(
        [
            ("eval() before sampling", "samples worse than the model is",
             f"Dropout of {dropout} throws away a part of the numbers at every step of the text."),
            ("train() after sampling", "training goes on without dropout",
             f"The model stays in eval mode, and the dropout of {dropout} is off from there on. No error tells it."),
            ("a generator of its own for the samples", "with samples, other batches and dropout than without",
             "Each draw moves torch's own random numbers, and the training takes its own from the same place."),
            ("no_grad while sampling", "the text's memory grows with every token",
             "Each step records a graph, although nobody will go back through it."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"A training (dropout {dropout}) writes a sample every 250 steps. What is missing: "
        f"{thing}. What is seen?",
        answer=effect,
        wrong=("samples worse than the model is", "training goes on without dropout",
               "with samples, other batches and dropout than without", "the text's memory grows with every token",
               "an error at the next training step"),
        why=why,
    )  # fmt: skip


def results(rng: Random) -> Ask:
    """Marks for 124M: loss 3.2924, HellaSwag 29.4 %; GPT-3 of that size 33.7 %."""
    what, answer = rng.choice(
        [
            ("the validation loss of the released GPT-2 124M on FineWeb-Edu", "3.2924"),
            ("the HellaSwag accuracy of GPT-2 124M", "29.4 %"),
            ("the HellaSwag accuracy of GPT-3 of the same size", "33.7 %"),
        ]
    )
    loss = answer == "3.2924"
    return Ask(
        text=f"A well-known rebuild of GPT-2 124M (2024) has three marks in its plot. Which is {what}?",
        answer=answer,
        wrong=("10.8249", "0.2924", "4.9021") if loss else ("25.0 %", "29.4 %", "33.7 %", "78.9 %"),
        why="Loss 3.2924; HellaSwag 29.4 % for GPT-2 and 33.7 % for GPT-3. Chance has 25 %.",
    )


def in_context(rng: Random) -> Ask:
    """A large model goes on with a pattern in its prompt; no weight changes."""
    shots = rng.choice([2, 3, 5, 8])
    question, answer, wrong, why = rng.choice(
        [
            (f"A prompt shows {shots} pairs \"English => French\" and one English word. How many steps of training are "
             "in that?", "0", (str(shots), "1", str(shots + 1)),
             "The examples are only tokens in the window; no weight changes (GPT-3, 2020)."),
            (f"The {shots} examples are taken out of the prompt. What is left of what they taught?", "nothing",
             ("everything", "the weights of the last layer", "the first example"),
             "They lived in the window, not in the weights."),
            (f"A prompt has {shots} examples of 40 tokens, then a question of 30. How many tokens are read?",
             str(shots * 40 + 30), ("30", str(shots * 40), str((shots + 1) * 40 + 30)),
             "Each question pays for its examples again; fine-tuning would pay once."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)
