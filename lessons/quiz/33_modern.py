"""Quiz deck of lesson 33: turned positions, shared keys, gates, norms, experts, windows, states."""

from random import Random

from lessons import Ask


def llama2_recap(rng: Random) -> Ask:
    """GPT-2 with five parts exchanged."""
    part, answer, wrong, why = rng.choice(
        [
            ("norms", "RMSNorm in front of each part, and one at the end",
             ("LayerNorm in front of each part", "RMSNorm behind each part", "BatchNorm between the blocks"),
             "Pre-norm as in GPT-2, but without mean and shift."),
            ("MLP", "three matrices and a gate that goes through SiLU",
             ("two matrices and GELU", "two matrices and ReLU", "eight experts and a router"),
             "SwiGLU: down(silu(gate(x)) · up(x))."),
            ("positions", "queries and keys are turned, in every layer",
             ("a learned table is added to the embeddings", "sines are added to the embeddings",
              "a bias is subtracted from the scores"),
             "RoPE: nothing is added to the stream, and values are not turned."),
            ("biases", "none", ("in all layers", "in the MLP alone", "in the norms alone"),
             "No linear layer has one, and RMSNorm has no shift."),
            ("head", "a matrix of its own",
             ("the embedding's matrix, transposed", "two matrices with a gate", "none: the last block's output"),
             "Not tied: the 7-billion model has 131 million weights in each of the two."),
            ("vocabulary", "32,000", ("50,257", "128,256", "100,277"),
             "32,000 pieces; GPT-2 has 50,257, Llama 3 has 128,256."),
            ("key heads", "fewer than query heads at 34 and 70 billion weights",
             ("one in every layer", "as many as query heads in all sizes", "more than query heads in all sizes"),
             "GQA in the two large sizes only: 70 billion has 64 query heads and 8 key heads."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"Llama 2 against GPT-2, part by part. The {part}: how does Llama 2 have it?",
        answer=answer,
        wrong=wrong,
        why=why,
    )


def ffn_11008(rng: Random) -> Ask:
    """A gate is a third matrix: the width becomes 2/3 of 4 times, rounded up."""
    C = rng.choice([2048, 2560, 4096, 5120, 6656])
    up = -(-(8 * C // 3) // 256) * 256
    if rng.random() < 0.5:
        return Ask(
            text=f"A stream {C:,} wide. A gated MLP is to have as many weights as a plain one 4 times as wide; its "
            "width is rounded up to a multiple of 256. How wide is it?",
            hidden=f"-(-(2 * 4 * {C} // 3) // 256) * 256",
            wrong=tuple(map(str, (4 * C, 8 * C // 3, up - 256, 2 * C, 3 * C))),
            why=f"Three matrices in place of two: 2/3 of 4 · {C:,} is {8 * C // 3:,}, and then up to the next "
            "multiple of 256. With 4,096 that is Llama's 11,008.",
        )
    return Ask(
        text=f"A gated MLP: a stream {C:,} wide, {up:,} inside, no biases. How many weights has it?",
        hidden=f"3 * {C} * {up}",
        wrong=tuple(map(str, (2 * C * up, 4 * C * up, 3 * C * C, 8 * C * C, C * up))),
        why="gate and up map from the stream to the inside, down maps back: three matrices of the same size.",
    )


def gqa_70b(rng: Random) -> Ask:
    """64 query heads and 8 key heads: an eighth of the cache."""
    heads, kv = rng.choice([(64, 8), (32, 8), (32, 4), (48, 8), (40, 8)])
    h, layers = 128, rng.choice([32, 48, 80])
    kind = rng.randrange(3)
    if kind == 0:
        query = rng.randrange(heads // kv, heads)
        return Ask(
            text=f"{heads} query heads and {kv} key heads; neighbors share. Which key head does query head {query} "
            "use (both count from 0)?",
            hidden=f"{query} // ({heads} // {kv})",
            wrong=tuple(
                map(str, (query % kv, query % (heads // kv), query, query // kv, (query * kv // heads + 1) % kv))
            ),
            why=f"Groups of {heads // kv}: queries 0 … {heads // kv - 1} use key head 0, and so on. "
            f"{query} % {kv} would be the order of repeat in place of repeat_interleave.",
        )
    token = 2 * layers * kv * h * 2
    if kind == 1:
        return Ask(
            text=f"{layers} layers, {heads} query heads, {kv} key heads, {h} numbers a head, 16 bits. How many bytes "
            "of cache does a token take?",
            hidden=f"2 * {layers} * {kv} * {h} * 2",
            wrong=tuple(map(str, (2 * layers * heads * h * 2, token // 2, token * 2, layers * heads * h, kv * h * 4))),
            why="A key and a value in each layer, for each key head: queries are not kept, and not counted.",
        )
    return Ask(
        text=f"A model {heads * h:,} wide has {heads} query heads and {kv} key heads. How many numbers does k_proj "
        "make of a token?",
        hidden=f"{kv} * {h}",
        wrong=tuple(map(str, (heads * h, heads // kv * h, kv * h * 2, kv, heads * h // 2))),
        why=f"{kv} heads of {h}: a head is as long as a query's, {heads * h:,} / {heads}.",
    )


def rope_long(rng: Random) -> Ask:
    """A larger base slows the turns; interpolation squeezes new places in."""
    d, base = rng.choice([64, 128]), rng.choice([10_000, 100_000, 500_000])
    pair = rng.choice([8, 16, 24])
    kind = rng.randrange(3)
    speed = base ** (-2 * pair / d)
    if kind == 0:
        return Ask(
            text=f"A head of {d} numbers, base {base:,}. By how many radians is pair {pair} (the first is 0) turned "
            "from one place to the next?",
            hidden=f"{base} ** (-2 * {pair} / {d})",
            wrong=tuple(f"{v:.4g}" for v in (base ** (-pair / d), base ** (-4 * pair / d), 1.0, 1 / base, 1 / speed)),
            why="base^(−2i/d): 1 for the first pair, nearly 1/base for the last.",
        )
    trained, wanted = rng.choice([(2048, 8192), (4096, 32_768), (4096, 16_384), (8192, 131_072)])
    if kind == 1:
        place = rng.choice([1000, 3000, 6000])
        return Ask(
            text=f"Trained with {trained:,} places, wanted {wanted:,}, by interpolation: all places are squeezed into "
            f"the old range. As which place is {place:,} turned?",
            hidden=f"float({place} * {trained} / {wanted})",
            wrong=tuple(f"{v:.4g}" for v in (place, place * wanted / trained, place % trained, place / 2)),
            why=f"All places are divided by {wanted // trained}: angles stay in the range that was trained, and "
            "neighbors come closer. A little more training makes up for that.",
        )
    change, answer, why = rng.choice(
        [
            (f"the base is raised from {base:,} to {50 * base:,}", "all pairs but the first turn more slowly",
             "The first pair has exponent 0: its speed is 1 at any base. The others slow down, the last one most."),
            (f"all places are divided by {wanted // trained}", "all pairs turn more slowly, by one factor",
             "Interpolation slows the fast pairs too, those that tell neighbors apart."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"RoPE for longer texts: {change}. What happens to the speeds of the {d // 2} pairs?",
        answer=answer,
        wrong=("all pairs but the first turn more slowly", "all pairs turn more slowly, by one factor",
               "all pairs turn faster", "only the first pair turns more slowly"),
        why=why,
    )  # fmt: skip


def moe_active(rng: Random) -> Ask:
    """Total against active weights."""
    n, k = rng.choice([(8, 2), (16, 2), (64, 4), (32, 8), (128, 8)])
    expert, rest = rng.choice([20, 50, 170]), rng.choice([300, 1000, 1600])
    layers = rng.choice([16, 24, 32])
    kind = rng.randrange(3)
    if kind == 0:
        which = rng.choice(["all", "active"])
        count = n if which == "all" else k
        question = "have in all" if which == "all" else "compute with for one token"
        return Ask(
            text=f"{layers} layers with {n} experts of {expert} million weights each, {k} of them for a token; "
            f"attention, tables and norms have {rest:,} million. How many million weights does the model {question}?",
            hidden=f"{layers} * {count} * {expert} + {rest}",
            wrong=tuple(map(str, (layers * n * expert + rest, layers * k * expert + rest, layers * n * expert,
                                  layers * expert + rest, n * expert + rest, (layers * n * expert + rest) * k // n))),
            why="What is not in experts is always at work. Of the experts memory holds all, a token uses k.",
        )  # fmt: skip
    if kind == 1:
        asked = rng.choice(["memory for the weights", "arithmetic for a token"])
        return Ask(
            text="Mixtral has 8 experts a layer, asks 2, and has 46.7 billion weights in all. Like a dense model of "
            f"how many billion weights is it in {asked}?",
            answer="46.7" if asked.startswith("memory") else "12.9",
            wrong=("46.7", "12.9", "56", "11.7"),
            why="All weights must lie in memory: 46.7. A token computes with 12.9: the shared part and 2 of 8 experts. "
            "It is not 46.7 / 4, for attention is shared, and not 8 · 7.",
        )
    load, answer, why = rng.choice(
        [
            (f"one conversation, a token at a time, {k} of {n} experts", "about k experts a layer",
             "One token asks k: that is where experts save reading."),
            (f"a thousand conversations at once, {k} of {n} experts", "about all experts of a layer",
             "A thousand tokens ask for all of them together: nothing is saved in reading, only in arithmetic."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"A model with experts writes: {load}. Which weights are read in a step?",
        answer=answer,
        wrong=("about k experts a layer", "about all experts of a layer", "the router alone", "one expert in all"),
        why=why,
    )


def router_balance(rng: Random) -> Ask:
    """n · Σ f · P: 1 when all are equally busy."""
    n = rng.choice([4, 8, 16])
    kind = rng.randrange(3)
    if kind == 0:
        m = rng.choice([1, 2, n // 2])
        return Ask(
            text=f"{n} experts; all calls go to {m} of them, shared equally, and the router's mean probabilities are "
            "the same as these shares. What is aux = n · Σ f · P?",
            hidden=f"{n} * {m} * (1 / {m}) ** 2",
            wrong=tuple(f"{v:.4g}" for v in (1, n, m, 1 / m, m / n, n / m, n * m)),
            why=f"{m} terms of 1/{m} · 1/{m}, times {n}. It is 1 when all are equally busy, and n when one does "
            "everything.",
        )
    if kind == 1:
        f = rng.choice([[0.5, 0.25, 0.25, 0.0], [0.7, 0.1, 0.1, 0.1], [0.4, 0.4, 0.1, 0.1]])
        p = rng.choice([[0.4, 0.3, 0.2, 0.1], [0.25, 0.25, 0.25, 0.25], [0.6, 0.2, 0.1, 0.1]])
        value = sum(a * b for a, b in zip(f, p, strict=True))
        return Ask(
            text=f"Four experts. Shares of calls {f}, mean probabilities {p}. What is aux = n · Σ f · P?",
            hidden=f"4 * sum(a * b for a, b in zip({f}, {p}))",
            wrong=tuple(f"{v:.4g}" for v in (value, 16 * value, 4 * sum(a * a for a in f), 4 * sum(b * b for b in p),
                                             value + 1)),
            why="Products one by one, added, times 4.",
        )  # fmt: skip
    question, answer, wrong, why = rng.choice(
        [
            ("through which factor of f · P does aux send its gradient", "P alone",
             ("f alone", "f and P", "neither"), "f is a count: it jumps, and has no slope. P is a softmax."),
            ("what happens in the end with a router that nobody balances", "a few experts get nearly all tokens",
             ("all experts become equal", "tokens are shared equally", "the router's weights become 0"),
             "Who gets more tokens learns more, and gets still more: a circle that feeds itself."),
            ("what does a weight of aux that is far too large do", "tokens are spread without regard to what they are",
             ("one expert gets all", "nothing: aux is 1 at best", "the experts stop to learn"),
             "Balance is then all that counts, and experts cannot specialize."),
        ]
    )  # fmt: skip
    return Ask(text=f"{n} experts with a router: {question}?", answer=answer, wrong=wrong, why=why)


def granite(rng: Random) -> Ask:
    """Granite 3.0: two dense models and two with experts."""
    total, active = rng.choice([(1, 400), (3, 800)])
    kind = rng.randrange(2)
    if kind == 0:
        return Ask(
            text=f"Granite 3.0 has a model called {total}B-A{active}M. What do the two numbers say?",
            answer=f"about {total} billion weights, {active} million at work for a token",
            wrong=(f"{total} billion weights, trained on {active} million tokens",
                   f"{total} billion weights of experts and {active} million of attention",
                   f"{total} billion tokens, {active} million weights",
                   f"{total} billion weights, a cache of {active} million bytes"),
            why="A for active: it needs the memory of the first and the arithmetic of the second number.",
        )  # fmt: skip
    size, answer = rng.choice([("2B", "dense"), ("8B", "dense"), ("1B-A400M", "experts"), ("3B-A800M", "experts")])
    return Ask(
        text=f"Granite 3.0 came in four sizes. Of which kind is {size}?",
        answer=answer,
        wrong=("dense", "experts", "recurrent", "an encoder"),
        why="2 and 8 billion are dense; 1 and 3 billion have experts, with 400 and 800 million weights at work.",
    )


def infini_idea(rng: Random) -> Ask:
    """A window, and a matrix for what has left it."""
    d, segment = rng.choice([64, 128]), rng.choice([512, 1024, 2048])
    T = segment * rng.choice([4, 16, 64])
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"Infini-attention, heads of {d} numbers, segments of {segment:,}. A text of {T:,} tokens: how many "
            "numbers are M and z of a head together at its end?",
            hidden=f"{d} * {d} + {d}",
            wrong=tuple(map(str, (d * T, 2 * d * T, d * segment, d * d * (T // segment), T * T, 2 * d))),
            why="M is d × d, z has d numbers, for a text of any length: what is added is summed, not appended.",
        )
    if kind == 1:
        question, answer, wrong, why = rng.choice(
            [
                ("when does a segment write into the memory", "after it has read from it",
                 ("before it reads", "at the end of the text", "only if the gate is open"),
                 "Otherwise a token would read what stands behind it in its own segment."),
                ("what does the gate of a head decide", "how much of the memory and how much of the window it takes",
                 ("whether the segment is written", "how long a segment is", "which head may write"),
                 "sigmoid(beta), one learned number a head."),
                ("why are keys and queries made positive first", "their products are weights, and z must not be 0",
                 ("the softmax needs it", "so that M stays symmetric", "to save memory"),
                 "σ(q)·σ(k) takes the place of exp(q·k); a mean needs weights that cannot cancel."),
            ]
        )  # fmt: skip
        return Ask(
            text=f"Infini-attention with segments of {segment:,}: {question}?", answer=answer, wrong=wrong, why=why
        )
    return Ask(
        text=f"Infini-attention, segments of {segment:,}. For how many pairs of query and key does one segment in the "
        f"middle of {T:,} tokens compute scores (the mask not counted)?",
        hidden=f"{segment} * {segment}",
        wrong=tuple(map(str, (T * T, segment * T, segment, segment * segment * T // segment, d * d))),
        why="Scores are made inside the segment only. The past is read by one product with M, whatever its length.",
    )


def sliding(rng: Random) -> Ask:
    """The last W tokens in each layer; layers stack."""
    W, layers = rng.choice([256, 1024, 4096]), rng.choice([12, 24, 32])
    T = W * rng.choice([4, 8, 32])
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"{layers} layers; in each a token sees the last {W:,} tokens, itself among them. From how many "
            "places back can anything reach it at most?",
            hidden=f"{layers} * ({W} - 1)",
            wrong=tuple(map(str, (W - 1, W, layers * W * W, layers * (W + 1), W // layers, layers + W))),
            why="Each layer carries it W − 1 places; what is far comes through many hands.",
        )
    if kind == 1:
        t = rng.randrange(3, T // W) * W + rng.randrange(W)
        return Ask(
            text=f"A window of {W:,}, and a cache that holds no more than it needs. How many keys does a head hold "
            f"after {t:,} tokens?",
            hidden=f"min({t}, {W})",
            wrong=tuple(map(str, (t, t - W, t % W, t // W, 2 * W))),
            why="Older ones are never looked at again: new keys take their places, in a ring.",
        )
    t = rng.choice([W // 4, W // 2])
    more = rng.choice([True, False])
    place = t + 2 * W if more else t
    return Ask(
        text=f"A window of {W:,}, the token itself among them. How many keys does the token at place {place:,} see "
        "(the first is 0)?",
        hidden=f"min({place} + 1, {W})",
        wrong=tuple(map(str, (place, W - 1, place + 1, W, place - W, W + 1))),
        why="Those that are there, and no more than the window: the minimum of place + 1 and W.",
    )


def ssm(rng: Random) -> Ask:
    """Recurrent layers: a state of fixed size, a learned rate of forgetting."""
    a, steps, x = rng.choice([0.5, 0.8, 0.9]), rng.choice([2, 3, 4]), rng.choice([2, 4, 10])
    T = rng.choice([1000, 8000, 100_000])
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"A recurrent layer: h ← {a} · h + x, h = 0 at first. The inputs are {x}, and then only zeros. What "
            f"is h {steps} steps after the {x}?",
            hidden=f"{x} * {a} ** {steps}",
            wrong=tuple(f"{v:.4g}" for v in (x, x * a, x * a * steps, x * a ** (steps + 1), x * (1 - a) ** steps, 0)),
            why="Each step multiplies what is there: an input fades like a power, and never quite ends.",
        )
    if kind == 1:
        size = rng.choice([16, 64, 128])
        return Ask(
            text=f"A layer of Mamba keeps a state of {size} numbers for each channel. How many for a channel after "
            f"{T:,} tokens?",
            hidden=f"{size}",
            wrong=tuple(map(str, (size * T, T, size + T, size * size, 2 * size))),
            why="The state is written over at each token: writing costs the same at every length, and so does memory.",
        )
    what, answer, why = rng.choice(
        [
            (f"word for word, a number that stood {T:,} tokens back", "attention with a cache",
             "The key is still there. A state of fixed size holds a blend."),
            (f"token {T:,} written as fast, and in as little memory, as the first", "a recurrent state",
             "Nothing grows with the text."),
            (f"training on all {T:,} tokens in parallel", "both",
             "Attention anyway; the recurrence is linear in h, so a parallel scan computes all its steps."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"Attention with a cache, or a linear recurrent layer such as Mamba? Wanted: {what}.",
        answer=answer,
        wrong=("attention with a cache", "a recurrent state", "both", "neither"),
        why=why,
    )


def alibi(rng: Random) -> Ask:
    """From each score, m times the distance is taken."""
    n = rng.choice([4, 8, 16])
    head = rng.randrange(1, n)
    m = 2 ** (-8 * (head + 1) / n)
    i = rng.randrange(6, 40)
    j = rng.randrange(0, i - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"ALiBi with {n} heads: the slope of head h (from 0) is 2^(−8(h + 1)/{n}). What is added to the score "
            f"of the query at {i} and the key at {j} in head {head}?",
            hidden=f"-(2 ** (-8 * ({head} + 1) / {n})) * ({i} - {j})",
            wrong=tuple(f"{v:.4g}" for v in (m * (i - j), -m * i, -m * j, -(i - j), -(2 ** (-8 * head / n)) * (i - j))),
            why="Minus slope times distance; the score of a token with itself is left alone.",
        )
    if kind == 1:
        return Ask(
            text=f"ALiBi with {n} heads, slopes 2^(−8(h + 1)/{n}). By which factor does the slope change from one head "
            "to the next?",
            hidden=f"2 ** (-8 / {n})",
            wrong=tuple(f"{v:.4g}" for v in (0.5, 2 ** (8 / n), 1 / n, 2 ** (-n / 8), 8 / n, 0.25)),
            why="A geometric row: the first heads look near, the last ones far.",
        )
    question, answer, wrong, why = rng.choice(
        [
            ("how many weights are learned for positions", "0", (f"{n}", f"{n * 64}", "1"),
             "The slopes are fixed: nothing is learned, nothing is added to the stream."),
            ("what does a text longer than those trained meet", "larger distances, and so weaker scores",
             ("rows of a table that were never trained", "angles that were never seen", "an error"),
             "What is too far fades out: it works like a soft window."),
            ("what becomes of queries and keys", "they stay as they are",
             ("they are turned", "a table is added to them", "they are divided by the distance"),
             "Only the scores change, before the softmax."),
        ]
    )  # fmt: skip
    return Ask(text=f"ALiBi in a model with {n} heads: {question}?", answer=answer, wrong=wrong, why=why)


def rms_vs_ln(rng: Random) -> Ask:
    """RMSNorm divides by the root of the mean square, and does nothing else."""
    v = rng.choice([[1.0, 7.0], [3.0, -3.0], [2.0, 2.0], [1.0, -7.0], [5.0, 5.0]])
    c = rng.choice([2.0, 3.0, 10.0])
    if rng.random() < 0.5:
        name = rng.choice(["nn.RMSNorm(2, eps=0)", "nn.LayerNorm(2, eps=1e-9)"])
        rms = (sum(a * a for a in v) / 2) ** 0.5
        mean = sum(v) / 2
        half = abs(v[0] - v[1]) / 2 or 1.0
        wrong = ([a / rms for a in v], [(a - mean) / half for a in v], [a / rms / 2**0.5 for a in v], [a / mean
                 if mean else 0.0 for a in v], [a / 2 for a in v])  # fmt: skip
        return Ask(
            text="What comes out?",
            code=f"norm = {name}\n[round(y, 3) for y in norm(torch.tensor({v})).tolist()]",
            wrong=tuple(f"[{', '.join(f'{round(a, 3):.4g}' for a in w)}]" for w in wrong),
            why="RMSNorm: over the root of the mean square. LayerNorm: first the mean goes, so equal numbers become 0.",
        )
    change = rng.choice([f"all numbers are multiplied with {c:g}", f"{c:g} is added to all numbers"])
    name = rng.choice(["RMSNorm", "LayerNorm"])
    same = change.startswith("all") or name == "LayerNorm"
    return Ask(
        text=f"In front of a new {name}, {change}. Does its output change (eps left aside)?",
        answer="no" if same else "yes",
        wrong=("yes", "no", f"it is multiplied with {c:g}", f"{c:g} is added to it"),
        why="Both divide by something that grows with x. Only LayerNorm takes a mean out first, and so does not see a "
        "shift.",
    )


def beyond_notes(rng: Random) -> Ask:
    """What each part was made for."""
    T = rng.choice([4000, 32_000, 128_000])
    cures = [
        ("grouped-query attention", f"the cache for {T:,} tokens does not fit, and all of them must be seen",
         "Fewer key heads: the same tokens in a fraction of the memory."),
        ("experts", f"the model should know more, and a token of {T:,} should not cost more arithmetic",
         "More weights, of which each token uses a few."),
        ("a window", f"memory must stop growing at {T:,} tokens, and what is older may come through other tokens",
         "Keys that left the window are thrown away; the layers above still carry what they told."),
        ("a larger base of RoPE", f"texts of {T:,} tokens, and the model was trained with a quarter of that",
         "Slower turns keep the new distances in the range of known angles, after a little more training."),
        ("a recurrent state", f"token {T:,} must cost what the first one did, and nothing is looked up exactly",
         "A summary of fixed size, written over at each token."),
        ("tiles that never write the scores (FlashAttention)",
         f"the T × T scores of {T:,} tokens do not fit into memory, and the result must be exactly the same",
         "The same sums in another order, in the chip's fast memory."),
    ]  # fmt: skip
    answer, problem, why = rng.choice(cures)
    return Ask(
        text=f"Which part is made for this? {problem[0].upper() + problem[1:]}.",
        answer=answer,
        wrong=tuple(rng.sample([name for name, _, _ in cures if name != answer], 3)),
        why=why,
    )
