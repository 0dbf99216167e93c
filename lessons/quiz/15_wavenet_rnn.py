"""Questions about trees, causal filters and recurrent cells; every draw has fresh numbers."""

from random import Random

from lessons import Ask


def receptive(rng: Random) -> Ask:
    """A tree of L levels sees 2^L symbols, so does a stack of dilated filters."""
    levels, k = rng.randint(2, 6), rng.choice([2, 3])
    dilations = ", ".join(str(k**i) for i in range(levels))
    kind, total, why = rng.choice(
        [
            (
                f"A tree joins {k} by {k}, in {levels} levels.",
                k**levels,
                f"Each level multiplies by {k}: {k}^{levels}.",
            ),
            (
                f"{levels} causal convolutions of {k} taps, without dilation.",
                1 + levels * (k - 1),
                f"Each layer adds {k} − 1 to the one symbol that is seen without any.",
            ),
            (
                f"{levels} causal convolutions of {k} taps, with dilations {dilations}.",
                k**levels,
                f"1 + ({k} − 1) · (sum of the dilations) = {k}^{levels}: the tree's reach, at every place.",
            ),
        ]
    )
    slips = (k**levels, 1 + levels * (k - 1), levels * k, k ** (levels - 1), k ** (levels + 1), k * levels + 1)
    return Ask(
        text=f"{kind} How many symbols does one output see?", answer=str(total), wrong=tuple(map(str, slips)), why=why
    )


def tree_is_conv(rng: Random) -> Ask:
    """The tree is a stack of dilated causal convolutions, asked at one place only."""
    levels = rng.randint(2, 4)
    t = 2**levels * rng.randint(2, 8)
    tree, conv = 2**levels - 1, levels * t
    question, answer, why = rng.choice(
        [
            (
                f"A tree over {2**levels} symbols, two by two: how many joins does one answer take?",
                tree,
                "Half as many on each level: " + " + ".join(str(2**i) for i in reversed(range(levels))) + ".",
            ),
            (
                f"Answers at all {t} places, by {levels} dilated convolutions of two taps: how many joins?",
                conv,
                f"One for each place and layer; {t} trees apart would take {t} · {tree} = {t * tree}.",
            ),
            (
                f"Answers at all {t} places, by a tree of {levels} levels for each place apart: how many joins?",
                t * tree,
                f"{tree} for each. The stack of convolutions shares them: {levels} · {t} = {conv}.",
            ),
        ]
    )
    slips = (tree, conv, t * tree, 2**levels, levels, t * 2**levels, t)
    return Ask(text=question, answer=str(answer), wrong=tuple(map(str, slips)), why=why)


def perf_log(rng: Random) -> Ask:
    """makemore's log: 2.105, context 8: 2.027, norm mended: 2.022, larger: 1.993."""
    steps = [
        ("a flat MLP with a context of 3", "2.105"),
        ("the flat MLP with a context of 8", "2.027"),
        ("the tree, with BatchNorm's statistics mended", "2.022"),
        ("the tree with 76,579 parameters", "1.993"),
    ]
    name, loss = rng.choice(steps)
    return Ask(
        text=f"The log of the makemore lectures (2022), dev loss on English names. Which belongs to {name}?",
        answer=loss,
        wrong=tuple(value for _, value in steps),
        why="3 symbols 2.105, 8 symbols 2.027, the norm mended 2.022, more parameters 1.993: context paid most.",
    )


def bn_3d(rng: Random) -> Ask:
    """BatchNorm's mean of a feature is over batch and positions."""
    n, t, h = rng.sample([4, 6, 8, 10, 12, 16, 20, 32], 3)
    code, why = rng.choice(
        [
            (
                f"x = torch.randn({n}, {t}, {h})\nx.mean((0, 1)).shape",
                "One mean a feature, over all samples and places.",
            ),
            (
                f"x = torch.randn({n}, {t}, {h})\nx.mean(0).shape",
                "A mean for each place and feature: not what is wanted.",
            ),
            (
                f"x = torch.randn({n}, {t}, {h})\nnn.BatchNorm1d({h})(x).shape",
                f"It takes dimension 1 for the features, finds {t} and wants {h}.",
            ),
            (
                f"x = torch.randn({n}, {h}, {t})\nnn.BatchNorm1d({h})(x).shape",
                "(N, C, L): the features stand in the middle.",
            ),
            (
                f"x = torch.randn({n}, {t}, {h})\nnn.BatchNorm1d({h})(x.flatten(0, 1)).shape",
                "Batch and places are one long batch: right, and to be viewed back afterwards.",
            ),
        ]
    )
    return Ask(
        text="What comes out?",
        code=code,
        wrong=("raises", str((h,)), str((t, h)), str((n, t, h)), str((n, h, t)), str((n * t, h))),
        why=why,
    )


def lstm_params(rng: Random) -> Ask:
    """An LSTM has four blocks of weights, a GRU three, a plain RNN one."""
    i, h = (10, 20) if rng.random() < 0.3 else (rng.randint(3, 40), rng.randint(3, 40))
    name, blocks = rng.choice([("LSTM", 4), ("GRU", 3), ("RNN", 1)])
    return Ask(
        text=f"How many parameters has nn.{name}({i}, {h})?",
        hidden=f"f'{{sum(p.numel() for p in nn.{name}({i}, {h}).parameters()):,}}'",
        wrong=tuple(
            f"{n:,}"
            for n in (
                *(b * h * (i + h) + 2 * b * h for b in (1, 3, 4)),
                blocks * h * (i + h),
                blocks * h * (i + h) + blocks * h,
                blocks * i * h,
            )
        ),
        why=f"{blocks} · {h} · ({i} + {h}) weights and 2 · {blocks} · {h} biases: torch keeps two.",
    )


def vanish(rng: Random) -> Ask:
    """A product over steps goes to 0 or to infinity; a sum does not."""
    f, steps = rng.choice([0.5, 0.9, 0.98, 1.1]), rng.choice([10, 20, 50, 100])
    z = rng.choice([0.5, 0.9, 0.99])
    line, why = rng.choice(
        [
            (f"c = {f} * c + 0.3", f"Each step's slope is {f}, as by a forget gate; {steps} of them are multiplied."),
            (f"c = c + {f} * 0.3", "The old c is kept whole, as by a forget gate of 1: each step's slope is 1."),
            (
                f"c = {1 - z:.2g} * 0.5 + {z} * c",
                f"A GRU's last line: each step's slope is z = {z}; {steps} are multiplied.",
            ),
        ]
    )
    slips = (f**steps, z**steps, 1.0, f, z, f * steps, 0.0, float(steps), 0.3 * steps)
    return Ask(
        text=f"{steps} steps of `{line}`. What is the slope of the last c along the first?",
        hidden="c0 = c = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)\n"
        f"for _ in range({steps}):\n    {line}\ntorch.autograd.grad(c, c0)[0].item()",
        wrong=tuple(f"{x:.4g}" for x in slips),
        why=why,
    )


def seq2seq(rng: Random) -> Ask:
    """Two recurrent nets and one vector between them."""
    h, t = rng.choice([256, 512, 1000]), rng.randint(20, 60)
    question, answer, wrong, why = rng.choice(
        [
            (
                f"Sequence to sequence (2014): {t} words, a GRU of {h} units. How many numbers reach the decoder?",
                f"{h:,}",
                (f"{t * h:,}", f"{t}", f"{t * t:,}"),
                "One state, whatever the length (an LSTM hands over c as well: twice that).",
            ),
            (
                f"With attention (2015) the decoder may look at all {t} states of {h}. How many numbers is that?",
                f"{t * h:,}",
                (f"{h:,}", f"{t}", f"{t * t:,}"),
                "All states are kept: the bottleneck of one vector is gone.",
            ),
            (
                "In training, what does the decoder of a translator get as its next input?",
                "the right previous word",
                ("its own guess, always", "the next word", "the encoder's input"),
                "That is teacher forcing; in use it gets its own words, right or wrong.",
            ),
        ]
    )
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def rnn_lm(rng: Random) -> Ask:
    """A linear layer on each state gives the logits of the next symbol."""
    v, h, b, t = rng.randint(50, 99), rng.randint(20, 40), rng.randint(2, 6), rng.randint(7, 12)
    code, why = rng.choice(
        [
            (
                f"out, last = nn.RNN({h}, {h})(torch.zeros({t}, {b}, {h}))\nnn.Linear({h}, {v})(out).shape",
                "Logits at every step: each predicts its next symbol.",
            ),
            (
                f"out, last = nn.GRU({h}, {h})(torch.zeros({t}, {b}, {h}))\nlast.shape",
                "The state after the last step, with a dimension for layers in front.",
            ),
            (
                f"rnn = nn.RNN({h}, {h}, batch_first=True)\nout, last = rnn(torch.zeros({b}, {t}, {h}))\nout.shape",
                "batch_first puts the batch in front, in the input and in out.",
            ),
            (
                f"rnn = nn.RNN({h}, {h}, batch_first=True)\nout, last = rnn(torch.zeros({b}, {t}, {h}))\nlast.shape",
                "batch_first does not touch the last state: layers first, then the batch.",
            ),
        ]
    )
    slips = ((t, b, v), (b, t, v), (1, b, h), (b, 1, h), (t, b, h), (b, t, h))
    return Ask(text="What shape comes out?", code=code, wrong=tuple(map(str, slips)), why=why)


def parallel(rng: Random) -> Ask:
    """A recurrent net waits T steps for each other; attention does not."""
    t, layers = rng.choice([100, 512, 1024, 2048]), rng.choice([2, 6, 12, 24])
    question, answer, why = rng.choice(
        [
            (
                f"An LSTM of one layer, {t:,} symbols. How many steps must wait for each other?",
                t,
                "Each state needs the one before; the products with the inputs alone can be made at once.",
            ),
            (
                f"A transformer of {layers} layers trains on {t:,} symbols. How many layers must wait for each other?",
                layers,
                "Within a layer all positions are computed at once: the targets are known.",
            ),
            (
                f"A transformer of {layers} layers draws {t:,} symbols. How many passes must wait for each other?",
                t,
                "In use it is no better than an RNN there: each symbol needs the one before.",
            ),
        ]
    )
    slips = (t, layers, t * layers, t * t, 1)
    return Ask(text=question, answer=f"{answer:,}", wrong=tuple(f"{n:,}" for n in slips), why=why)


def timeseries(rng: Random) -> Ask:
    """The same cells on numbers: a linear layer in, another loss out."""
    question, answer, wrong, why = rng.choice(
        [
            (
                "What takes the place of the embedding table?",
                "a linear layer from the values to the width",
                (
                    "a row for each hour of the day",
                    "one-hot vectors of the rounded values",
                    "nothing: no input is needed",
                ),
                "Numbers have a size: they can be multiplied, which a token's number cannot.",
            ),
            (
                "What takes the place of the cross entropy?",
                "squared error, or the likelihood of a mean and a spread",
                ("cross entropy over the hours", "accuracy", "nothing: it stays as it is"),
                "Squared error is the likelihood of a normal law whose spread is fixed.",
            ),
            (
                "How must train and dev be split?",
                "by time: dev lies after train",
                ("at random, 80/20", "every tenth hour for dev", "by size: the largest loads for dev"),
                "Drawn here and there, the neighbors of a dev point stand in train: it has seen the future.",
            ),
            (
                "From which part come mean and spread for scaling?",
                "from train alone",
                ("from all of the data", "from dev alone", "from each batch"),
                "Anything that holds dev tells the model of the future by its scale.",
            ),
        ]
    )
    text = f"A recurrent net is to forecast the load of the next {rng.choice([6, 12, 24])} hours. {question}"
    return Ask(text=text, answer=answer, wrong=wrong, why=why)


def lstm_speech(rng: Random) -> Ask:
    """Both directions to recognize; one alone to predict."""
    i, h, layers = rng.choice([40, 80, 123]), rng.choice([100, 250, 320]), rng.randint(2, 5)
    question, code, answer, wrong, why = rng.choice(
        [
            (
                f"Speech, {i} features a frame. How wide is each state of out?",
                f"rnn = nn.LSTM({i}, {h}, bidirectional=True)\nrnn(torch.zeros(9, 2, {i}))[0].shape[-1]",
                None,
                (str(h), str(2 * h), str(4 * h), str(i)),
                "Forward and backward states stand side by side.",
            ),
            (
                f"A deep LSTM over speech, {layers} layers, both directions. How many states stand in h?",
                f"rnn = nn.LSTM({i}, {h}, {layers}, bidirectional=True)\n"
                f"out, (h, c) = rnn(torch.zeros(9, 2, {i}))\nh.shape[0]",
                None,
                (str(layers), str(2 * layers), "2", "1", str(4 * layers)),
                "One for each layer and direction.",
            ),
            (
                "Graves (2013) ran LSTMs over speech in both directions. Why not over text that is being written?",
                "",
                "the future is what it should predict",
                ("it would be too slow", "text has no time", "LSTMs read words only"),
                "A recording is all there; a next symbol is not.",
            ),
        ]
    )
    return Ask(text=question, code=code, answer=answer, wrong=wrong, why=why)


def shapes_through(rng: Random) -> Ask:
    """Each level halves the positions, and joins two widths into one."""
    n, k, d, h = rng.randint(2, 40), rng.choice([8, 8, 16]), rng.choice([10, 24, 32]), rng.choice([64, 68, 128])
    code, why = rng.choice(
        [
            (
                f"x = torch.zeros({n}, {k}, {d})\nx.view({n}, {k // 2}, {2 * d}).shape",
                "Two neighbors become one, twice as wide.",
            ),
            (
                f"x = torch.zeros({n}, {k}, {d}).view({n}, {k // 2}, {2 * d})\nnn.Linear({2 * d}, {h})(x).shape",
                "A linear layer changes the last dimension alone.",
            ),
            (
                f"x = torch.zeros({n}, {k // 2}, {h})\nx.view({n}, {k // 4}, {2 * h}).shape",
                "The second join starts from width h.",
            ),
            (
                f"x = torch.zeros({n}, {k}, {d})\nx.view({n}, {k // 2}, {d}).shape",
                "The numbers must stay: halving the positions doubles the width.",
            ),
        ]
    )
    shapes = ((n, k // 2, 2 * d), (n, k // 2, h), (n, k // 4, 2 * h), (n, k // 2, d), (n, k, h), (n, k, 2 * d))
    return Ask(text="The tree on its way. What shape?", code=code, wrong=("raises", *map(str, shapes)), why=why)


def dev_process(rng: Random) -> Ask:
    """Documentation, shapes in a notebook, then a module with a test, then runs."""
    question, answer, wrong, why = rng.choice(
        [
            (
                "A layer that you have never used. What comes first?",
                "its shapes in the documentation, and a tiny tensor",
                ("a training run of an hour", "a faster version"),
                "A wrong shape found in a second is cheaper than in a run.",
            ),
            (
                "It works in the notebook. What next?",
                "move it to a module, with a test",
                ("copy the cell into the next notebook", "start the long run from the notebook"),
                "Cells run in any order; what a run depended on must stand in a file.",
            ),
            (
                "BatchNorm runs on [N, T, h] without an error. What do you look at before you trust it?",
                "the shape of its running mean",
                ("the loss after one step", "the speed of a step"),
                "Broadcasting makes wrong statistics run; their shape tells.",
            ),
            (
                "A run of the new model is 0.02 better. What do you write down?",
                "what was changed, both losses, the seeds",
                ("the better loss", "nothing: the code is the record"),
                "Without the seeds, and a second run, 0.02 may be chance.",
            ),
        ]
    )
    return Ask(text=question, answer=answer, wrong=wrong, why=why)
