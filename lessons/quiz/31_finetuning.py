"""Quiz deck of lesson 31: what a chat teaches, low-rank corrections, and how to choose and measure."""

from random import Random

from lessons import Ask


def mask_why(rng: Random) -> Ask:
    """The assistant's words and its end are learned; the rest is only read."""
    turns = rng.randint(2, 4)
    asked = [rng.randint(4, 30) for _ in range(turns)]
    said = [rng.randint(5, 60) for _ in range(turns)]
    total = sum(asked) + sum(said) + 4 * turns
    if rng.random() < 0.6:
        listed = ", ".join(f"{a} and {b}" for a, b in zip(asked, said, strict=True))
        return Ask(
            text=f"A chat of {turns} turns; question and answer have {listed} tokens, and each message has one token "
            "for "
            "its role and one for its end. How many labels are not −100?",
            hidden=f"sum({said}) + {turns}",
            wrong=tuple(map(str, (total, sum(said), sum(said) + 2 * turns, sum(asked) + turns,
                sum(said) + 2 * turns + 1))),
            why="Each answer and its end token: the model writes both. The role's token is written by the program, the "
            "question by the user.",
        )  # fmt: skip
    what, answer, why = rng.choice(
        [
            ("the end token of the answers", "it does not know when to stop",
             "Nothing has taught it to write <|end|>: after an answer it goes on, often with a question."),
            ("the words of the answers", "it still goes on with any text, and answers nothing",
             "What has no label has no loss: the answers were read and not learned."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"In {rng.randint(10, 90)} thousand chats {what} had the label −100. What is the tuned model like?",
        answer=answer,
        wrong=("it does not know when to stop", "it still goes on with any text, and answers nothing",
               "it cannot read the user's words", "it answers with the user's words"),
        why=why,
    )  # fmt: skip


def small_high_quality(rng: Random) -> Ask:
    """10,000 to 100,000 chosen conversations; pretraining has 10¹² tokens."""
    chats, tokens = rng.choice([10, 27, 50, 100]), rng.choice([300, 500, 800])
    pre = rng.choice([0.3, 1.0, 1.4, 2.0])
    if rng.random() < 0.5:
        return Ask(
            text=f"{chats},000 conversations of {tokens} tokens; pretraining saw {pre:g} · 10¹² tokens. Which share of "
            "all that the model reads is finetuning?",
            hidden=f"f'{{{chats * 1000 * tokens} / ({pre} * 1e12 + {chats * 1000 * tokens}):.4%}}'",
            wrong=tuple(f"{chats * 1000 * tokens / pre / 1e12 * k:.4%}" for k in (1000, 100, 10, 0.01)),
            why=f"{chats * tokens / 1000:.4g} million tokens: next to nothing. They set the form; quality counts, "
            "since "
            "each example is copied in style.",
        )
    question, answer, wrong = rng.choice(
        [
            ("How many question-and-answer pairs were usual for the supervised stage of an assistant (2023)?",
             "10 to 100 thousand", ("10 to 100", "10 to 100 million", "10 to 100 billion")),
            ("Who wrote the answers of the supervised stage, in the recipe of 2022 and 2023?",
             "hired people, by long instructions",
             ("the model itself, unread", "nobody: pages of the web", "its users, while chatting")),
        ]
    )  # fmt: skip
    return Ask(
        text=question,
        answer=answer,
        wrong=wrong,
        why="Little data of high quality: an answer that is not as you want it teaches the model to answer so.",
    )


def format_not_facts(rng: Random) -> Ask:
    """Finetuning shows how to answer; what is known comes from pretraining."""
    learned, other = rng.choice([(32, 16), (300, 80), (2000, 500)])
    case, answer, why = rng.choice(
        [
            ("The facts of all stood in the pretraining text", "it answers most of them",
             "The form is learned from few examples, and the knowledge is there."),
            ("No fact stood in any text before", "it guesses in the right form",
             "It has learned the form and the tuned answers; what it never read it can only guess, and fluently."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"A model is finetuned on {learned} questions with answers and then asked {other} others. {case}. What "
        "does it do?",
        answer=answer,
        wrong=("it answers most of them", "it guesses in the right form", "it repeats the question",
               "it stays silent, since it knows what it does not know"),
        why=why,
    )  # fmt: skip


def lora_12288(rng: Random) -> Ask:
    """A: r · in, B: out · r. Rank 8 on 768 × 768 is 12,288 of 589,824, or 2.08 %."""
    i, o = rng.choice([(768, 768), (768, 2304), (768, 3072), (4096, 4096)])
    r = rng.choice([4, 8, 16, 32])
    thin = r * (i + o)
    if rng.random() < 0.5:
        return Ask(
            text=f"LoRA of rank {r} on a matrix of {o:,} × {i:,}. How many numbers learn?",
            hidden=f"{r} * ({i} + {o})",
            wrong=tuple(map(str, (r * i, r * i * o, i * o, r * r * (i + o), 2 * r * (i + o), thin + i))),
            why=f"A has {r} · {i:,}, B has {o:,} · {r}.",
        )
    return Ask(
        text=f"LoRA of rank {r} on a matrix of {o:,} × {i:,}. Which share of its size learns?",
        hidden=f"f'{{{thin} / {i * o}:.2%}}'",
        wrong=tuple(f"{v:.2%}" for v in (r / i, r / (i + o), thin / i / o / 2, thin / i / o * r, thin / i / o * 10)),
        why=f"{thin:,} of {i * o:,}. Rank 8 on 768 × 768: 12,288 of 589,824, 2.08 %.",
    )


def b_zero(rng: Random) -> Ask:
    """B starts at zero: its gradient is alive, A's comes a step later."""
    r, i, o = rng.sample(range(2, 7), 3)
    start, what = rng.choice(["B", "A", "both", "none"]), rng.choice(["A", "B"])
    a = f"torch.{'zeros' if start in ('A', 'both') else 'ones'}({r}, {i}, requires_grad=True)"
    b = f"torch.{'zeros' if start in ('B', 'both') else 'ones'}({o}, {r}, requires_grad=True)"
    alive = start != "both" and (start == "none" or start == what)
    return Ask(
        text="Has it a gradient other than zero?",
        code=f"A = {a}\nB = {b}\nx = torch.ones(3, {i})\n(x @ A.T @ B.T).sum().backward()\nbool({what}.grad.any())",
        wrong=("True", "False", "raises", "None"),
        why=f"The gradient of A is made of B, that of B of A. {what} can move now."
        if alive
        else f"The gradient of A is made of B, that of B of A: the other one is zero, so {what} stands still.",
    )


def alpha_r(rng: Random) -> Ask:
    """The correction is scaled by alpha / r, so that another rank keeps its size."""
    alpha, r = rng.choice([8, 16, 32, 64]), rng.choice([2, 4, 8, 16])
    while alpha == r:
        r = rng.choice([2, 4, 8, 16])
    a, b, x = rng.randint(1, 4), rng.randint(1, 4), rng.randint(1, 3)
    if rng.random() < 0.5:
        return Ask(
            text=f"LoRA with r = {r} and alpha = {alpha}; for an input B A x comes to {a * b * x}. How much is added "
            "to "
            "the base's output?",
            hidden=f"{float(a * b * x)} * {alpha} / {r}",
            wrong=tuple(f"{v:.4g}" for v in (a * b * x, a * b * x * alpha, a * b * x / r, a * b * x * r / alpha,
                                             a * b * x * alpha * r, a * b * x * alpha / r**0.5)),
            why=f"alpha / r = {alpha / r:g} times that.",
        )  # fmt: skip
    return Ask(
        text=f"r goes from {r} to {2 * r}, and the correction shall be scaled by the same number as with alpha = "
        f"{alpha}. "
        "Which alpha does that?",
        hidden=f"{alpha} * 2",
        wrong=tuple(map(str, (alpha, alpha // 2, alpha * 4, alpha + r, r))),
        why=f"What counts is alpha / r = {alpha / r:g}. Left alone, alpha would halve it, because the sum of twice "
        "as many "
        "terms tends to be larger.",
    )


def lora_dropout(rng: Random) -> Ask:
    """Dropout acts on the adapter's input, in train mode; the base reads x whole."""
    p = rng.choice([0.05, 0.1, 0.2, 0.5])
    question, answer, wrong, why = rng.choice(
        [
            (f"lora_dropout = {p}, train mode. What is dropped?", "a part of what goes into A",
             ("a part of the base's output", "a part of the rank's rows, for good", "a part of the layer's input, "
              "for base "
              "and A"),
             "The frozen branch reads x whole; only the correction learns not to rely on single inputs."),
            (f"lora_dropout = {p}. The adapter is merged and the model used. What is dropped?", "nothing",
             (f"{p:.0%} of the correction", f"{p:.0%} of each layer's input", f"{p:.0%} of the weights"),
             "Dropout is for training; a merged layer is one matrix."),
            (f"lora_dropout = {p}, train mode. By what are the numbers scaled that go into A and are kept?",
             f"{1 / (1 - p):.4g}", (f"{1 - p:.4g}", "1", f"{1 / p:.4g}", f"{p:.4g}"),
             "By 1 / (1 − p), so that the mean stays."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def targets(rng: Random) -> Ask:
    """Which matrices get an adapter is a list of names."""
    C, L, r = rng.choice([(768, 12, 8), (1024, 24, 4), (4096, 32, 16)])
    names, count, code = rng.choice(
        [
            ("q_proj and v_proj (C × C each)", 2 * 2 * C, f"{L} * {r} * 2 * ({C} + {C})"),
            ("all four projections of attention (C × C each)", 4 * 2 * C, f"{L} * {r} * 4 * ({C} + {C})"),
            ("both matrices of the MLPs (C × 4C)", 2 * 5 * C, f"{L} * {r} * 2 * ({C} + 4 * {C})"),
        ]
    )
    total = L * r * count
    return Ask(
        text=f"{L} blocks of width C = {C:,}; adapters of rank {r} on {names} in each. How many numbers learn?",
        hidden=code,
        wrong=tuple(map(str, (r * count, total // 2, total * 2, L * count, L * C * C))),
        why=f"r · (in + out) for each matrix, {L} times. The first paper took queries and values; with all matrices "
        "a lower "
        "rank is enough.",
    )


def no_softmax(rng: Random) -> Ask:
    """LoRA is a low-rank update of a frozen weight; no softmax has a part in it."""
    r = rng.choice([4, 8, 16])
    question, answer, wrong, why = rng.choice(
        [
            (f"Where is a LoRA of rank {r} in a transformer?", "beside the weight of a linear layer",
             ("behind the softmax of attention", "before the softmax, on the scores", "in place of the softmax"),
             "It is added to a matrix: W + (alpha / r) · B A. Any linear layer may have one."),
            (f"What does LoRA of rank {r} write as a product of two thin matrices?", "the change of a weight",
             ("the weight itself", "the attention weights", "the activations"),
             "The weight keeps its full rank; only what is added to it is thin."),
            (f"A matrix of 768 × 768 has a merged LoRA of rank {r}. Which rank can the sum have?", "768",
             (str(r), str(768 - r), str(2 * r)),
             "The change has low rank, the weight has not, and neither has the sum."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def reft(rng: Random) -> Ask:
    """ReFT edits activations at a few places; all weights stay."""
    C, r = rng.choice([(768, 4), (4096, 4), (4096, 8)])
    L = rng.choice([2, 4, 8])
    if rng.random() < 0.5:
        return Ask(
            text=f"LoReFT at {L} layers, width {C:,}, rank {r}: an edit h + Rᵀ(W h + b − R h) with R and W of {r} × "
            f"{C:,} "
            f"and b of {r}. How many numbers learn?",
            hidden=f"{L} * (2 * {r} * {C} + {r})",
            wrong=tuple(map(str, (L * r * C, L * 2 * r * C, L * C * C, 2 * r * C + r, L * (r * C + r)))),
            why=f"Two matrices and a bias for each of {L} layers: often a tenth of a LoRA.",
        )
    question, answer, wrong, why = rng.choice(
        [
            ("What does ReFT change in a frozen model?", "activations, at some layers and positions",
             ("weights, by a thin product", "the token table", "the learning rate of each layer"),
             "It intervenes on what flows through; LoRA changes what it flows through."),
            ("A LoRA and a ReFT have been trained. Which can be added into the weights, so that nothing is left?",
             "LoRA", ("ReFT", "both", "neither"),
             "ReFT acts at chosen positions of the text, which no weight knows of."),
        ]
    )  # fmt: skip
    return Ask(text=f"{question} (Width {C:,}, {L} layers.)", answer=answer, wrong=wrong, why=why)


def qlora(rng: Random) -> Ask:
    """The frozen base in 4 bits, adapters in 16, gradients through both."""
    b = rng.choice([7, 13, 33, 65])
    question, code, answer, wrong, why = rng.choice(
        [
            (f"{b} billion weights frozen in NF4, 4 bits each, scales left aside. How many GB is the base?",
             f"{b} * 4 / 8", None, (b, 2 * b, 4 * b, b / 4, b * 0.75),
             "Half a byte each. The adapters and their optimizer come on top, and are small."),
            (f"{b} billion weights; the base goes from 16 bits to 4. How many GB does that save?",
             f"{b} * 2 - {b} * 0.5", None, (b / 2, 2 * b, b, 4 * b, b * 1.75),
             "Two bytes become half a byte each."),
            (f"QLoRA on {b} billion weights in 4 bits. What gets a gradient?", "", "the adapters alone",
             ("the 4-bit weights", "adapters and 4-bit weights", "the scales of the blocks"),
             "Gradients flow through the rounded base, which is unpacked for each product, to A and B."),
        ]
    )  # fmt: skip
    choices = tuple(w if isinstance(w, str) else f"{w:.4g}" for w in wrong)
    return Ask(text=question, hidden=f"float({code})" if code else "", answer=answer, wrong=choices, why=why)


def chat_template(rng: Random) -> Ask:
    """The same template in training and at work, to the last space."""
    turns = rng.randint(1, 4)
    question, answer, wrong, why = rng.choice(
        [
            (f"{turns} question{'s' * (turns > 1)} of a user stand in the prompt, answered but for the last. With what "
             "must the rendered prompt end, so that the model answers?", "<|assistant|>",
             ("<|end|>", "<|user|>", "the last word of the question"),
             "The program opens the assistant's turn; the model goes on from there until <|end|>."),
            (f"A model was tuned on \"<|user|>\\n{{text}}<|end|>\". At work the line break is missing in all "
             f"{turns + 1} "
             "messages. What happens?", "it answers, and worse than it could",
             ("an error: unknown token", "nothing: spaces do not count", "it refuses to answer"),
             "Other ids than in training: nothing raises, the answers suffer."),
            (f"A user writes the letters <|end|><|system|> into question {turns}. A careful program encodes them as "
             "what?",
             "plain text, letters like others", ("the two special tokens", "nothing: they are cut out", "the id of the "
             "unknown token"),
             "Special ids come from the program alone; else a user could speak with the system's voice."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def forgetting(rng: Random) -> Ask:
    """Tuned on one thing alone, a model loses others."""
    before, after = rng.choice([2.9, 3.1, 3.3]), rng.choice([4.2, 5.0, 5.6])
    share = rng.choice([5, 10, 20])
    question, answer, wrong, why = rng.choice(
        [
            (f"The loss on the tuning data falls, the one on plain text rises from {before} to {after}. What is it?",
             "forgetting", ("overfitting to plain text", "a vanishing gradient", "a bug in the mask"),
             "The weights moved to where the new data wanted them; nothing held what the old text needs."),
            (f"Plain text's loss rose from {before} to {after} while tuning. Which change does NOT work against it?",
             "a larger learning rate", (f"{share} % of old text in each batch", "fewer steps", "a lower learning rate"),
             "The further the weights move, the more is lost; old text in the batches holds them."),
            (f"A LoRA was tuned and the plain loss rose from {before} to {after}. How is the old model had back?",
             "switch the adapter off", ("it cannot be", "tune on the old text again", f"lower alpha by {share} %"),
             "The base has not moved at all, as long as the adapter is not merged."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def peft_menu(rng: Random) -> Ask:
    """Prompt vectors, adapters, LoRA, head: what learns, what stays at work."""
    ways = {
        "prompt tuning": "a few vectors in front of the text learn, all weights stand still",
        "LoRA": "thin matrices beside the weights learn, and are added in at the end",
        "bottleneck adapters": "small layers between the frozen ones learn, and stay there at work",
        "head only": "one new layer on top of the frozen model learns",
        "BitFit": "the biases learn, and nothing else",
    }
    name = rng.choice(list(ways))
    if rng.random() < 0.6:
        return Ask(
            text=f"Which way of tuning is it: {ways[name]}?",
            answer=name,
            wrong=tuple(rng.sample([n for n in ways if n != name], 3)),
            why="All of them leave the large matrices as they are; they differ in what is new and in what stays at "
            "work.",
        )
    n, tokens, C = rng.choice([10, 20, 100]), rng.choice([100, 400]), rng.choice([768, 1024, 4096])
    return Ask(
        text=f"Prompt tuning with {n} vectors of width {C:,} in front of a text of {tokens} tokens. How many numbers "
        "learn?",
        hidden=f"{n} * {C}",
        wrong=tuple(map(str, (C, n * C * C, (n + tokens) * C, tokens * C, 2 * n * C))),
        why=f"{n} · {C:,}. At work the text is {n} places longer.",
    )


def evals(rng: Random) -> Ask:
    """Measure what users need, on cases nobody trained on."""
    n, right = rng.choice([50, 100, 200]), rng.choice([0.6, 0.7, 0.8])
    if rng.random() < 0.5:
        return Ask(
            text=f"{n} exam cases, {right:.0%} right. By about how many points does chance alone move that (one "
            "standard "
            "error)?",
            hidden=f"round(100 * ({right} * (1 - {right}) / {n}) ** 0.5, 1)",
            wrong=tuple(f"{v:.4g}" for v in (round(100 * right * (1 - right) / n, 1), 0.1, round(100 / n, 1),
                                             round(100 * right / n**0.5, 1), 15.0)),
            why=f"√(p(1 − p)/n): with {n} cases small gains are noise.",
        )  # fmt: skip
    question, answer, wrong, why = rng.choice(
        [
            (f"Before the first tuning you write {n} cases with answers. What else must hold for them?",
             "none of them is in the training data",
             ("all of them are in the training data", "the model already gets them right", "they are long"),
             "Else you measure memory."),
            (f"Two tuned models; the loss of one is lower on the chats' held-out part. {n} users prefer the other. "
             "Which one is better?", "the one that users prefer",
             ("the one with the lower loss", "neither can be", "the larger one"),
             "The loss asks how likely one written answer is; many good answers look different."),
            (f"A strong model grades {n} answers of two models side by side. What must be done about their order?",
             "each pair is judged in both orders",
             ("the longer answer stands first", "nothing: judges do not see order", "the newer model stands first"),
             "Such judges favor a place, and length; both orders cancel the first."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def prompt_vs_tune(rng: Random) -> Ask:
    """A prompt's examples are read at every call; tuning is paid once."""
    shots, each = rng.choice([5, 10, 20]), rng.choice([100, 150, 300])
    calls = rng.choice([1000, 10_000, 100_000])
    if rng.random() < 0.4:
        return Ask(
            text=f"A prompt carries {shots} examples of {each} tokens. How many tokens of examples are read in "
            f"{calls:,} "
            "calls?",
            hidden=f"{shots} * {each} * {calls}",
            wrong=tuple(map(str, (shots * each, each * calls, shots * calls, shots * each * calls * 2))),
            why="All of them at each call, unless their keys and values are kept; a tuned model needs none.",
        )
    case, answer, why = rng.choice(
        [
            (f"You have {shots} examples and need a first version today", "prompting",
             "Nothing to train, changed in a minute; and it makes the exam against which tuning must win."),
            (f"A fixed format, {calls * 10:,} calls a day, a small model on your own machine", "finetuning",
             "Paid once; afterwards short prompts and a small model do."),
            (f"Prices change every day; {shots} facts are needed for an answer", "facts looked up and put into the "
             "prompt",
             "Weights are a slow place for facts; a text in the prompt is right as soon as it changes."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"{case}. Where do you begin?",
        answer=answer,
        wrong=("prompting", "finetuning", "facts looked up and put into the prompt", "pretraining a model"),
        why=why,
    )


def packing(rng: Random) -> Ask:
    """Several chats in one row save filling; a mask of documents keeps them apart."""
    lengths = [rng.randint(40, 300) for _ in range(rng.randint(3, 4))]
    row = rng.choice([1024, 2048])
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"Chats of {', '.join(map(str, lengths))} tokens: one each in rows of {row:,}, or all packed into "
            "one row. "
            "How many places of filling does packing save?",
            hidden=f"{len(lengths)} * {row} - {row}",
            wrong=tuple(map(str, (row - sum(lengths), len(lengths) * row - sum(lengths), sum(lengths), row,
                                  len(lengths) * row))),
            why=f"{len(lengths)} rows become one: {len(lengths) - 1} · {row:,} places less.",
        )  # fmt: skip
    if kind == 1:
        return Ask(
            text=f"Chats of {', '.join(map(str, lengths))} tokens are packed into one row, with a causal mask that "
            "keeps "
            "documents apart. How many query-key pairs are allowed?",
            hidden=f"sum(n * (n + 1) // 2 for n in {lengths})",
            wrong=tuple(map(str, (sum(lengths) * (sum(lengths) + 1) // 2, sum(n * n for n in lengths),
                sum(lengths) ** 2,
                                  sum(n * (n - 1) // 2 for n in lengths)))),
            why="One triangle for each chat. Without the mask each chat would read those before it.",
        )  # fmt: skip
    k = rng.randrange(1, len(lengths))
    return Ask(
        text=f"Chats of {', '.join(map(str, lengths))} tokens are packed into one row. Which position does the first "
        "token "
        f"of chat {k + 1} get, if every chat shall be as if it stood alone?",
        answer="0",
        wrong=(str(sum(lengths[:k])), str(lengths[k - 1]), str(sum(lengths[:k]) + 1), str(k)),
        why="Positions begin again with each chat, and the mask keeps them apart.",
    )
