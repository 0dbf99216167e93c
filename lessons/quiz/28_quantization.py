"""Quiz deck of lesson 28: whole numbers and scales, methods, pages, engines and their clocks."""

from random import Random

from lessons import Ask


def absmax_zero(rng: Random) -> Ask:
    """Symmetric: largest / 127. Affine: the range / 255, and a zero point."""
    low, high = -rng.choice([0.5, 1.0, 2.0]), rng.choice([1.5, 3.0, 5.0, 6.0])
    if rng.random() < 0.3:
        low = 0.0
    kind = rng.choice(["symmetric", "affine"])
    code = f"max({-low}, {high}) / 127" if kind == "symmetric" else f"({high} - {low}) / 255"
    return Ask(
        text=f"Numbers from {low:g} to {high:g} become int8 by {kind} quantization. How large is a step?",
        hidden=f"float({code})",
        wrong=tuple(f"{v:.4g}" for v in (high / 127, (high - low) / 255, high / 255, (high - low) / 127, high / 256)),
        why=f"Symmetric: the largest absolute value / 127, here {max(-low, high) / 127:.4g}. Affine: the whole "
        "range / 255, "
        f"here {(high - low) / 255:.4g}, for the price of a zero point.",
    )


def gptq(rng: Random) -> Ask:
    """Layer by layer, column by column; later columns make up for the error."""
    columns, samples = rng.choice([768, 1024, 4096]), rng.choice([128, 256, 512])
    question, answer, wrong, why = rng.choice(
        [
            (f"GPTQ has rounded column 5 of {columns}. Which weights does it change next?", "the columns after it",
             ("none: it goes on to column 6", "column 5 again", "all other layers", "the columns before it"),
             "The columns not yet rounded take over, as well as they can, what the rounding spoiled in the output."),
            (f"GPTQ is given {samples} texts as samples. What are they for?", "to see which inputs come together",
             ("to train the weights by gradient descent", "to choose the vocabulary", "to measure the speed"),
             "With correlated inputs one weight can make up for another's error; the samples tell which."),
            (f"In what order does GPTQ go through a model, {columns} columns a layer?", "layer by layer",
             ("all layers at once", "from the last layer to the first", "in a random order"),
             "Each layer is solved alone, on the outputs of the layers below; no gradient goes through the model."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def awq(rng: Random) -> Ask:
    """Weights that meet large activations are scaled up before rounding."""
    s = rng.choice([2, 4, 8])
    what, answer, why = rng.choice(
        [
            (f"multiplied with {s} before rounding, and its input divided by {s}. The product without rounding", "1",
             "A factor on one side and its inverse on the other: nothing changes but the rounding."),
            (f"multiplied with {s} before rounding, its input divided by {s}, and the group's step stays the same. The "
             "error that its rounding makes in the output", f"{1 / s:g}",
             f"The rounding is off by as much as before, but it is multiplied with an input that is {s} times "
             "smaller."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"AWQ: a channel of weights whose input is large is {what} changes by which factor?",
        answer=answer,
        wrong=("1", f"{s}", f"{1 / s:g}", f"{s * s}", f"{1 / s / s:g}"),
        why=why,
    )


def smoothquant(rng: Random) -> Ask:
    """x / s times w · s: the outliers move from activations to weights."""
    x, w = rng.choice([50.0, 80.0, 100.0]), rng.choice([0.5, 1.0, 2.0])
    s = rng.choice([5.0, 8.0, 10.0])
    what, value = rng.choice(
        [("activation", x / s), ("weight", w * s), ("product of the largest activation and weight", x * w)]
    )
    return Ask(
        text=f"A channel's largest activation is {x:g}, its largest weight {w:g}. SmoothQuant moves a factor of "
        f"{s:g}. What is "
        f"the largest {what} then?",
        hidden=f"float({value!r})",
        wrong=tuple(f"{v:.4g}" for v in (x, w, x / s, w * s, x * s, w / s, x * w)),
        why="Activations / s, weights · s: the product stays, and both sides can be rounded to int8. "
        "Activations are the "
        "ones with outliers, and differ from token to token; weights have room.",
    )


def kv_int8_int4(rng: Random) -> Ask:
    """A cache in fewer bits holds more tokens."""
    bits, tokens = rng.choice([8, 4]), rng.choice([16_000, 40_000, 120_000])
    group = rng.choice([32, 64, 128])
    if rng.random() < 0.5:
        return Ask(
            text=f"The memory for a cache holds {tokens:,} tokens in float16. How many in {bits} bits, scales "
            "left aside?",
            hidden=f"{tokens} * 16 // {bits}",
            wrong=tuple(map(str, (tokens, tokens * bits // 16, tokens * 8, tokens * 16, tokens * 3))),
            why=f"16 / {bits} times as many: more conversations at once, or longer ones. Scales take a little of it.",
        )
    return Ask(
        text=f"Keys and values in {bits} bits, and for each group of {group} a scale and a zero point of 16 "
        "bits each. How many "
        "bits does a number take?",
        hidden=f"{bits} + 32 / {group}",
        wrong=tuple(f"{v:g}" for v in (bits, bits + 16 / group, bits + 32, bits + 64 / group, 16)),
        why=f"{bits} of its own, and its share of 32 bits for {group} numbers.",
    )


def w4a16(rng: Random) -> Ask:
    """Weights in 4 bits, products in 16: saves reading, not multiplying."""
    billions, group = rng.choice([7, 8, 13, 70]), rng.choice([32, 64, 128])
    kind = rng.randrange(3)
    if kind == 0:
        size = billions * (4 + 16 / group) / 8
        return Ask(
            text=f"{billions} billion weights in W4A16, groups of {group} with a scale of 16 bits. How many GB?",
            hidden=f"round({billions} * (4 + 16 / {group}) / 8, 2)",
            wrong=tuple(
                f"{v:.4g}" for v in (billions / 2, 2 * billions, billions, billions * 4, round(size + billions, 2))
            ),
            why=f"{4 + 16 / group:g} bits a weight: four of its own and 16/{group} for the scale.",
        )
    name, answer, why = rng.choice(
        [("W4A16", "16-bit floats", "Weight-only: the weights are unpacked right before the product."),
         ("W8A8", "int8", "Both sides are whole numbers; sums go into int32, scales come at the end."),
         ("W8A16", "16-bit floats", "Weight-only: one byte a weight is read, the product is one of floats.")]
    )  # fmt: skip
    return Ask(
        text=f"{billions} billion weights in {name}. In which kind of numbers are weights and activations multiplied?",
        answer=answer,
        wrong=("16-bit floats", "int8", "int4", "float32"),
        why=why,
    )


def nf4(rng: Random) -> Ask:
    """NF4: a table of 16 values at quantiles of a normal distribution."""
    question, answer, wrong, why = rng.choice(
        [
            ("Where does NF4 put its 16 values?", "at quantiles of a normal distribution",
             ("evenly between the smallest and the largest", "at powers of two", "where gradients are large"),
             "Weights are nearly normal: dense values near 0, where most weights lie."),
            ("How many different values can an NF4 weight have within one block?", "16", ("15", "4", "256"),
             "Four bits are 16 patterns, here 16 places in a table."),
            ("Which method of fine-tuning brought NF4?", "QLoRA", ("GPTQ", "AWQ", "SmoothQuant"),
             "QLoRA (2023): frozen weights in NF4, small trained matrices beside them in 16 bits."),
            ("How is an NF4 weight turned into a float?", "table[code] · scale of its block",
             ("code · scale", "(code − zero point) · scale", "2^code · scale"),
             "Its values are not evenly spaced, so a table takes the place of a product."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def vllm(rng: Random) -> Ask:
    """Paged cache and continuous batching."""
    size = rng.choice([8, 16, 32])
    lengths = [rng.randint(5, 200) for _ in range(rng.randint(2, 4))]
    most = rng.choice([512, 1024])
    blocks = sum(-(-n // size) for n in lengths)
    kind = rng.randrange(2)
    if kind == 0:
        return Ask(
            text=f"Conversations of {', '.join(map(str, lengths))} tokens in blocks of {size}. How many blocks "
            "are taken?",
            hidden=f"sum(-(-n // {size}) for n in {lengths})",
            wrong=tuple(map(str, (blocks - len(lengths), sum(lengths) // size, len(lengths) * most // size,
                                  blocks + len(lengths), sum(lengths)))),
            why="Each takes as many as it has begun; less than one block for each conversation is empty.",
        )  # fmt: skip
    return Ask(
        text=f"Conversations of {', '.join(map(str, lengths))} tokens. Room for how many tokens is taken, and "
        "empty, if each "
        f"gets blocks of {size}?",
        hidden=f"sum(-n % {size} for n in {lengths})",
        wrong=tuple(map(str, (0, sum(most - n for n in lengths), len(lengths) * size, blocks, size))),
        why=f"Only the end of each last block. Reserving {most} for each would leave "
        f"{sum(most - n for n in lengths):,} empty.",
    )


def lightllm(rng: Random) -> Ask:
    """LightLLM: Python, a cache given out token by token."""
    tokens, size = rng.randint(17, 95), rng.choice([16, 32])
    if rng.random() < 0.5:
        return Ask(
            text=f"LightLLM gives out its cache token by token, an engine beside it in blocks of {size}. A text "
            f"of {tokens} "
            "tokens: how many token places does the other one take more?",
            hidden=f"-{tokens} % {size}",
            wrong=tuple(map(str, (tokens, size, tokens % size, tokens // size, -tokens % size + 1, 0))),
            why="Token by token nothing is left empty (LightLLM calls it TokenAttention); its tables are longer.",
        )
    return Ask(
        text=f"An engine of mostly Python, whose cache is given out token by token, {tokens} for {tokens} "
        "tokens. Which is it?",
        answer="LightLLM",
        wrong=("vLLM", "LMDeploy with TurboMind", "TensorRT-LLM"),
        why="LightLLM: light in code, kernels in Triton. vLLM's cache comes in blocks; the other two have "
        "kernels in C++.",
    )


def lmdeploy(rng: Random) -> Ask:
    """What LMDeploy offers, by what one wants to do."""
    want, answer, why = rng.choice(
        [
            ("a list of prompts answered in a script, without a server", "offline pipeline",
             "pipeline(model)(prompts): engine and batch in one process."),
            ("an existing program that speaks OpenAI's protocol, with your own model", "OpenAI-style server",
             "The same routes, such as /v1/chat/completions; only the address changes."),
            ("the model asks for the weather by calling a function", "tool calls",
             "The server hands over the call that the model wrote, and takes the result back."),
            ("ten fine-tuned variants of one model, all at once", "LoRA serving",
             "The base weights are there once; each request adds its small matrices."),
            ("somebody without a terminal tries the model", "web demo", "A page in the browser in front of the "
             "pipeline."),
            ("requests shared out over several servers", "request distributor",
             "A proxy that knows how busy each server is."),
            ("questions about a picture", "vision-language serving",
             "The picture becomes tokens by an encoder, in front of the text."),
        ]
    )  # fmt: skip
    parts = ["offline pipeline", "OpenAI-style server", "tool calls", "LoRA serving", "web demo", "request distributor",
             "vision-language serving"]  # fmt: skip
    return Ask(
        text=f"You want this: {want}. Which part of LMDeploy is it?",
        answer=answer,
        wrong=tuple(rng.sample([p for p in parts if p != answer], 3)),
        why=why,
    )


def ttft(rng: Random) -> Ask:
    """Time to the first token, and time for each later one."""
    first, each, n = rng.choice([200, 350, 500, 900]), rng.choice([10, 20, 25, 40]), rng.choice([50, 100, 200])
    if rng.random() < 0.5:
        return Ask(
            text=f"The first token comes after {first} ms, each later one {each} ms after the last. When is an "
            f"answer of {n} "
            "tokens complete, in ms?",
            hidden=f"{first} + ({n} - 1) * {each}",
            wrong=tuple(map(str, (n * each, first + each, n * first, first + (n + 1) * each, (n - 1) * each))),
            why=f"{first} for the prompt and the first token, then {n - 1} times {each}.",
        )
    change, answer, why = rng.choice(
        [
            ("the prompt is made ten times as long", "time to first token", "The prompt is read before anything "
             "is said."),
            ("many requests wait in line before yours", "time to first token", "Waiting comes before the first token."),
            ("the weights are stored in 4 bits in place of 16, short prompts", "time per token",
             "A token at a time, reading the weights is what takes the time."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"A server needs {first} ms to the first token and {each} ms per token. Now {change}. Which of the "
        "two changes most?",
        answer=answer,
        wrong=("time to first token", "time per token", "neither", "both alike"),
        why=why,
    )


def speculative(rng: Random) -> Ask:
    """Guess k, check in one pass, keep what agrees and one more."""
    k = rng.randint(3, 8)
    good = rng.randint(0, k)
    a = rng.choice([0.5, 0.6, 0.8, 0.9])
    mean = sum(a**i for i in range(k + 1))
    if rng.random() < 0.5:
        first = f"the first {good} are accepted" if good else "none is accepted"
        return Ask(
            text=f"A small model guesses {k} tokens; {first}. By how many tokens does the text grow with this "
            "one pass of the "
            "large model?",
            hidden=f"{good} + 1",
            wrong=tuple(map(str, (good, k, k + 1, good + 2, 2 * k))),
            why="What was accepted, and one of the large model's own: it has logits behind the last accepted "
            "token anyway.",
        )
    return Ask(
        text=f"Each of {k} guesses is accepted with probability {a}, if those before it were. How many tokens "
        "does a pass of the "
        "large model bring on average?",
        hidden=f"round(sum({a} ** i for i in range({k} + 1)), 2)",
        wrong=tuple(f"{v:.4g}" for v in (k, k + 1, round(k * a, 2), round(k * a + 1, 2), round(mean - 1, 2))),
        why=f"1 + {a} + {a}² + … to the power of {k}. The law of the text stays that of the large model.",
    )


def where_error(rng: Random) -> Ask:
    """Norms, embeddings and often the head stay in 16 bits."""
    C, L = rng.choice([(768, 12), (1600, 48), (4096, 32)])
    kind = rng.randrange(2)
    if kind == 0:
        part, answer, why = rng.choice(
            [
                ("the gains of the norms", "no", "They are a thousandth of the weights and scale everything."),
                ("the matrices of the MLPs", "yes", "Most of the weights are there: that is where the bytes are."),
                ("the projections of attention", "yes", "A third of a block's weights, and robust to rounding."),
                ("the exponentials of attention", "no", "No weights at all; its exponentials stay in floats."),
            ]
        )
        return Ask(
            text=f"A model of width {C} with {L} layers is served in 4 bits. Are {part} among what is rounded, "
            "as a rule?",
            answer=answer,
            wrong=("yes", "no", "only in the first layer"),
            why=why,
        )
    share = 2 * C * (2 * L + 1) / (12 * C * C * L)
    return Ask(
        text=f"Width {C}, {L} layers, two norms of 2 · {C} numbers each and 12 · {C}² weights a layer. What "
        "share are the norms?",
        hidden=f"f'{{4 * {C} / (12 * {C} ** 2):.2%}}'",
        wrong=tuple(f"{v:.2%}" for v in (share * 10, 0.5, 4 / 12, 12 / C, 1 / L)),
        why="Next to nothing: leaving them in 16 bits costs no memory, and rounding them would touch every number.",
    )


def when_slower(rng: Random) -> Ask:
    """Fewer bits help where reading is the bottleneck."""
    batch = rng.choice([1, 1, 256, 512])
    prompt = rng.choice([2000, 4000, 8000])
    case, answer, why = rng.choice(
        [
            (f"one conversation, token by token (batch {1})", "faster", "Every token reads all weights; now a "
             "quarter."),
            (f"prompts of {prompt:,} tokens are read, hardly anything is written", "slower or the same",
             "Each weight is used thousands of times for one reading: multiplying is the bottleneck, and unpacking is "
             "added."),
            (f"{max(batch, 256)} conversations take each step together", "slower or the same",
             "The batch shares the reading; the products are the bottleneck, and they stay in 16 bits."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"Weights go from 16 bits to 4, products stay in 16 (W4A16). Load: {case}. What happens to the speed?",
        answer=answer,
        wrong=("faster", "slower or the same", "exactly four times as fast", "it no longer runs"),
        why=why,
    )
