"""Questions about a language model with one hidden layer: its parts, its start, its training; fresh at each draw."""

from math import exp, log, sqrt
from random import Random

from lessons import Ask


def bengio(rng: Random) -> Ask:
    """New in 2003: coordinates of words, learned together with the model."""
    k, v, d = rng.choice([2, 3, 5]), rng.choice([5000, 17000, 30000]), rng.choice([30, 60, 100])
    kind = rng.choice(["new", "free", "order", "rows"])
    if kind == "rows":
        return Ask(
            text=f"A table of counts for {k} words of context has {v:,} to the power {k} rows. How many rows has the "
            f"table of coordinates, with d = {d}?",
            hidden=f"nn.Embedding({v}, 1).weight.shape[0]",
            wrong=(str(v * k), str(d), str(v * d), str(k * d), str(v + k)),
            why=f"One for each word, whatever k is: {v:,} rows of {d} numbers, used at all {k} places.",
        )
    text, answer, wrong, why = {
        "new": (
            "What was new in the neural language model of Bengio and others, 2003?",
            "word coordinates, learned together with the model",
            ("a network with a hidden layer", "counting groups of words", "a softmax over the vocabulary",
             "training by backpropagation"),
            "Hidden layers, softmax and backpropagation were known, and so were counts of word groups.",
        ),
        "free": (
            'It has read "the cat is walking" many times and "a dog was running" never. Why does it find that likely?',
            "cat and dog, walking and running have coordinates close by",
            ("it has a row for every group of four words", "an unseen group gets the mean of all seen ones",
             "it looks up synonyms in a dictionary"),
            "What it learned at one point of the space holds nearby; a row of a table of counts stands alone.",
        ),
        "order": (
            f"It reads {k} words. How does it know which of them came last?",
            "each place has its own columns of the hidden matrix",
            ("each place has its own table of coordinates", "it does not: it sees their mean",
             "the number of the place is one of the coordinates"),
            "The coordinates stand side by side in a fixed order; only the table is shared by all places.",
        ),
    }[kind]  # fmt: skip
    return Ask(text=text, answer=answer, wrong=wrong, why=why)


def view_free(rng: Random) -> Ask:
    """Coordinates of a context lie side by side: a view joins them without a copy."""
    n, k, d = rng.sample(range(2, 9), 3)
    call, why = rng.choice(
        [
            (f"e.view({n}, {k * d})", "A view only says how to read: the same memory."),
            ("e.flatten(1)", "Of contiguous memory flatten makes a view."),
            (f"e.reshape({n}, -1)", "Where a view is possible, reshape makes one."),
            (f"torch.cat([e[:, i] for i in range({k})], 1)", "cat makes a new tensor and copies every number."),
            ("e.transpose(1, 2).flatten(1)", "Another order of the numbers cannot be read off in one row: a copy."),
        ]
    )
    return Ask(
        text="Does this share its memory with e?",
        code=f"emb = nn.Embedding(9, {d})\ne = emb(torch.zeros({n}, {k}, dtype=torch.long))\n"
        f"{call}.data_ptr() == e.data_ptr()",
        wrong=("True", "False", "raises"),
        why=f"e is ({n}, {k}, {d}). {why}",
    )


def init_loss(rng: Random) -> Ask:
    """A start that knows nothing costs ln V; large logits cost more."""
    v = rng.choice([27, 65, 96, 256, 1000, 50257])
    kind = rng.choice(["zero", "zero", "read"])
    if kind == "zero":
        bias = rng.choice([0.0, 2.0, -1.0])
        return Ask(
            text=f"The last layer's weights are 0, its biases all {bias:g}. What is the first loss with {v:,} symbols?",
            hidden=f"F.cross_entropy(torch.full((2, {v}), {bias}), torch.tensor([0, 1])).item()",
            wrong=tuple(f"{w:.4g}" for w in (0.0, 1 / v, log(v) / log(2), float(v), log(v) + 1, log(v) / 2)),
            why=f"All logits are alike, whatever goes in: each symbol gets 1/{v:,}, and ln {v:,} = {log(v):.2f}.",
        )
    loss, says = rng.choice(
        [
            (log(v) * rng.uniform(0.99, 1.01), "it knows nothing yet, as it should"),
            (log(v) * rng.uniform(4, 9), "its logits are too large: it is sure, and wrong"),
            (log(v) * rng.uniform(0.05, 0.3), "the answer stands in its input"),
        ]
    )
    return Ask(
        text=f"{v:,} symbols. Before the first update the loss is {loss:.2f}. What do you conclude?",
        answer=says,
        wrong=(
            "it knows nothing yet, as it should",
            "its logits are too large: it is sure, and wrong",
            "the answer stands in its input",
            "it has learned well",
        ),
        why=f"A blind guess costs ln {v:,} = {log(v):.2f}. More is false certainty; much less, before any training, "
        "is a leak.",
    )


def decay(rng: Random) -> Ask:
    """Lower the rate when the loss only jumps about; then it falls once more."""
    base, lr = round(rng.uniform(1.9, 2.6), 2), rng.choice([0.1, 0.3, 1.0])
    curves = {
        "lower the rate, to about a tenth": [base + d for d in (0.02, -0.03, 0.03, -0.02, 0.01, -0.01)],
        "go on, it is still falling": [base + d for d in (0.75, 0.55, 0.40, 0.27, 0.17, 0.09)],
        "raise the rate: it hardly moves": [base + d for d in (0.804, 0.803, 0.801, 0.800, 0.799, 0.797)],
        "start again with a lower rate: it explodes": [base * f for f in (1, 1.6, 4.1, 13.5, 60.2, 371.0)],
    }
    what = rng.choice(list(curves))
    shown = ", ".join(f"{v * rng.uniform(0.9995, 1.0005):.{3 if 'raise' in what else 2}f}" for v in curves[what])
    return Ask(
        text=f"Rate {lr}. The mean training loss of each thousand steps: {shown}. What now?",
        answer=what,
        wrong=tuple(c for c in curves if c != what),
        why="A large rate gets near quickly and then jumps about the lowest place; a tenth of it settles. Lowered too "
        "early it only slows the run.",
    )


def split_why(rng: Random) -> Ask:
    """Train makes the weights, dev the choices, test the number that is told."""
    n = rng.choice([1000, 2000, 5000, 32000])
    jobs = {
        "train": ("the weights are fitted", "the gradient is taken", "the counts of a table are made"),
        "dev": ("the hidden size is chosen", "the moment to stop is chosen", "two learning rates are compared"),
        "test": ("the number in the report is measured, once", "the chosen model is measured at the very end"),
    }
    if rng.random() < 0.3:
        share = rng.choice([0.8, 0.9])
        rest = (1 - share) / 2
        return Ask(
            text=f"{n:,} words are split {share:.0%} / {rest:.0%} / {rest:.0%}. On how many are rates compared?",
            hidden=f"round({n} * {rest})",
            wrong=(str(round(n * share)), str(round(n * rest * 2)), str(n), str(round(n * (share + rest)))),
            why="On dev. Test stays out of every choice, or its number would be too good.",
        )
    which = rng.choice(list(jobs))
    return Ask(
        text=f"{n:,} words, split in three. On which part is this done: {rng.choice(jobs[which])}?",
        answer=which,
        wrong=tuple(j for j in ("train", "dev", "test", "all three") if j != which),
        why="Weights from train, choices by dev, the final number from test: whatever was chosen by a set looks too "
        "good on it.",
    )


def under_over(rng: Random) -> Ask:
    """Both high: too small or not done. Train low and dev high: learned by heart."""
    guess = 3.3
    cases = {
        "it is too small, or not trained long enough": (rng.uniform(2.4, 2.6), rng.uniform(0.00, 0.03)),
        "it learns the words by heart": (rng.uniform(1.0, 1.6), rng.uniform(0.9, 1.6)),
        "nothing was learned: look for a bug": (guess + rng.uniform(-0.01, 0.01), rng.uniform(0.0, 0.01)),
    }
    what = rng.choice(list(cases))
    low, gap = cases[what]
    return Ask(
        text=f"27 symbols, a blind guess costs {guess}. After training: train {low:.2f}, dev {low + gap:.2f}. "
        "What is it?",
        answer=what,
        wrong=(*(c for c in cases if c != what), "dev and train were exchanged"),
        why="Close together and high: the model cannot hold more, or has not had the time. Train far below dev: it "
        "remembers. Both at the blind guess: no gradient arrives, or the targets are not those of the inputs.",
    )


def bigger_hidden(rng: Random) -> Ask:
    """A wider hidden layer does not help when the coordinates are too few."""
    d, k, h = rng.choice([2, 4, 8, 10]), rng.choice([3, 4, 8]), rng.choice([100, 200, 300])
    if rng.random() < 0.6:
        what = rng.choice(["all", "hidden"])
        total = 27 * d + k * d * h + h + h * 27 + 27
        right = total if what == "all" else k * d * h + h
        return Ask(
            text=f"V = 27, k = {k}, d = {d}, h = {h}. How many numbers has "
            + ("the whole model?" if what == "all" else "the hidden layer?"),
            hidden=f"parts = [nn.Embedding(27, {d}), nn.Linear({k * d}, {h}), nn.Linear({h}, 27)]\n"
            + ("" if what == "all" else "parts = parts[1:2]\n")
            + "sum(p.numel() for m in parts for p in m.parameters())",
            wrong=tuple(
                str(w) for w in (right - h, right + k * d, d * h + h, total - 27 * d, 27**k, right * 2) if w != right
            ),
            why=f"Table 27 · {d}, hidden {k} · {d} · {h} + {h}, out {h} · 27 + 27"
            + (f": {total:,} together." if what == "all" else f": the middle one is {right:,}."),
        )
    return Ask(
        text=f"d = 2. With h = {h} in place of 50 the loss hardly falls, on train as on dev. With d = {d + 8} it "
        "does. What was too small?",
        answer="the coordinates: two numbers cannot tell 27 symbols apart well",
        wrong=(
            "the hidden layer: it needs ten times more units",
            "the batch: its gradients were too rough",
            "the number of words: the model knew them by heart",
        ),
        why="All that the hidden layer sees went through the coordinates. Widen the narrowest place first.",
    )


def emb_plot(rng: Random) -> Ask:
    """Symbols that behave alike stand together: vowels, say."""
    vowel, other = rng.choice("aeiou"), rng.choice("bdgkmnpt")
    kind = rng.choice(["close", "far", "why", "width"])
    if kind == "width":
        v, d = rng.choice([27, 65]), rng.choice([8, 16, 30])
        return Ask(
            text=f"The coordinates of {v} symbols, d = {d}, are to be drawn on paper as they are, one symbol one "
            "point. How many of the coordinates does a drawing show?",
            hidden=f"min({d}, 2)",
            wrong=(str(d), str(v), str(d - 2), str(d // 2)),
            fixed="paper has two dimensions",
            why=f"Two of {d}. For a picture one trains with d = 2, or projects: what looks close may be far apart.",
        )
    near = chr(ord(vowel) + 1)
    text, answer, wrong = {
        "close": (f'Trained on English words with d = 2: who stands nearest to "{vowel}"?', "other vowels",
                  (f'"{near}", its neighbor in the alphabet', "the letters that often follow it",
                   "nobody in particular: places are drawn by dice")),
        "far": ('Trained on English words with d = 2: where does the boundary "." stand?', "apart from all letters",
                ("in the middle of all letters", "among the vowels", 'next to "a", its neighbor in the list')),
        "why": (f'Why do "{vowel}" and the other vowels end up close, and "{other}" elsewhere?',
                "much the same symbols come after them",
                ("they often stand next to each other", "their ids are close", "they are about equally frequent")),
    }[kind]  # fmt: skip
    return Ask(
        text=text,
        answer=answer,
        wrong=wrong,
        why="The model sees ids, no alphabet. Two symbols with the same consequences get much the same gradients, and "
        "drift together; one with habits of its own stays alone.",
    )


def minibatch_noise(rng: Random) -> Ask:
    """The error of a gradient falls with the square root of the batch."""
    b, f = rng.choice([8, 16, 32, 64]), rng.choice([4, 16, 100])
    e = round(rng.uniform(0.8, 4.0), 1)
    if rng.random() < 0.6:
        return Ask(
            text=f"With batches of {b} the gradient is off by {e} of its own length, on average. With {b * f}?",
            hidden=f"{e} / math.sqrt({f})",
            wrong=tuple(f"{w:.4g}" for w in (e / f, e, e * sqrt(f), e / 2 if f != 4 else e / 3, e / log(f))),
            why=f"It falls with √{f} = {sqrt(f):g}: the errors of single examples cancel only partly.",
        )
    less = round(sqrt(f))
    return Ask(
        text=f"The error of the gradient is to be {less} times smaller. By what factor does the batch grow?",
        hidden=f"{less} ** 2",
        wrong=tuple(str(w) for w in (less, 2 * less, f * f, less + 1)),
        why="By the square, and the work of a step with it. Many rough steps are usually the better deal.",
    )


def typical(rng: Random) -> Ask:
    """On 32,000 names: 3.30 blind, 2.45 by pairs, about 2.15 with the MLP."""
    kind = rng.choice(["who", "who", "ppl"])
    if kind == "ppl":
        loss = rng.choice([3.3, 2.45, 2.2, 2.15])
        return Ask(
            text=f"A dev loss of {loss} for each letter: among how many equally likely letters does the model choose?",
            hidden=f"round(math.exp({loss}), 1)",
            wrong=tuple(f"{w:.4g}" for w in (round(2**loss, 1), loss, round(27 / loss, 1), 27.0, round(loss**2, 2))),
            why=f"exp({loss}) = {exp(loss):.1f}.",
        )
    who = {
        "a blind guess among 27 symbols": "3.30",
        "counts of letter pairs": "2.45",
        "an MLP with 3 letters of context and 200 hidden units, 20,000 steps of 128": "2.15",
    }
    which = rng.choice(list(who))
    return Ask(
        text=f"32,000 English names, the loss for each symbol on names held out. About what does this reach: {which}?",
        answer=who[which],
        wrong=("3.30", "2.45", "2.15", "0.40"),
        why="3.30 is ln 27; counting pairs reaches about 2.45, the MLP about 2.15. The classic exercise asks for less "
        "than 2.2. Nothing reaches 0: names are not that predictable.",
    )


def collab(rng: Random) -> Ask:
    """A notebook in the cloud is somebody else's machine, lent for a while."""
    hours, gb = rng.choice([2, 3, 5, 8]), rng.choice([1, 4, 12])
    lost = ("files written next to it", "the trained model in memory", "packages installed by hand")
    question, answer, wrong = rng.choice(
        [
            ("What is still there when you come back?", "the notebook's text and code", lost),
            (
                "Where does a checkpoint outlive that?",
                "on a mounted drive, or downloaded",
                ("next to the notebook", "in a variable of the notebook", "in a package"),
            ),
            (
                "What belongs into its first cell, for the next time?",
                "the installation of packages",
                ("a larger batch size", "the final weights, as text", "the printed losses"),
            ),
        ]
    )
    return Ask(
        text=f"A free cloud notebook (Colab, say) lends you a machine. After {hours} hours, with {gb} GB written, it "
        f"disconnects for good. {question}",
        answer=answer,
        wrong=wrong,
        why="The notebook belongs to you, the machine behind it does not (as of 2026): its disk, its memory and what "
        "was installed are gone.",
    )
