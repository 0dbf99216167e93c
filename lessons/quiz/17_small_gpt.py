"""Quiz deck of lesson 17: the residual stream, norms, positions, counts, and what a small GPT can be asked."""

from math import exp
from random import Random

from lessons import Ask


def pre_post(rng: Random) -> Ask:
    """Pre-norm is x + f(ln(x)), post-norm is ln(x + f(x))."""
    a, b = rng.sample(range(1, 10), 2)
    kind = rng.choice(["pre", "post", "why"])
    if kind == "why":
        question, right, wrong, why = rng.choice(
            [
                ("Why do deep pre-norm models train without a careful warm-up?",
                 "nothing stands on the stream: gradients pass along it whole",
                 ("the norm removes large gradients", "they have fewer parameters", "their last norm scales the loss"),
                 "x + f(ln(x)): the derivative of the sum with respect to x is 1 plus what the branch adds."),
                ("Why has post-norm, once it trains, often ended slightly better?",
                 "late branches are not drowned by a stream that has grown",
                 ("it has more norms to learn", "its gradients are larger", "it needs no positions"),
                 "In pre-norm the stream grows from step to step, and a late branch of size 1 changes it little."),
            ]
        )  # fmt: skip
        return Ask(text=question, answer=right, wrong=wrong, why=why)
    form = "x + f(ln(x))" if kind == "pre" else "ln(x + f(x))"
    return Ask(
        text=f"{kind}-norm: what comes out?",
        code=f"x = torch.tensor([{a}., {b}.])\nln = lambda t: F.layer_norm(t, (2,))\nf = lambda t: 10 * t\n"
        f"[round(v, 1) for v in ({form}).tolist()]",
        wrong=tuple(
            f"[{pair[0]:g}, {pair[1]:g}]"
            for s in [1.0 if a > b else -1.0]
            for pair in ((s, -s), (a + 10 * s, b - 10 * s), (11.0 * a, 11.0 * b), (11 * s, -11 * s), (a + s, b - s))
        ),
        why="The norm makes [1, −1] or [−1, 1] of any two numbers. Pre: of what f reads; x itself stays as it is."
        if kind == "pre"
        else "The norm makes [1, −1] or [−1, 1] of any two numbers. Post: of the whole sum, stream included.",
    )


def mixer_vs_map(rng: Random) -> Ask:
    """Attention mixes across tokens, the MLP works on each alone."""
    t = rng.randint(4, 7)
    i = rng.randint(0, t - 1)
    kind = rng.choice(["mlp", "causal attention", "attention without a mask"])
    layer = {
        "mlp": "f = nn.Sequential(nn.Linear(4, 16), nn.GELU(), nn.Linear(16, 4))",
        "causal attention": "f = lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True)",
        "attention without a mask": "f = lambda x: F.scaled_dot_product_attention(x, x, x)",
    }[kind]
    found = {"mlp": [i], "causal attention": list(range(i, t)), "attention without a mask": list(range(t))}
    return Ask(
        text=f"Token {i} of {t} changes. At which places does the output of this branch change?",
        code=f"{layer}\nx = torch.randn(1, {t}, 4)\nother = x.clone()\nother[:, {i}] += 1\n"
        "moved = (f(x) - f(other)).abs().amax((0, 2)) > 1e-6\nmoved.nonzero().flatten().tolist()",
        wrong=tuple(map(str, (*found.values(), list(range(i + 1)), list(range(i + 1, t))))),
        why={
            "mlp": "The MLP is the same little net for every token, and sees one at a time: it maps.",
            "causal attention": "Attention mixes: a token is heard by itself and by all that come after it.",
            "attention without a mask": "Attention mixes: without a mask everybody hears everybody.",
        }[kind],
    )


def minigpt_272256(rng: Random) -> Ask:
    """Two tables, the blocks, a last norm; the head is free."""
    V, C, L, T = rng.choice([(1000, 64, 4, 128), (500, 64, 2, 64), (1000, 32, 6, 128), (2000, 64, 3, 256)])
    block = 4 * C * C + 4 * C + 8 * C * C + 5 * C + 4 * C
    total = V * C + T * C + L * block + 2 * C
    return Ask(
        text=f"A small GPT: V = {V:,}, width {C}, MLP {4 * C}, {L} blocks, {T} places, biases everywhere but in the "
        "tied head. How many parameters?",
        hidden=f"layer = nn.TransformerEncoderLayer({C}, 4, {4 * C})\n"
        "block = sum(p.numel() for p in layer.parameters())\n"
        f"f'{{{V} * {C} + {T} * {C} + {L} * block + 2 * {C}:,}}'",
        wrong=tuple(
            f"{n:,}" for n in (total + V * C, total + V, total - T * C, total - 2 * C, V * C + T * C + L * 12 * C * C)
        ),
        why=f"Tables {V * C:,} and {T * C:,}; a block 12·C² + 13·C = {block:,}, times {L}; the last norm {2 * C}. An "
        f"untied head would be {V * C:,} more. With 1000, 64, 4 blocks and 128 places it is 272,256.",
    )


def tied_2822912(rng: Random) -> Ask:
    """A tied head adds a name, no parameters."""
    V, C, h = rng.choice(
        [(10000, 256, 512), (10000, 256, 512), (5000, 128, 512), (8000, 256, 1024), (20000, 512, 1024)]
    )
    tied = rng.random() < 0.6
    body = 2 * C * h + h + C
    line = "model.head.weight = model.table.weight\n" if tied else ""
    return Ask(
        text="How many parameters does parameters() count?",
        code="model = nn.Module()\n"
        f"model.table = nn.Embedding({V}, {C})\n"
        f"model.fc_in, model.fc_out = nn.Linear({C}, {h}), nn.Linear({h}, {C})\n"
        f"model.head = nn.Linear({C}, {V}, bias=False)\n"
        f"{line}f'{{sum(p.numel() for p in model.parameters()):,}}'",
        wrong=tuple(
            f"{n:,}" for n in (V * C + body, 2 * V * C + body, V * C + body - h - C, body, 2 * V * C, V * C + body + V)
        ),
        why=(
            f"The tied matrix of {V * C:,} has two names and is counted once: "
            if tied
            else f"Nothing ties the two matrices of {V * C:,} here: "
        )
        + f"with the MLP's {body:,} it makes {(2 - tied) * V * C + body:,}. 10,000, 256, 512, tied: 2,822,912.",
    )


def sinusoid(rng: Random) -> Ask:
    """Sine and cosine of the place, at falling rates; a shift is a turn."""
    kind = rng.choice(["values", "values", "why"])
    if kind == "why":
        k = rng.randint(2, 20)
        return Ask(
            text=f"Why can a linear layer find the place {k} further on in sinusoidal positions?",
            answer=f"a step of {k} turns each sine-cosine pair by a fixed angle",
            wrong=(
                f"the waves repeat after {k} places",
                "sine and cosine are linear near 0",
                "the table was trained for it",
            ),
            why="sin and cos of (t + k)·rate are a rotation of those of t·rate, by k·rate: one matrix for every t.",
        )
    c = rng.choice([4, 6, 8])
    i, t = rng.randrange(c), rng.choice([0, 0, 1, 2, 3])
    rate = 10_000 ** (-2 * (i // 2) / c)
    part = "sin" if i % 2 == 0 else "cos"
    return Ask(
        text=f"Sinusoidal positions of width {c}, pairs of sine and cosine at rates 10000^(−2j/{c}). What is entry "
        f"{i} of place {t}?",
        hidden=f"math.{part}({t} * {rate!r})",
        wrong=("0", "1", f"{1 - rate:.4g}", "0.5", "-1", f"{exp(-t - 0.5):.4g}"),
        why=f"Entry {i} is the {'sine' if part == 'sin' else 'cosine'} of pair {i // 2}, with rate {rate:.3g}: "
        f"{part}({t} · {rate:.3g}). At place 0 all sines are 0, all cosines 1.",
    )


def learned_pos(rng: Random) -> Ask:
    """One row for each place: T_max · C parameters, and no row beyond."""
    T, C = rng.choice([(1024, 768), (512, 768), (1024, 1024), (2048, 512), (256, 384)])
    return Ask(
        text=f"Learned positions for {T:,} places, width {C}. How many parameters?",
        hidden=f"f'{{nn.Embedding({T}, {C}, device=\"meta\").weight.numel():,}}'",
        wrong=tuple(f"{n:,}" for n in (T, C, T + C, T * C * 2, T * T, C * C, T * C + C)),
        why=f"A table of {T:,} rows of {C}. In GPT-2 it is 1,024 × 768 = 786,432, less than 1 % of the model. A longer "
        "text finds no row: it must be cropped.",
    )


def residual_clean(rng: Random) -> Ask:
    """What is on the stream stays; branches only add."""
    L = rng.choice([2, 4, 6, 8, 12])
    x = rng.randint(2, 9)
    per = rng.choice([1, 2])
    return Ask(
        text=f"{L} blocks of two branches each; every branch answers {per}, whatever it reads. What comes out for {x}?",
        code=f"y = torch.tensor({x}.)\nfor _ in range({L}):\n"
        f"    y = y + {per}  # attention\n    y = y + {per}  # MLP\ny.item()",
        wrong=tuple(
            f"{float(n):g}" for n in (x + L * per, per, 2 * L * per, x, x + 2 * per, x * 2 * L, x + 4 * L * per)
        ),
        why=f"Nothing on the stream is replaced: {x} + {2 * L} · {per} = {x + 2 * L * per}. And its derivative with "
        "respect to the input is exactly 1.",
    )


def ffn_4x(rng: Random) -> Ask:
    """The MLP is four times as wide, and has two thirds of the block."""
    C = rng.choice([64, 128, 256, 384, 768])
    kind = rng.choice(["count", "share"])
    if kind == "share":
        return Ask(
            text=f"Width {C}, MLP {4 * C}. Which share of a block's weight matrices lies in the MLP?",
            hidden=f"f'{{8 * {C}**2 / (12 * {C}**2):.0%}}'",
            wrong=("50%", "33%", "80%", "25%"),
            fixed="the share does not depend on the width",
            why="Attention: four matrices C × C. MLP: two of 4·C × C, which is 8·C². 8 of 12 is two thirds.",
        )
    return Ask(
        text=f"The MLP of a block of width {C}, four times as wide inside, with biases: how many parameters?",
        hidden=f"mlp = nn.Sequential(nn.Linear({C}, {4 * C}), nn.Linear({4 * C}, {C}))\n"
        "f'{sum(p.numel() for p in mlp.parameters()):,}'",
        wrong=tuple(
            f"{n:,}" for n in (8 * C * C, 4 * C * C + 4 * C, 16 * C * C + 8 * C, 12 * C * C, 8 * C * C + 8 * C)
        ),
        why=f"C → 4C: {4 * C * C:,} + {4 * C:,}. Back: {4 * C * C:,} + {C:,}.",
    )


def dropout_where(rng: Random) -> Ask:
    """On the tables' sum, on branches, on attention weights; not on the stream."""
    p = rng.choice([0.1, 0.2, 0.5])
    places = {
        "on the sum of token and position vectors": True,
        "on what a branch is about to add": True,
        "on the attention weights, after the softmax": True,
        "on the stream itself, between two blocks": False,
        "on the scores, in place of the causal mask": False,
        "on the logits, in front of the loss": False,
    }
    wanted = rng.random() < 0.5
    right = rng.choice([name for name, usual in places.items() if usual == wanted])
    wrong = [name for name, usual in places.items() if usual != wanted]
    return Ask(
        text=f"Dropout {p} in a GPT: which of these is {'a usual' if wanted else 'NOT a usual'} place for it?",
        answer=right,
        wrong=tuple(rng.sample(wrong, 3)),
        why="Three usual places: the tables' sum, what each branch adds, the attention weights. What is erased on the "
        "stream is lost for all later blocks; and logits are the answer itself.",
    )


def crop(rng: Random) -> Ask:
    """The model sees the last block_size tokens; the text keeps all."""
    block, n = rng.randint(3, 6), rng.randint(7, 12)
    how = rng.choice(["[:, -block:]", "[:, :block]", "[:, -block:][:, -1:]"])
    start = rng.randint(1, 40)
    seen = list(range(start, start + n))
    return Ask(
        text=f"block_size is {block}. What does the model get to see?",
        code=f"block = {block}\nidx = torch.arange({start}, {start + n})[None]  # {n} tokens\nidx{how}[0].tolist()",
        wrong=tuple(map(str, (seen[-block:], seen[:block], seen[-1:], seen, seen[-block + 1 :], seen[:-block]))),
        why={
            "[:, -block:]": "The last tokens: right before the one that is to come. The text itself keeps them all.",
            "[:, :block]": "The first tokens, again and again: a mistake, the next token comes behind the last ones.",
            "[:, -block:][:, -1:]": "One token alone: the model would forget all that came before it.",
        }[how],
    )


def char_val(rng: Random) -> Ask:
    """Typical losses on 1.1 MB of plays, letter by letter."""
    runs = {
        "it counts pairs of letters (a bigram model)": "2.48",
        "a GPT of 208 thousand parameters, 1,475 steps of 32 × 64": "1.88",
        "it guesses evenly among 65 letters": "4.17",
    }
    what = rng.choice(list(runs))
    if rng.random() < 0.4:
        return Ask(
            text="Validation loss per letter falls from 2.48 to 1.88. From how many equally likely letters to how many "
            "does the model choose, so to speak?",
            answer=f"from {exp(2.48):.1f} to {exp(1.88):.1f}",
            wrong=("from 2.5 to 1.9", f"from {2**2.48:.1f} to {2**1.88:.1f}", "from 65 to 27"),
            why="exp of the loss in nats is the perplexity: 11.9 and 6.6 letters.",
        )
    return Ask(
        text=f"1.1 MB of plays, 65 letters, validation loss in nats. Which number is typical if {what}?",
        answer=runs[what],
        wrong=(*(v for v in runs.values() if v != runs[what]), "0.35", "6.02"),
        why="Even guessing costs ln 65 = 4.17; pairs 2.48; the small GPT, with a context of 64 letters, 1.88.",
    )


def mps_timing(rng: Random) -> Ask:
    """2.80 s claimed, 6.48 s logged: warm up, synchronize, then measure."""
    what, right, why = rng.choice(
        [
            ("A note claims 2.80 s for 20 steps on a GPU and 13.35 s on a CPU; its own log says 6.48 s for the GPU. "
             "What is the likely cause?", "the first steps were timed with it: the log holds the warm-up",
             "First calls allocate memory and compile kernels. Run a few steps before the clock starts."),
            (f"A loop of {rng.choice([20, 50, 100])} steps on a GPU is done after 3 ms, says the clock. What happened?",
             "the work was queued, not done: nobody waited for it",
             "Kernels run behind the program's back. Synchronize before every reading of the clock."),
            (f"Two logs of one run say {rng.uniform(2, 4):.2f} s and {rng.uniform(5, 8):.2f} s. Which do you report?",
             "neither: warm up, synchronize, take the median of several",
             "A single number hides warm-up, other work on the machine, and a clock that did not wait."),
        ]
    )  # fmt: skip
    return Ask(
        text=what,
        answer=right,
        wrong=(
            "the model was in eval mode",
            "the smaller one: machines only ever add time",
            "the batch was too large for the memory",
            "float32 is slower on a GPU than on a CPU",
        ),
        why=why,
    )


def ex4_ablate(rng: Random) -> Ask:
    """A fair test of one feature: all else equal, several seeds."""
    n = rng.choice([3, 4, 5])
    a = [round(rng.uniform(1.84, 1.94), 2) for _ in range(n)]
    b = [round(v + rng.choice([0.12, 0.15, -0.12, -0.15, 0.01, -0.01]), 2) for v in a]
    if rng.random() < 0.5:
        return Ask(
            text=f"Losses of {n} seeds, without a feature and with it. What is the mean gain?",
            code=f"without = torch.tensor({a})\nwith_it = torch.tensor({b})\n"
            "round((without.mean() - with_it.mean()).item(), 3)",
            wrong=tuple(
                f"{v:.4g}"
                for v in (
                    sum(b) / n - sum(a) / n + 0.001,
                    min(a) - min(b) + 0.002,
                    a[0] - b[0] + 0.003,
                    sum(a) - sum(b) + 0.5,
                )
            ),
            why="The mean over seeds, not the best of each: that is luck. Then ask how much seeds alone differ.",
        )
    flaw, fix = rng.choice(
        [
            ("the feature adds 10 % parameters", "make the old model 10 % larger too"),
            ("the new run got a tuned rate, the old one the rate of last year", "tune the rate for both alike"),
            ("each was run once", "run both with several seeds"),
            ("the new run took more steps until it was stopped", "give both the same number of steps"),
        ]
    )
    return Ask(
        text=f"A feature seems to help by 0.02. In the test {flaw}. What makes it fair?",
        answer=fix,
        wrong=tuple(
            s
            for s in (
                "make the old model 10 % larger too",
                "tune the rate for both alike",
                "run both with several seeds",
                "give both the same number of steps",
            )
            if s != fix
        ),
        why="One thing at a time: data, steps, parameters and care equal in both runs, and more than one seed.",
    )


def chatgpt_stage(rng: Random) -> Ask:
    """Pretraining alone gives a model that continues text."""
    stages = {
        "pretraining alone": "it continues text, and may answer a question with more questions",
        "finetuning on questions and answers": "it answers in the form that it was shown",
        "training on people's preferences": "it leans to answers that people liked better",
    }
    stage = rng.choice(list(stages))
    return Ask(
        text=f"What does a language model do after {stage}?",
        answer=stages[stage],
        wrong=(*(v for v in stages.values() if v != stages[stage]), "it looks facts up while it writes"),
        why="First the whole text of the web, one next token after the other; then answers; then preferences. Each "
        "step is far smaller than the one before, and none of them looks anything up.",
    )


def copilot(rng: Random) -> Ask:
    """A code assistant is a language model: what it writes is likely, not checked."""
    case, right, why = rng.choice(
        [
            ("An assistant completes your attention, without a mask. The loss is wonderful. What do you do first?",
             "change a later token, and see whether earlier outputs move",
             "A wonderful loss is a symptom. A test of one property tells in a second."),
            ("An assistant's block has the two norm formulas swapped. How could that happen?",
             "it writes what is likely after such text, and such text is often wrong",
             "It is a next-token model, trained on code as it is, mistakes included."),
            ("An assistant wrote the function, and the checks pass. What is still yours?",
             "to say why each line is there, and what no check looks at",
             "You answer for the code; tests see what they were written for."),
        ]
    )  # fmt: skip
    return Ask(
        text=case,
        answer=right,
        wrong=(
            "ask it whether it is sure",
            "train longer: time will show",
            "it ran the code and misread the result",
            "nothing: it has been trained on better code than yours",
        ),
        why=why,
    )
