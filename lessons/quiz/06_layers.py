"""Questions about layers: shapes, counts, modes and starts; every draw has fresh numbers."""

from random import Random

from lessons import Ask


def conv_shape(rng: Random) -> Ask:
    """(size + 2·padding − kernel) / stride + 1 places along the field."""
    i, o = rng.sample([1, 3, 8, 16, 32], 2)
    n, k = rng.choice([28, 32, 64, 224]), rng.choice([3, 5, 7])
    pad = rng.choice([0, k // 2, 1])
    out = n + 2 * pad - k + 1
    return Ask(
        text=f"An image of ({i}, {n}, {n}). What comes out?",
        code=f"conv = nn.Conv2d({i}, {o}, {k}, padding={pad})\nconv(torch.zeros(1, {i}, {n}, {n})).shape[1:]",
        wrong=tuple(str((c, m, m)) for c, m in ((o, n), (o, n - k), (i, out), (o, n - k + 1), (o, n + 2 * pad))),
        why=f"{o} channels; along each side {n} + 2 · {pad} − {k} + 1 = {out} places for the kernel.",
    )


def emb_shape(rng: Random) -> Ask:
    """An embedding adds its width behind the shape of the indices."""
    v, d, b, t = rng.sample(range(2, 60), 4)
    shape = rng.choice([(b, t), (b,), (t, b), (b, t, 2)])
    return Ask(
        text="What shape comes out?",
        code=f"emb = nn.Embedding({v}, {d})\nemb(torch.zeros({shape}, dtype=torch.long)).shape",
        wrong=(str((*shape, d)), str((*shape, v)), str((*shape[:-1], d)), str((v, d)), str((d, *shape)), "raises"),
        why=f"Each index becomes a row of {d} numbers; the shape of the indices stays in front.",
    )


def emb_size(rng: Random) -> Ask:
    """An embedding trains V·D numbers."""
    v, d = rng.choice([50257, 32000, 100277, 30522]), rng.choice([256, 512, 768, 1024])
    return Ask(
        text=f"A vocabulary of {v:,} tokens, width {d}. How many million parameters has the table?",
        answer=f"{v * d / 1e6:.1f}",
        wrong=tuple(f"{n:.1f}" for n in (v * d / 2e6, 4 * v * d / 1e6, (v + d) / 1e6, d * d / 1e6, 2 * v * d / 1e6)),
        why=f"{v:,} rows of {d} numbers. In float32 that is {4 * v * d / 1e6:.0f} MB.",
    )


def pad_reinit(rng: Random) -> Ask:
    """padding_idx zeroes a row at the start and stops its gradient; nothing else."""
    pad, v, d = rng.randint(0, 3), rng.randint(4, 9), rng.randint(2, 6)
    then, why = rng.choice(
        [
            ("", "The row starts at zeros, and nobody has touched it."),
            ("nn.init.ones_(emb.weight)", "Whoever initializes the table again overwrites the pad's row too."),
            ("emb.weight.data[:] = 2", "The row is stored like any other; what is written there stays there."),
            (f"emb(torch.tensor([{pad}])).sum().backward()", "Its gradient is stopped, and nothing else happens."),
        ]
    )
    return Ask(
        text="Is the pad's row zero?",
        code=f"emb = nn.Embedding({v}, {d}, padding_idx={pad})\n{then + chr(10) if then else ''}"
        f"emb.weight[{pad}].abs().sum().item() == 0",
        wrong=("True", "False", "raises"),
        why=why,
    )


def dropout_train(rng: Random) -> Ask:
    """What stays is multiplied by 1/(1 − p)."""
    p, x = rng.choice([0.1, 0.2, 0.5, 0.75, 0.9]), rng.randint(1, 9)
    mode = rng.choice(["train", "train", "eval"])
    return Ask(
        text=f"All inputs are {x}. Which values can come out?",
        code=f"drop = nn.Dropout({p}).{mode}()\nsorted(set(drop(torch.full((4000,), {x}.0)).tolist()))",
        wrong=tuple(f"[{', '.join(f'{v:.4g}' for v in vs)}]" for vs in
                    ((0, x / (1 - p)), (0, x), (x,), (0, x * (1 - p)), (x * (1 - p),), (0, x / p))),
        why="In eval mode nothing is dropped and nothing is scaled."
        if mode == "eval"
        else f"Dropped is 0; what stays is divided by 1 − {p}, so that the mean stays {x}.",
    )  # fmt: skip


def norm_axes(rng: Random) -> Ask:
    """BatchNorm: one mean for each feature; LayerNorm: one for each sample."""
    n, d = rng.sample(range(8, 100), 2)
    name, count, why = rng.choice(
        [
            ("LayerNorm", n, "one for each sample, taken over its features"),
            ("BatchNorm1d", d, "one for each feature, taken over the samples"),
            ("RMSNorm", 0, "none: it divides by the root mean square and subtracts nothing"),
        ]
    )
    return Ask(
        text=f"x is a batch of {n} samples with {d} features, in train mode. How many means does nn.{name}({d}) take?",
        answer=str(count),
        wrong=tuple(map(str, (n, d, n * d, 1, 0))),
        why=f"{name}: {why}.",
    )


def why_layernorm(rng: Random) -> Ask:
    """LayerNorm sees one vector alone."""
    question, right, why, wrong = rng.choice(
        [
            ("Which norm gives a sample the same result whatever else is in the batch?", "LayerNorm",
             "It uses the numbers of that one vector.", ("BatchNorm in train mode", "both", "neither")),
            ("Which norm keeps running averages for eval mode?", "BatchNorm",
             "In use there may be no batch to take a mean of.", ("LayerNorm", "RMSNorm", "all norms")),
            ("Which norm works for a batch of one vector in train mode?", "LayerNorm",
             "BatchNorm would take a variance over one sample: it raises.", ("BatchNorm", "both", "neither")),
            ("Which norm is the same in train and in eval mode?", "LayerNorm",
             "It has nothing to remember.", ("BatchNorm", "both", "neither")),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=right, wrong=wrong, why=why)


def default_linear_std(rng: Random) -> Ask:
    """nn.Linear draws uniformly within ±1/√fan_in: a spread of 1/√(3·fan_in)."""
    n = rng.choice([64, 128, 256, 512, 768, 1024, 3072])
    return Ask(
        text=f"What is the spread of the weights of a new nn.Linear({n}, {n})?",
        answer=f"{(3 * n) ** -0.5:.4f}",
        wrong=(f"{n**-0.5:.4f}", f"{(2 / n) ** 0.5:.4f}", "1.0000", f"{1 / n:.4f}", f"{(6 / n) ** 0.5:.4f}"),
        why=f"Uniform within ±1/√{n}; a uniform draw within ±a has the spread a/√3.",
    )


def xavier_kaiming(rng: Random) -> Ask:
    """Xavier: √(2/(in + out)); Kaiming for ReLU: √(2/in)."""
    n = rng.choice([128, 256, 512, 1024, 2048])
    name, value, why = rng.choice(
        [
            ("xavier_normal_", n**-0.5, f"√(2 / (in + out)) = √(1/{n}): it keeps the size both ways"),
            ("kaiming_normal_", (2 / n) ** 0.5, f"√(2 / in) = √(2/{n}): ReLU loses half of the power, 2 gives it back"),
        ]
    )
    return Ask(
        text=f"w is ({n}, {n}). Which spread does nn.init.{name}(w) give it?",
        answer=f"{value:.4f}",
        wrong=tuple(f"{v:.4f}" for v in (n**-0.5, (2 / n) ** 0.5, (3 * n) ** -0.5, 1 / n, (6 / n) ** 0.5)),
        why=f"{why}.",
    )


def gpt_init_std(rng: Random) -> Ask:
    """GPT-2 starts its weights as normal draws of spread 0.02."""
    n = rng.choice([768, 1024, 1280, 1600])
    return Ask(
        text=f"GPT-2 with width {n}: with which spread do its linear layers and token embeddings start?",
        answer="0.02",
        wrong=("1", f"{n**-0.5:.4f}", f"{(3 * n) ** -0.5:.4f}", "0.2"),
        why=f"0.02 for all widths of GPT-2; 1/√{n} would be {n**-0.5:.4f}. "
        "Projections onto the residual stream are scaled down further.",
    )


def emb_default(rng: Random) -> Ask:
    """nn.Embedding starts as N(0, 1)."""
    v, d = rng.choice([1000, 5000]), rng.choice([64, 256, 768])
    what, value, why = rng.choice(
        [
            (f"nn.Embedding({v}, {d}).weight", "1", "Standard normal draws, whatever the width."),
            (f"nn.LayerNorm({d}).weight", "0", "All ones: the gain starts by doing nothing, so there is no spread."),
            (f"nn.LayerNorm({d}).bias", "0", "All zeros."),
        ]
    )
    return Ask(
        text=f"What is the spread (standard deviation) of a new {what}, to two digits?",
        answer=value,
        wrong=("0", "1", "0.02", f"{d**-0.5:.2g}"),
        why=why,
    )


def act_formulas(rng: Random) -> Ask:
    """ReLU max(x, 0), GELU x·Φ(x), SiLU x·σ(x), sigmoid 1/(1 + e⁻ˣ)."""
    name, formula = rng.choice(
        [("ReLU", "max(x, 0)"), ("GELU", "x · Φ(x)"), ("SiLU", "x · σ(x)"), ("sigmoid", "1 / (1 + exp(−x))")]
    )
    return Ask(
        text=f"Which formula is {name}? (Φ: the normal distribution function, σ: the sigmoid)",
        answer=formula,
        wrong=("max(x, 0)", "x · Φ(x)", "x · σ(x)", "1 / (1 + exp(−x))", "log(1 + exp(x))"),
        why=f"{name}(x) = {formula}. GELU and SiLU look alike; both dip below 0 a little.",
    )


def gelu_where(rng: Random) -> Ask:
    """Which model uses which activation."""
    model, right = rng.choice(
        [("GPT-2", "GELU, by a tanh formula"), ("BERT", "GELU, exact"), ("the first transformer (2017)", "ReLU"),
         ("Llama", "SiLU, in a gated MLP")]
    )  # fmt: skip
    return Ask(
        text=f"Which activation stands in the MLP of {model}?",
        answer=right,
        wrong=("ReLU", "GELU, exact", "GELU, by a tanh formula", "SiLU, in a gated MLP", "tanh"),
        why=f"{model}: {right}. Weights are only right with the activation that they were trained with.",
    )


def mode_switch(rng: Random) -> Ask:
    """Dropout and BatchNorm have two modes."""
    n = rng.randint(3, 9)
    layer, why = rng.choice(
        [
            (f"nn.Linear({n}, {n})", "A linear layer does not look at the mode."),
            (f"nn.LayerNorm({n})", "LayerNorm uses the vector's own numbers in both modes."),
            ("nn.Dropout(0.9)", "In train mode nine tenths are dropped."),
            (f"nn.BatchNorm1d({n})", "In train mode the batch's own mean and variance, in eval mode the running ones."),
            ("nn.GELU()", "An activation does not look at the mode."),
            ("nn.Dropout(0.0)", "With p = 0 nothing is dropped and the scale is 1: the modes agree."),
        ]
    )
    return Ask(
        text="Do the two modes give the same?",
        code=f"layer, x = {layer}, torch.arange({4 * n}.0).view(4, {n})\n"
        "torch.equal(layer.train()(x), layer.eval()(x))",
        wrong=("True", "False", "raises"),
        why=why,
    )


def zero_init_use(rng: Random) -> Ask:
    """Zeros are a fine start for some tensors and a dead one for others."""
    where, right, why = rng.choice(
        [
            ("all weights of every layer", "it cannot learn",
             "All hidden units are alike and send no gradient through zero weights."),
            ("the biases", "a usual start", "The weights make units differ; biases may begin at 0."),
            ("the last projection of each residual branch", "a usual start",
             "Each block begins as the identity; its gradient reaches that projection at once."),
            ("the gain of a LayerNorm in front of a layer", "it blocks at first",
             "Nothing but the shift passes; the layer behind sees the same vector everywhere."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"What is it to start {where} at zero?",
        answer=right,
        wrong=("it cannot learn", "a usual start", "it blocks at first", "an error"),
        why=why,
    )


def bn_needs_batch(rng: Random) -> Ask:
    """BatchNorm in train mode needs more than one value for each channel."""
    b, c = rng.choice([1, 1, 2, 3]), rng.randint(2, 9)
    mode = rng.choice(["train", "train", "eval"])
    layer = rng.choice(["BatchNorm1d", "LayerNorm"])
    fails = b == 1 and mode == "train" and layer == "BatchNorm1d"
    return Ask(
        text="What happens?",
        code=f"norm = nn.{layer}({c}).{mode}()\nnorm(torch.zeros({b}, {c})).shape",
        wrong=("raises", str((b, c)), f"({c},)", f"({b},)"),
        why="A variance over one sample says nothing: BatchNorm refuses in train mode."
        if fails
        else "The shape stays. "
        + ("LayerNorm needs no batch." if layer == "LayerNorm" else "There is enough to go by here."),
    )
