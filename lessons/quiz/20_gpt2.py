"""Questions about GPT-2's parts, sizes and birth: every draw has fresh numbers."""

from math import log, log2, sqrt
from random import Random

from lessons import Ask

COUNT = "V, T, C, L = {V}, {T}, {C}, {L}\nblocks = L * (12 * C * C + 13 * C)\ntotal = V * C + T * C + blocks + 2 * C"


def _sizes(rng: Random) -> dict[str, int]:
    """A GPT-2 of some width and depth."""
    width, depth = rng.choice([(384, 6), (512, 8), (768, 12), (1024, 24), (1280, 36), (1600, 48)])
    return {"V": 50257, "T": 1024, "C": width, "L": depth}


def _total(V: int, T: int, C: int, L: int) -> int:
    return V * C + T * C + L * (12 * C * C + 13 * C) + 2 * C


def census(rng: Random) -> Ask:
    """The token table is a third of the small model, and little of the large."""
    s = _sizes(rng)
    total = _total(**s)
    part, count = rng.choice(
        [
            ("the token table wte", "V * C"),
            ("the MLPs", "L * (8 * C * C + 5 * C)"),
            ("the attention layers", "L * (4 * C * C + 4 * C)"),
        ]
    )
    shares = [
        100 * s["V"] * s["C"] / total,
        100 * s["L"] * 8 * s["C"] ** 2 / total,
        100 * s["L"] * 4 * s["C"] ** 2 / total,
        100 * s["T"] * s["C"] / total,
    ]
    return Ask(
        text=f"A tied GPT-2 of width {s['C']} and depth {s['L']} has {total:,} parameters (V = 50,257, "
        f"T = 1,024). Which share is {part}?",
        hidden=f"{COUNT.format(**s)}\nf'{{100 * ({count}) / total:.0f}} %'",
        wrong=tuple(f"{v:.0f} %" for v in shares),
        why="wte holds V·C, one block 12C² and a little: 4C² in attention, 8C² in the MLP. The table grows "
        "with C, the blocks with C²: the larger the model, the smaller the table's share.",
    )


def shapes(rng: Random) -> Ask:
    """Every position predicts: B·T predictions over V tokens."""
    b, t, c, v = rng.sample(range(2, 12), 4)
    ending, why = rng.choice(
        [
            (".shape", f"Each of the {b}·{t} positions gets {v} logits, one for each token."),
            (".shape[:2].numel()", f"Each of the {b}·{t} = {b * t} positions predicts its next token."),
            (".numel()", f"{b}·{t} positions, each with {v} logits."),
        ]
    )
    return Ask(
        text=f"B, T, C, V = {b}, {t}, {c}, {v}. What is the value?",
        code=f"x = torch.randn({b}, {t}, {c})  # (B, T, C), the stream behind ln_f\n"
        f"lm_head = nn.Linear({c}, {v}, bias=False)\nlm_head(x){ending}",
        wrong=(
            *((str((b, v)), str((b, t, c)), str((b, v, t))) if ending == ".shape" else ()),
            *((str(b), str(b * t), str(b * t * c), str(b * t * v), str(t)) if ending != ".shape" else ()),
        ),
        why=why,
    )


def batch_tokens(rng: Random) -> Ask:
    """Tokens per step: B · T · accumulation · devices."""
    b, t = rng.choice([4, 8, 16, 32, 64]), rng.choice([512, 1024])
    world, accum = rng.choice([1, 2, 4, 8]), rng.choice([2, 4, 8, 16])
    tokens = b * t * accum * world
    if rng.random() < 0.5:
        return Ask(
            text=f"{world} device{'s' * (world > 1)}, each with micro-batches of {b} × {t} tokens, {accum} of "
            "them accumulated. How many tokens does one optimizer step see?",
            hidden=f"f'{{{b} * {t} * {accum} * {world}:,}}'",
            wrong=tuple(f"{n:,}" for n in (b * t, b * t * accum, tokens // t, tokens * 2, b * t * world)),
            why=f"{b} · {t} · {accum} · {world} = {tokens:,}. GPT-2 was trained with 512 · 1,024 = 524,288.",
        )
    return Ask(
        text=f"A step shall see {tokens:,} tokens. {world} device{'s' * (world > 1)}, micro-batches of "
        f"{b} × {t}. How many micro-batches must each device accumulate?",
        hidden=f"{tokens} // ({b} * {t} * {world})",
        wrong=tuple(str(n) for n in (accum * world, accum * 2, accum * b, accum // 2, accum + 1)),
        why=f"{tokens:,} / ({b} · {t} · {world}) = {accum}. The total is what stays the same when devices change.",
    )


def birth_loss(rng: Random) -> Ask:
    """At birth the loss is a little above ln V."""
    V = rng.choice([65, 1000, 4096, 10000, 50257, 50304])
    C = rng.choice([128, 256, 768, 1024, 1600])
    real = log(V) + 0.02**2 * C / 2
    return Ask(
        text=f"A tied GPT with V = {V:,}, width {C} and weights of size 0.02 is asked for the first time. "
        "Which loss do you expect?",
        hidden=f"f'{{math.log({V}) + {C} * 0.02**2 / 2:.2f}}'",
        wrong=tuple(f"{v:.2f}" for v in (log2(V), log(V) / 2, log(V) + C * 0.02 / 2, real + 3)),
        why=f"Guessing evenly costs ln {V:,} = {log(V):.2f}. Logits of size 0.02·√{C} add 0.02²·{C}/2 = "
        f"{0.02**2 * C / 2:.2f}: {real:.2f}. Logged for V = 50,257 and C = 768: 10.986 and 10.936.",
    )


def ten_steps(rng: Random) -> Ask:
    """One batch is learned by heart, fresh batches are not."""
    runs = {
        "the same batch again and again": (10.986, 6.698, 4.540, 2.798, 1.633, 0.910, 0.509, 0.294, 0.184, 0.121),
        "a fresh batch at each step": (10.925, 9.618, 8.597, 8.912, 8.365, 8.140, 8.965, 8.699, 8.105, 7.889),
    }
    which = rng.choice(list(runs))
    first = rng.randint(0, 2)
    shown = ", ".join(f"{v:.2f}" for v in runs[which][first : first + 8])
    return Ask(
        text=f"A 124M model, loss of steps {first + 1} to {first + 8}: {shown}. What was it fed?",
        answer=which,
        wrong=(
            *(r for r in runs if r != which),
            "fresh batches, and no optimizer step",
            "fresh random tokens, none more frequent than another",
        ),
        why="A batch that returns is learned by heart: 10.99 to 0.12 in ten logged steps. Fresh batches fall "
        "to about 8, mostly by learning which tokens are frequent; they jump, since each is another text.",
    )


def tie_saves(rng: Random) -> Ask:
    """A tied head costs nothing."""
    s = _sizes(rng)
    V, C = rng.choice([s["V"], 50304]), s["C"]
    return Ask(
        text=f"V = {V:,}, C = {C}. How many parameters does it save that lm_head is wte?",
        hidden=f"f'{{nn.Linear({C}, {V}, bias=False, device=\"meta\").weight.numel():,}}'",
        wrong=tuple(f"{n:,}" for n in (2 * V * C, V * C + V, 1024 * C, C * C, V * C // 2)),
        why=f"An untied head would be another V × C = {V * C:,}. It has no bias.",
    )


def init_why(rng: Random) -> Ask:
    """Each of 2·n_layer additions makes the stream a little larger."""
    L = rng.choice([4, 6, 8, 12, 18, 24, 36, 48])
    if rng.random() < 0.5:
        return Ask(
            text=f"{L} blocks. With which standard deviation are the layers called c_proj born?",
            hidden=f"0.02 / math.sqrt(2 * {L})",
            wrong=tuple(f"{v:.4g}" for v in (0.02, 0.02 / sqrt(L), 0.02 / (2 * L), 0.02 / L, 1 / sqrt(768))),
            why=f"Each block adds to the stream twice: N = {2 * L} additions, and 0.02/√N keeps their sum small.",
        )
    return Ask(
        text=f"In {L} blocks, attention and MLP each add numbers of size 1 to a stream of zeros, all "
        "independent. About how large is the stream at the end?",
        hidden=f"f'{{math.sqrt(2 * {L}):.1f}}'",
        wrong=tuple(f"{v:.1f}" for v in (sqrt(L), 2 * L, L, 1)),
        why=f"Variances add: {2 * L} additions make variance {2 * L}, size √{2 * L} = {sqrt(2 * L):.1f}.",
    )


def sizes(rng: Random) -> Ask:
    """Four sizes, two numbers: width and depth."""
    C, L = rng.choice([(768, 12), (1024, 24), (1280, 36), (1600, 48)])
    s = {"V": 50257, "T": 1024, "C": C, "L": L}
    return Ask(
        text=f"Width {C}, depth {L}, V = 50,257, 1,024 positions: which GPT-2 is it?",
        hidden=f"{COUNT.format(**s)}\nf'{{total / 1e6:,.0f}} million'",
        wrong=("124 million", "355 million", "774 million", "1,558 million", "175,000 million"),
        why=f"A block has about 12C² = {12 * C * C:,}; {L} of them, and wte with {50257 * C:,}.",
    )


def keys_149(rng: Random) -> Ask:
    """Twelve tensors a block, and five more names."""
    L = rng.choice([4, 6, 8, 12, 24, 36, 48])
    code = (
        "class Block(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.ln_1, self.ln_2 = nn.LayerNorm(8), nn.LayerNorm(8)\n"
        "        self.attn = nn.ModuleDict({'c_attn': nn.Linear(8, 24), 'c_proj': nn.Linear(8, 8)})\n"
        "        self.mlp = nn.ModuleDict({'c_fc': nn.Linear(8, 32), 'c_proj': nn.Linear(32, 8)})\n"
        "model = nn.ModuleDict({'wte': nn.Embedding(9, 8), 'wpe': nn.Embedding(9, 8), 'ln_f': nn.LayerNorm(8),\n"
        f"    'h': nn.ModuleList(Block() for _ in range({L})), 'lm_head': nn.Linear(8, 9, bias=False)}})\n"
        "model['lm_head'].weight = model['wte'].weight\n"
    )
    ask, ending = rng.choice(
        [
            ("How many keys has its state dict", "len(model.state_dict())"),
            ("How many different parameter tensors has it", "len(list(model.parameters()))"),
        ]
    )
    return Ask(
        text=f"A GPT-2 with {L} blocks, biases in all layers but the tied head. {ask}?",
        hidden=code + ending,
        wrong=tuple(str(n) for n in (12 * L + 5, 12 * L + 4, 12 * L, 8 * L + 5, 10 * L + 5, 12 * L + 3)),
        why="Each block has two norms and four layers, a weight and a bias each: 12. Then wte, wpe, two of "
        f"ln_f, and the name lm_head.weight: 12·{L} + 5 = {12 * L + 5} keys. The last is wte once more.",
    )


def conv1d(rng: Random) -> Ask:
    """The released weights are stored [in, out]."""
    C, L = rng.choice([(768, 12), (1024, 24), (1280, 36), (1600, 48)])
    name, n_in, n_out = rng.choice(
        [("attn.c_attn", C, 3 * C), ("mlp.c_fc", C, 4 * C), ("mlp.c_proj", 4 * C, C), ("attn.c_proj", C, C)]
    )
    if name == "attn.c_proj":
        return Ask(
            text=f"You copy released weights of width {C}, and forget to transpose. Which layer takes the "
            "wrong matrix without an error?",
            answer="attn.c_proj",
            wrong=("attn.c_attn", "mlp.c_fc", "mlp.c_proj"),
            why=f"It is square, {C} × {C}: no shape can tell. There are {L} of them; compare outputs, not shapes.",
        )
    return Ask(
        text=f"Width {C}. Which shape has {name}.weight in the released checkpoint?",
        hidden=f"nn.Linear({n_in}, {n_out}, device='meta').weight.T.shape",
        wrong=(str((n_out, n_in)), str((C, C)), str((n_in, n_in)), str((n_out, n_out))),
        why=f"It goes from {n_in} to {n_out} and is stored as [in, out]. nn.Linear keeps [out, in]: transpose.",
    )


def gelu_history(rng: Random) -> Ask:
    """GPT-2's GELU is the tanh form."""
    if rng.random() < 0.35:
        return Ask(
            text="Why does GPT-2 use the tanh form of GELU, and why do we keep it?",
            answer="erf was slow in the TensorFlow of 2018; the weights were trained so",
            wrong=(
                "tanh has larger gradients, so the model learns faster",
                "the exact form overflows for large inputs",
                "the tanh form is the definition, the erf form the approximation",
            ),
            why="It was a shortcut. Today both cost about the same, but released weights expect the tanh form, "
            "and twelve layers of small differences add up.",
        )
    x = rng.choice([-4.0, -3.0, -2.0, -1.5, -0.5, 0.5, 1.5, 2.0, 3.0, 4.0])
    return Ask(
        text="The two forms of GELU are close. How far apart are they here?",
        code=f"x = torch.tensor({x}, dtype=torch.float64)\n"
        f"d = F.gelu(x, approximate='tanh') - F.gelu(x, approximate='none')\nf'{{d.abs().item():.0e}}'",
        wrong=("2e-02", "1e-07", "0e+00", "3e-01", "1e-12"),
        why="At most 4.7e-4 anywhere: invisible in a text, visible in a test that compares with the "
        "released model to six digits.",
    )


def pre_norm(rng: Random) -> Ask:
    """Pre-norm leaves the stream alone: x + f(LN(x))."""
    a, b = rng.sample(range(1, 9), 2)
    kind = rng.choice(["pre", "post", "words"])
    if kind == "words":
        which = rng.choice(["pre-norm, as in GPT-2", "post-norm, as in the first transformer"])
        forms = {"pre-norm, as in GPT-2": "x + f(LN(x))", "post-norm, as in the first transformer": "LN(x + f(x))"}
        return Ask(
            text=f"Which formula is {which}?",
            answer=forms[which],
            wrong=("LN(x) + f(x)", "x + LN(f(x))", *(f for f in forms.values() if f != forms[which])),
            why="In pre-norm nothing stands on the line of x itself; post-norm normalizes that line in every layer.",
        )
    form = "x + f(norm(x))" if kind == "pre" else "norm(x + f(x))"
    return Ask(
        text="At birth c_proj is close to 0. Say it is 0: what does the layer return?",
        code=f"x = torch.tensor([{a}., {b}.])\nnorm = lambda t: F.layer_norm(t, (2,))\nf = lambda t: 0 * t\n"
        f"[round(v, 2) for v in ({form}).tolist()]",
        wrong=(f"[{a}, {b}]", "[1, -1]", "[-1, 1]", "[0, 0]", f"[{a + 1}, {b - 1}]"),
        why="Pre-norm: the identity. The stream passes untouched, forwards and backwards."
        if kind == "pre"
        else "Post-norm normalizes the stream itself: even an empty layer changes it.",
    )


def block_size(rng: Random) -> Ask:
    """Position 1,024 has no row in wpe."""
    rows, c = rng.choice([8, 16, 64, 256, 1024]), rng.choice([4, 6, 12])
    t = rows + rng.choice([-3, -1, 0, 1, 5])
    return Ask(
        text="What comes out?",
        code=f"wpe = nn.Embedding({rows}, {c})  # block_size {rows}\npositions = torch.arange({t})\n"
        "wpe(positions).shape",
        wrong=("raises", str((t, c)), str((rows, c)), str((c, t)), str((min(t, rows) - 1, c))),
        why=f"{t} positions are 0 … {t - 1}; the table has rows 0 … {rows - 1}. "
        + ("They all have one." if t <= rows else "Longer texts must be cropped: there is nothing to look up."),
    )


def nice_names(rng: Random) -> Ask:
    """The names are part of the model."""
    i = rng.randint(0, 11)
    h = f"transformer.h.{i}"
    names = {
        "the token table": "transformer.wte.weight",
        "the table of positions": "transformer.wpe.weight",
        f"what makes q, k and v in block {i}": f"{h}.attn.c_attn.weight",
        f"attention's way back to the stream in block {i}": f"{h}.attn.c_proj.weight",
        f"the widening layer of the MLP in block {i}": f"{h}.mlp.c_fc.weight",
        f"the MLP's way back to the stream in block {i}": f"{h}.mlp.c_proj.weight",
        f"the norm before attention in block {i}": f"{h}.ln_1.weight",
        f"the norm before the MLP in block {i}": f"{h}.ln_2.weight",
        "the last norm": "transformer.ln_f.weight",
    }
    what = rng.choice(list(names))
    others = [n for w, n in names.items() if w != what]
    return Ask(
        text=f"Under which name does a GPT-2 checkpoint keep {what}?",
        answer=names[what],
        wrong=tuple(rng.sample(others, 3)),
        why="w for weights, te and pe for token and position embedding, h for the hidden layers, c for Conv1D, "
        "as its linear layers were called. Equal names let released weights load.",
    )


def last_logits(rng: Random) -> Ask:
    """To write the next token, only the last position's logits are needed."""
    b, t, c, v = rng.sample(range(2, 12), 4)
    index, why = rng.choice(
        [
            ("[:, -1]", f"An index takes the dimension away: one row of {v} logits for each of {b} texts."),
            ("[:, -1:]", f"A slice keeps the dimension, with size 1: ({b}, 1, {v})."),
            ("", f"All {t} positions: right for training, {t} times the work for writing one token."),
        ]
    )
    return Ask(
        text="What is the shape of the logits?",
        code=f"x = torch.randn({b}, {t}, {c})  # (B, T, C)\nlm_head = nn.Linear({c}, {v}, bias=False)\n"
        f"lm_head(x{index}).shape",
        wrong=(str((b, v)), str((b, 1, v)), str((b, t, v)), str((t, v)), str((b, c))),
        why=why + " The earlier positions only repeat what is already written.",
    )
