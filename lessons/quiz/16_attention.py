"""Quiz deck of lesson 16: queries, keys and values, masks, heads, and what attention costs."""

from random import Random

from lessons import Ask


def n_squared(rng: Random) -> Ask:
    """The scores of one layer: B · n · T · T numbers."""
    b, n, t = rng.choice([4, 8, 16, 32]), rng.choice([8, 12, 16]), rng.choice([512, 1024, 2048])
    size, name = rng.choice([(4, "float32"), (2, "bfloat16")])
    megabytes = b * n * t * t * size / 1e6
    return Ask(
        text=f"Plain attention writes its scores to memory. Batch {b}, {n} heads, T = {t:,}, {name}: how many MB "
        "(millions of bytes) are the scores of one layer?",
        hidden=f"round({b} * {n} * {t} * {t} * {size} / 1e6)",
        wrong=(
            f"{b * t * t * size / 1e6:.0f}",
            f"{b * n * t * 64 * size / 1e6:.0f}",
            f"{megabytes / 2:.0f}",
            f"{megabytes * 2:.0f}",
            f"{n * t * t * size / 1e6:.0f}",
        ),
        why=f"B·n·T·T·{size} bytes = {megabytes:.0f} MB: a table T × T for each head of each sequence. Twice the "
        "length is four times the memory, and four times the arithmetic of [T, h] @ [h, T].",
    )


def scale_why(rng: Random) -> Ask:
    """A sum of d products of unit spread has the spread √d."""
    d = rng.choice([16, 25, 36, 49, 64, 81, 100, 144, 256])
    sigma = rng.choice([1, 2, 3])
    spread = sigma * d**0.5
    scaled = rng.random() < 0.5
    answer = sigma if scaled else spread
    return Ask(
        text=f"The {d} entries of q are independent, with mean 0 and standard deviation {sigma}; those of k likewise, "
        f"with 1. What is the standard deviation of {'q · k / √d' if scaled else 'q · k'}?",
        hidden=f"round({sigma} * {d} ** 0.5{f' / {d} ** 0.5' if scaled else ''})",
        wrong=tuple(
            f"{v:g}" for v in (sigma, spread, sigma * d, sigma**2 * d, sigma / 4, 2 * spread, sigma + 1) if v != answer
        ),
        why=f"Variances add: {d} products of variance {sigma**2} have {sigma**2 * d}, a deviation of {spread:g}. "
        "Divided by √d it no longer depends on d, and the softmax does not freeze on one key.",
    )


def mask_before(rng: Random) -> Ask:
    """Only before the softmax does the mask leave rows that sum to 1."""
    t = rng.randint(3, 6)
    row = rng.randint(0, t - 2)
    before = rng.random() < 0.5
    line = (
        "w = scores.masked_fill(~allowed, float('-inf')).softmax(-1)"
        if before
        else "w = scores.softmax(-1) * allowed  # masked afterwards"
    )
    return Ask(
        text="All scores are equal. What does the row sum to?",
        code=f"scores = torch.zeros({t}, {t})\nallowed = torch.ones({t}, {t}, dtype=torch.bool).tril()\n"
        f"{line}\nround(w[{row}].sum().item(), 2)",
        wrong=(f"{(row + 1) / t:.4g}", "0.0", f"{1 / t:.2g}", "nan", f"{float(t)}", f"{1 - (row + 1) / t:.2g}"),
        why="−inf becomes a weight of exactly 0, and the rest is normalized among itself: the sum is 1."
        if before
        else f"The softmax had shared its 1 among all {t} keys; striking out {t - row - 1} of them leaves "
        f"{row + 1}/{t}. And what is left still depends on scores of the future.",
    )


def qkv_roles(rng: Random) -> Ask:
    """Queries give rows, keys give columns, values give the width."""
    b = rng.randint(1, 4)
    tq, tk, d, e = rng.sample([3, 5, 6, 7, 9, 10, 12], 4)
    out = rng.random() < 0.5
    return Ask(
        text=f"What is the shape of {'the result' if out else 'the weights'}?",
        code=f"q = torch.randn({b}, {tq}, {d})\nk = torch.randn({b}, {tk}, {d})\nv = torch.randn({b}, {tk}, {e})\n"
        f"w = (q @ k.mT / {d}**0.5).softmax(-1)\nlist(({'w @ v' if out else 'w'}).shape)",
        wrong=(
            f"[{b}, {tq}, {e}]",
            f"[{b}, {tq}, {tk}]",
            f"[{b}, {tk}, {tq}]",
            f"[{b}, {tq}, {d}]",
            f"[{b}, {tk}, {e}]",
        ),
        why=f"One row for each of the {tq} queries, one weight for each of the {tk} keys; the values decide what is "
        f"told, and so the width, {e}. q and k must agree in d only, k and v in number only.",
    )


def self_cross_enc(rng: Random) -> Ask:
    """What the queries and the keys are made of, and whether there is a mask."""
    s, t = rng.sample(range(5, 30), 2)
    kinds = (
        (f"the {t} tokens of a text being written, each of which may look back only", "causal self-attention"),
        (f"the {s} tokens of a sentence that is given, all of which may look at all", "encoder self-attention"),
        (f"{t} tokens of a translation; its keys and values, of the {s} tokens of the source", "cross-attention"),
    )
    what, answer = rng.choice(kinds)
    shape = f"{s} × {s}" if "encoder" in answer else f"{t} × {s}" if "cross" in answer else f"{t} × {t}"
    return Ask(
        text=f"A layer's queries are made of {what}. What is it called, and which shape have the scores of a head?",
        answer=f"{answer}, {shape}",
        wrong=(
            f"causal self-attention, {t} × {t}",
            f"encoder self-attention, {s} × {s}",
            f"cross-attention, {t} × {s}",
            f"cross-attention, {s} × {t}",
            f"encoder self-attention, {t} × {s}",
            f"causal self-attention, {s} × {t}",
        ),
        why="Self: q, k and v come from the same tokens. Cross: the queries come from one text, keys and values from "
        "another. Causal or not is a question of the mask. Rows are queries, columns are keys.",
    )


def no_order(rng: Random) -> Ask:
    """Shuffled tokens give shuffled answers, unless a mask or positions differ."""
    t = rng.randint(5, 9)
    order = list(range(t))
    while order == sorted(order):
        rng.shuffle(order)
    causal = rng.random() < 0.5
    return Ask(
        text="The tokens are shuffled. Are the answers the same, shuffled alike?",
        code="import torch.nn.functional as F\n"
        f"x, order = torch.randn(1, {t}, 8), {order}\n"
        f"plain = F.scaled_dot_product_attention(x, x, x, is_causal={causal})\n"
        f"s = x[:, order]\nmoved = F.scaled_dot_product_attention(s, s, s, is_causal={causal})\n"
        "torch.allclose(moved, plain[:, order], atol=1e-5)",
        wrong=("True", "False", "raises"),
        why="A causal mask is a rule about places: whoever stands earlier sees less. So order matters a little, even "
        "without positions."
        if causal
        else "A weighted mean does not ask where its parts stood. That is why models add positions to their inputs.",
    )


def row_sum(rng: Random) -> Ask:
    """A result is a mean of the values: values of ones give ones."""
    tq, tk, c = rng.randint(2, 5), rng.randint(3, 7), rng.choice([0.5, 1.0, 2.0, 3.0, 4.0, 5.0])
    what, answer, why = rng.choice(
        [
            (
                "(w @ v).mean().item()",
                c,
                f"Each row of w sums to 1, so each result is a mean of values, and all of them are {c:g}.",
            ),
            (
                "w.sum().item()",
                tq,
                f"{tq} rows, one for each query, and each sums to 1. The columns may sum to anything.",
            ),
            ("w.sum(-1).prod().item()", 1, "Every row of weights sums to 1, and so the product is 1."),
        ]
    )
    return Ask(
        text="What comes out?",
        code=f"q, k = torch.randn({tq}, 4), torch.randn({tk}, 4)\nv = torch.full(({tk}, 3), {c})\n"
        f"w = (q @ k.T / 2).softmax(-1)\nround({what}, 2)",
        wrong=tuple(f"{n:.4g}" for n in (c, tq, tk, 1, c * tk, tq * tk, 3 * c) if n != answer),
        why=why,
    )


def decoder_only(rng: Random) -> Ask:
    """Who sees whom in the three families, and which model belongs to which."""
    t, s = rng.randint(4, 9), rng.randint(3, 8)
    family, pairs, model, why = rng.choice(
        [
            (
                "decoder-only",
                f"{t} * ({t} + 1) // 2",
                f"GPT-2 reads {t} tokens",
                "A triangle with its diagonal: each token is a training example for the next one, and one stack does "
                "it all.",
            ),
            (
                "encoder-only",
                f"{t} * {t}",
                f"BERT reads {t} tokens",
                "An encoder sees both ways. Good for judging a text, useless for writing one: it would see the answer.",
            ),
            (
                "encoder-decoder's cross",
                f"{t} * {s}",
                f"T5 has read {s} tokens of a question and written {t} tokens of its answer",
                "Each token of the answer may look at all of the question; within the answer, the mask is causal.",
            ),
        ]
    )
    return Ask(
        text=f"{model}. How many pairs (query, key) does one head of {family} attention allow?",
        hidden=pairs,
        wrong=tuple(str(n) for n in {t * (t + 1) // 2, t * (t - 1) // 2, t * t, t * s, s * s, t * (t + 1)}),
        why=why,
    )


def mha_params(rng: Random) -> Ask:
    """Four layers C → C; the heads only cut."""
    c, n = rng.choice([(768, 12), (1024, 16), (256, 4), (512, 8), (128, 4), (64, 8), (384, 6)])
    bias = rng.random() < 0.5
    total = 4 * c * c + (4 * c if bias else 0)
    return Ask(
        text=f"Multi-head attention, width {c}, {n} heads, {'with' if bias else 'without'} biases: how many numbers?",
        hidden=f"from torch import nn\nm = nn.MultiheadAttention({c}, {n}, bias={bias})\n"
        "f'{sum(p.numel() for p in m.parameters()):,}'",
        wrong=tuple(
            f"{v:,}"
            for v in (3 * c * c, 4 * c * c, 4 * c * c + 4 * c, 3 * c * c + 3 * c, 4 * c * c * n, 4 * c * c + 3 * c)
            if v != total
        ),
        why=f"W_q, W_k, W_v and the output layer, C × C each{', and a bias of C each' if bias else ''}: {total:,}. "
        f"The number of heads is not in it: {n} heads of {c // n} channels are a way to cut {c}.",
    )


def flex(rng: Random) -> Ask:
    """FlexAttention: mask_mod says who may, score_mod changes how much."""
    w, p, i = rng.randint(2, 6), rng.randint(2, 6), rng.randint(8, 15)
    k = rng.randint(0, i)
    rule, code, answer, why = rng.choice(
        [
            (
                f"a causal window of the last {w} tokens, itself included",
                f"q >= k and q - k < {w}",
                "mask_mod",
                "A rule with the answer yes or no. It also tells the kernel which tiles to leave out altogether.",
            ),
            (
                f"a prefix of {p} tokens that all may see, causal after it",
                f"q >= k or k < {p}",
                "mask_mod",
                "A rule about two positions, yes or no. The compiled kernel leaves out tiles where it is never true.",
            ),
            (
                f"a penalty of {1 / p:.2f} for each token of distance (ALiBi)",
                f"score - {1 / p:.2f} * (q - k)",
                "score_mod",
                "A number is changed; nobody is shut out. score_mod gets the score and its indices, returns another.",
            ),
            (
                f"scores squeezed between −{10 * p} and {10 * p} (soft-capping, as in Gemma 2)",
                f"{10 * p} * tanh(score / {10 * p})",
                "score_mod",
                "It changes how much, not who may: a function of the score. The kernel applies it before the softmax.",
            ),
        ]
    )
    yes = {f"q >= k and q - k < {w}": i - k < w, f"q >= k or k < {p}": True}.get(code)
    more = f" And may query {i} see key {k}?" if yes is not None else " And may it shut a key out altogether?"
    verdict = ("yes" if yes else "no") if yes is not None else "no"
    return Ask(
        text=f"In FlexAttention you want {rule}: `{code}`. Into which function does it go?{more}",
        answer=f"{answer}; {verdict}",
        wrong=("mask_mod; yes", "mask_mod; no", "score_mod; no", "score_mod; yes"),
        why=why,
    )


def flash_window_linear(rng: Random) -> Ask:
    """Three ways around T²: tiles, fewer pairs, another sum."""
    t, w = rng.choice([4096, 8192, 16384, 32768]), rng.choice([256, 512, 1024])
    k = rng.choice([2, 4])
    way, factor, why = rng.choice(
        [
            (
                "FlashAttention (tiles, the scores are never written): by how much does its arithmetic grow",
                k * k,
                "Every pair is still multiplied, so the arithmetic is T². What no longer grows as T² is the memory: "
                "the scores live in a tile on the chip.",
            ),
            (
                "FlashAttention (tiles, the scores are never written): by how much does the memory it keeps grow",
                k,
                "It keeps the results and one number for each row; the T × T scores are made again in the backward.",
            ),
            (
                f"a window of {w} tokens: by how much does the number of pairs grow (nearly)",
                k,
                f"Each token looks at {w} others, however long the text: T·w pairs.",
            ),
            (
                "linear attention (φ(q)·(φ(k)ᵀv), no softmax): by how much does its arithmetic grow",
                k,
                "φ(k)ᵀv is a table h × h that sums up the past; T × T never exists. The price: no softmax, so no "
                "sharp look at one token.",
            ),
        ]
    )
    return Ask(
        text=f"A text grows from {t:,} to {k * t:,} tokens. With {way}?",
        answer=f"{factor} times",
        wrong=(*(f"{v} times" for v in (k, k * k, 2 * k + 1, 8 * k) if v != factor), "not at all"),
        why=why,
    )


def communication(rng: Random) -> Ask:
    """Attention mixes tokens; linear layers and norms work on each alone."""
    t = rng.randint(5, 9)
    i = rng.randint(1, t - 2)
    name, layer, count, why = rng.choice(
        [
            (
                "a linear layer",
                "nn.Linear(4, 4)",
                1,
                "A linear layer treats every token by itself: a map, not a mixture.",
            ),
            ("LayerNorm", "nn.LayerNorm(4)", 1, "Its mean is taken over the channels of one token, nobody else's."),
            (
                "attention without a mask",
                "lambda x: F.scaled_dot_product_attention(x, x, x)",
                t,
                "All may look at all. In a block, attention is the only part where tokens speak with each other.",
            ),
            (
                "causal attention",
                "lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True)",
                t - i,
                f"Token {i} is heard by itself and by the {t - i - 1} after it.",
            ),
        ]
    )
    return Ask(
        text=f"Token {i} of {t} (counted from 0) is changed. After {name}: how many tokens' results change?",
        hidden="import torch.nn.functional as F\nfrom torch import nn\n"
        f"f, x = {layer}, torch.randn(1, {t}, 4, dtype=torch.float64)\n"
        "f = f.double() if isinstance(f, nn.Module) else f\n"
        f"y = x.clone()\ny[:, {i}] += torch.tensor([1.0, -0.5, 2.0, 0.3], dtype=torch.float64)\n"
        "((f(x) - f(y)).abs().amax(-1) > 1e-12).sum().item()",
        wrong=tuple(str(n) for n in {1, t, t - i, i + 1, i, t - 1} if n != count),
        why=why,
    )


def head_size(rng: Random) -> Ask:
    """Channels are cut, not copied."""
    h, n = rng.choice([32, 64, 128]), rng.choice([4, 6, 8, 12, 16])
    c, b, t = h * n, rng.randint(1, 4), rng.choice([16, 64, 256])
    ask, code, wrong = rng.choice(
        [
            ("the size of a head", f"{c} // {n}", (c, n, h * 2, h // 2, c * n)),
            ("the divisor of the scores, squared", f"round((({c} // {n}) ** 0.5) ** 2)", (c, n, h * 2, t, h // 2)),
            ("the number of scores of one sequence", f"{n} * {t} * {t}", (t * t, n * t * h, n * t, h * t * t, c * t)),
        ]
    )
    return Ask(
        text=f"Width {c}, {n} heads, x is ({b}, {t}, {c}). What is {ask}?",
        hidden=code,
        wrong=tuple(map(str, wrong)),
        why=f"{c}/{n} = {h} channels each. A head's dot products have {h} terms, so its scores are divided by √{h}, "
        f"not by √{c}; and each head has a table {t} × {t} of its own. GPT-2: 768/12 = 64.",
    )


def causal_row(rng: Random) -> Ask:
    """Which weights of a row are zero, when the newest query stands at the end."""
    tk = rng.randint(4, 8)
    new = rng.randint(1, tk - 1) if rng.random() < 0.5 else tk
    row = rng.randint(0, new - 1)
    zeros = list(range(tk - new + row + 1, tk))
    return Ask(
        text=f"{tk} keys; the queries are the last {new} of these tokens. Which keys get the weight 0 in row {row}?",
        hidden=f"mask = torch.ones({new}, {tk}, dtype=torch.bool).tril({tk} - {new})\n"
        f"(~mask[{row}]).nonzero().flatten().tolist()",
        wrong=tuple(
            str(z)
            for z in (
                list(range(row + 1, tk)),
                list(range(tk - new + row, tk)),
                list(range(row, tk)),
                list(range(tk - new + row + 1)),
                list(range(row + 1)),
                [],
                list(range(1, tk)),
            )
            if z != zeros
        ),
        why=f"Row {row} is the token at position {tk - new + row}: it sees keys 0 … {tk - new + row}, itself included. "
        + ("Nothing comes after it." if not zeros else "What comes later gets −inf before the softmax, and so 0."),
    )
