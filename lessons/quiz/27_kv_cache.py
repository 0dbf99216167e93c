"""Quiz deck of lesson 27: what a cache of keys and values saves, what it holds, and what it costs."""

from random import Random

from lessons import Ask


def cost(rng: Random) -> Ask:
    """Tokens n² to n, attention n³ to n²."""
    n, times = rng.choice([200, 300, 400, 500, 800]), rng.choice([2, 3, 4])
    what, power, kept = rng.choice(
        [
            ("tokens go through the model", 2, False),
            ("tokens go through the model", 1, True),
            ("query-key products does attention compute", 3, False),
            ("query-key products does attention compute", 2, True),
        ]
    )
    each = {1: "1", 2: "t", 3: "t * t"}[power]
    return Ask(
        text=f"A text of {times * n:,} tokens in place of {n}, written token by token {'with' if kept else 'without'} "
        f"a cache. How many times as many {what}, about?",
        hidden=f"work = lambda n: sum({each} for t in range(1, n + 1))\nround(work({times * n}) / work({n}))",
        wrong=tuple(str(v) for v in (times, times**2, times**3, times**4, 2 * times)),
        why=f"It grows like n{'' if power == 1 else '²' if power == 2 else '³'}: "
        + {
            (2, False): "at every step all tokens so far go through again.",
            (1, True): "each token goes through once.",
            (3, False): "a pass over t tokens compares t with t, and there are n passes.",
            (2, True): "the new token's query meets t keys, and there are n of them.",
        }[power, kept],
    )


def prefill_decode(rng: Random) -> Ask:
    """The prompt in one pass, then one token a pass."""
    prompt, new = rng.randint(5, 60), rng.randint(5, 60)
    what, code, why = rng.choice(
        [
            (
                "passes through the model",
                f"1 + ({new} - 1)",
                "One pass for the prompt gives the first token; each later one needs a pass. The last is never fed.",
            ),
            (
                "tokens in all passes together",
                f"{prompt} + ({new} - 1)",
                "The prompt once, then each new token but the last, which nobody needs to follow.",
            ),
        ]
    )
    total = prompt + new
    return Ask(
        text=f"A prompt of {prompt} tokens, {new} new ones, with a cache. How many {what}?",
        hidden=code,
        wrong=tuple(str(v) for v in (new, new + 1, new - 1, total, total - 1, prompt, prompt * new)),
        why=why,
    )


def mem_bound(rng: Random) -> Ask:
    """Decoding is bound by reading the weights."""
    billions, n_bytes = rng.choice([1.5, 3, 7, 8, 13]), rng.choice([1, 2])
    bandwidth = rng.choice([900, 1000, 2000, 3350])
    read = billions * n_bytes
    return Ask(
        text=f"A model of {billions:g} billion parameters, {n_bytes} byte{'s' * (n_bytes > 1)} each, on a device that "
        f"reads {bandwidth:,} GB/s. One conversation, short: at most how many tokens a second?",
        hidden=f"round({bandwidth} / ({billions} * {n_bytes}))",
        wrong=tuple(
            str(round(v))
            for v in (
                bandwidth / billions / n_bytes / 2,
                bandwidth,
                bandwidth * n_bytes / billions,
                6 * bandwidth / read,
            )
        ),
        why=f"Each token reads all {read:g} GB of weights once, whatever the device can multiply. A batch shares the "
        "reading.",
    )


def not_training(rng: Random) -> Ask:
    """Training knows the whole text: one pass, nothing to keep for later."""
    n = rng.choice([128, 256, 512, 1024])
    doing, passes, why = rng.choice(
        [
            (f"train on a text of {n} tokens: how many forward passes for all {n} losses", 1,
             "All tokens are known, and the causal mask keeps it honest: one pass gives all losses. A cache saves "
             "nothing there."),
            (f"score a given answer of {n} tokens behind its question: how many forward passes", 1,
             "The answer is known: question and answer go through together, once."),
            (f"write {n} new tokens behind a prompt, with a cache: how many forward passes", n,
             "Each token must be drawn before the next pass can begin."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"You {doing}?",
        answer=str(passes),
        wrong=("1", str(n), str(n - 1), str(n * n)),
        why=why,
    )


def gqa_shrinks(rng: Random) -> Ask:
    """Only heads of keys and values are kept."""
    groups = rng.choice([2, 4, 8])
    kv = rng.choice([1, 2, 4, 8])
    heads, layers = groups * kv, rng.choice([24, 32, 40, 80])
    what, answer, why = rng.choice(
        [
            ("the cache", 1 / groups, f"Keys and values have {kv} heads in place of {heads}; queries are not kept."),
            ("the number of scores", 1.0, f"Each of the {heads} query heads still has scores of its own."),
            ("the queries of one token", 1.0, "Queries keep all their heads."),
        ]
    )
    return Ask(
        text=f"A model with {layers} layers and {heads} heads is given grouped queries: {kv} "
        f"head{'s' * (kv > 1)} of keys and of values. By which factor does {what} change?",
        hidden=f"{kv} / {heads}" if answer < 1 else "1.0",
        wrong=tuple(f"{v:.4g}" for v in (1, 1 / groups, 1 / (2 * groups), 1 / heads, groups, 2 / heads, 0.5)),
        why=why,
    )


def rope_before_cache(rng: Random) -> Ask:
    """What is kept must not depend on what comes later."""
    t, more = rng.randint(3, 40), rng.randint(1, 5)
    kind, when, needs, why = rng.choice(
        [
            ("rotary positions, turned into the keys before they are kept", f"token {t} stays where it is", "no",
             f"Its place is {t} for good, so its turned key is good for good."),
            ("rotary positions, turned into the keys before they are kept", f"{more + 1} tokens are added behind", "no",
             "Nothing before them changes its place."),
            ("learned positions, added to the embeddings", f"the window moves on by {more}, so that token {t + more} "
             f"becomes number {t}", "yes", "Its key was made from the embedding of its old place."),
            ("learned positions, added to the embeddings", f"{more + 1} tokens are added behind, with room left", "no",
             "Nothing before them changes its place."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"A model with {kind}. Now {when}. Must the kept keys be made anew?",
        answer=needs,
        wrong=("yes", "no", "only in the first layer", "only the values"),
        why=why,
    )


def abs_pos_limit(rng: Random) -> Ask:
    """At block_size the window slides and the cache is worth nothing."""
    block, prompt = rng.choice([32, 64, 128]), rng.randint(4, 20)
    over = rng.randint(3, 9)
    new = block - prompt + over
    return Ask(
        text=f"A GPT-2 with block_size {block} and a cache writes {new} tokens behind a prompt of {prompt}. A pass is "
        f"a prefill when it begins with an empty cache. How many prefills are there?",
        hidden=f"sum(length > {block} for length in range({prompt} + 1, {prompt} + {new})) + 1",
        wrong=tuple(str(v) for v in (1, 2, over, over + 1, over - 1, new)),
        why=f"One for the prompt. When the text is longer than {block}, every pass is one: all tokens have moved one "
        "place to the left, and their keys with them.",
    )


def cache_content(rng: Random) -> Ask:
    """K and V of each layer and head, nothing else."""
    L, H, h = rng.choice([6, 12, 24]), rng.choice([8, 12, 16]), rng.choice([32, 64, 128])
    T, B = rng.randint(10, 99), rng.randint(2, 7)
    what, shape, why = rng.choice(
        [
            ("the keys of one layer", (B, H, T, h), "One vector of width h for each sequence, head and token."),
            ("the values of one layer", (B, H, T, h), "As many as keys: one for each sequence, head and token."),
            ("the scores of the next pass, one token a sequence", (B, H, 1, T + 1),
             "One query for each sequence and head meets all keys, its own too."),
            ("the queries of the next pass, one token a sequence", (B, H, 1, h),
             "Only the new token asks. Queries of the past are not kept."),
        ]
    )  # fmt: skip
    shapes = ((B, H, T, h), (B, H, 1, h), (B, H, 1, T + 1), (B, T, h), (B, H, T, T), (L, B, H, h))
    return Ask(
        text=f"{L} layers, {H} heads of {h}; {B} sequences of {T} tokens are in the cache. Which shape have {what}?",
        answer=str(shape),
        wrong=tuple(str(s) for s in shapes),
        why=why,
    )


def growth(rng: Random) -> Ask:
    """Linear in everything."""
    T, B = rng.choice([512, 1024, 2048, 4096]), rng.choice([1, 4, 8])
    a, b = rng.choice([2, 4]), rng.choice([2, 4, 8])
    how, factor, why = rng.choice(
        [
            (f"texts of {a * T:,} tokens in place of {T:,}, {b * B} of them in place of {B}", a * b,
             "Linear in the tokens and linear in the sequences."),
            (f"texts of {a * T:,} tokens in place of {T:,}, in 8 bits in place of 16", a / 2,
             "Linear in the tokens; half the bytes for each number."),
            (f"{b * B} texts in place of {B}, each a {a}th of {T:,} tokens" if a > 2 else
             f"{b * B} texts in place of {B}, each half of {T:,} tokens", b / a,
             "What counts is the number of tokens in all sequences together."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"A server keeps {how}. By which factor does the memory of its cache change?",
        answer=f"{factor:g}",
        wrong=tuple(f"{v:g}" for v in (a, b, a * b, a * a * b, a * a, 1, b / a / 2, a / 4)),
        why=why,
    )


def calculator(rng: Random) -> Ask:
    """2 · layers · heads · width · tokens · sequences · bytes."""
    name, L, H, h = rng.choice(
        [("GPT-2 124M", 12, 12, 64), ("GPT-2 XL", 48, 25, 64), ("Llama-2 7B", 32, 32, 128), ("Llama-3 8B", 32, 8, 128)]
    )
    T = rng.choice([512, 1024] if name.startswith("GPT-2") else [2048, 4096, 8192])
    B = rng.choice([1, 2, 4, 8])
    size = 2 * L * H * h * T * B * 2 / 2**20
    return Ask(
        text=f"{name}: {L} layers, {H} heads of keys and values of {h} numbers each, float16. {B} "
        f"text{'s' * (B > 1)} of {T:,} tokens: how many MiB does the cache take?",
        hidden=f"2 * {L} * {H} * {h} * {T} * {B} * 2 / 2**20",
        wrong=tuple(f"{v:.4g}" for v in (size / 2, 2 * size, 8 * size, size / L, size / B if B > 1 else size * 4)),
        why=f"Keys and values (2) · {L} · {H} · {h} · {T:,} tokens · {B} · 2 bytes. Query heads do not count.",
    )
