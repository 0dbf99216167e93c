"""Questions about real tokenizers: GPT-2's numbers, patterns, special tokens, masks; every draw has fresh numbers."""

from random import Random

from lessons import Ask


def vocab_50257(rng: Random) -> Ask:
    """GPT-2: 256 bytes + 50,000 merges + 1 special token = 50,257."""
    extra = rng.choice([1, 2, 3, 5])
    merges = rng.choice([50_000, 50_000, 1000, 4000, 32_000])
    total = 256 + merges + extra
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"256 bytes, {merges:,} merges, special tokens: {extra}. How many ids are there?",
            hidden=f"256 + {merges} + {extra}",
            wrong=(str(merges + extra), str(total - 1), str(total + 1), str(255 + merges), str(merges)),
            why="Bytes, merges and special tokens each own ids. GPT-2: 256 + 50,000 + 1 = 50,257.",
        )
    if kind == 1:
        return Ask(
            text=f"A tokenizer like GPT-2's has {merges:,} merges. Which id does its first special token get?",
            hidden=f"256 + {merges}",
            wrong=(str(merges), str(256 + merges + 1), str(256 + merges - 1), str(merges + 1), "0"),
            why="Ids count from 0: bytes to 255, merges behind them, then special tokens. In GPT-2 that is 50256.",
        )
    return Ask(
        text=f"A vocabulary like GPT-2's has {256 + merges + 1:,} ids, one of them special. How many merges?",
        hidden=f"{256 + merges + 1} - 257",
        wrong=(str(merges + 1), str(merges + 256), str(merges + 257), str(merges - 1)),
        why="Take away 256 bytes and the one special token.",
    )


def hello_ids(rng: Random) -> Ask:
    """GPT-2 reads "Hello, how are you?" as 6 tokens: 15496 11 703 389 345 30."""
    pieces = [("Hello", 15496), (",", 11), (" how", 703), (" are", 389), (" you", 345), ("?", 30)]
    if rng.random() < 0.3:
        return Ask(
            text='How many tokens of GPT-2 is "Hello, how are you?"',
            answer="6",
            wrong=("4", "5", "7", "9", "19"),
            why="Four words and two signs; each word takes the space in front of it along.",
        )
    start = rng.randint(0, 3)
    some = pieces[start : start + rng.randint(2, 3)]
    text = "".join(p for p, _ in pieces)
    return Ask(
        text=f'"{text}" is {", ".join(str(i) for _, i in pieces)}. '
        f"What do the ids {', '.join(str(i) for _, i in some)} say?",
        answer=repr("".join(p for p, _ in some)),
        wrong=(
            repr("".join(p.strip() for p, _ in some)),
            repr("".join(p for p, _ in pieces[start + 1 : start + 4])),
            repr("".join(p for p, _ in some).strip() + " "),
            repr(" ".join(p.strip() for p, _ in some) + "."),
        ),
        why="The cut lies before the space: Hello │ , │ how │ are │ you │ ?",
    )


def lead_space(rng: Random) -> Ask:
    """The space in front belongs to the word: " how" and "how" are two tokens."""
    w = rng.sample(["we", "see", "tea", "red", "owls", "sing", "ten", "maps"], 3)
    gap = " " * rng.randint(1, 4)
    data = f"{w[0]} {w[1]}{gap}{w[2]}"
    kind = rng.randrange(2)
    if kind == 0:
        return Ask(
            text="GPT-2's pattern, for words and spaces alone: how many pieces?",
            code=f'import regex\nlen(regex.findall(r" ?\\p{{L}}+|\\s+(?!\\S)|\\s+", "{data}"))',
            wrong=("1", "2", "3", "4", "5", "6", str(2 + len(gap))),
            why="A word takes one space in front of it along; the spaces before that one are a piece of their own.",
        )
    return Ask(
        text="Which is the second piece?",
        code=f'import regex\nrepr(regex.findall(r" ?\\p{{L}}+|\\s+(?!\\S)|\\s+", "{w[0]} {w[1]} {w[2]}")[1])',
        wrong=(repr(w[1]), repr(w[1] + " "), repr(" "), repr(" " + w[1] + " "), repr(w[0] + " ")),
        why=f"' {w[1]}' with its space is another token than '{w[1]}' at the beginning of a text.",
    )


def digits(rng: Random) -> Ask:
    """Which digits share a token is an accident: that makes arithmetic hard."""
    n = rng.randint(4, 10)
    number = "".join(rng.choices("123456789", k=n))
    left = [number[i : i + 3] for i in range(0, n, 3)]
    cut = n % 3 or 3
    right = [number[:cut], *(number[i : i + 3] for i in range(cut, n, 3))]
    if rng.random() < 0.35:
        return Ask(
            text=f"Why is {number} + {rng.randint(100, 999)} hard for a model with GPT-2's tokenizer?",
            answer="which digits share a token is an accident of the text",
            wrong=(
                "digits are not in the vocabulary",
                "numbers become <unk>",
                "each digit is a token, so that numbers are too long",
                "ids are not in the order of the numbers they stand for",
            ),
            why="1275 is 12│75, 127 is one token: the places do not line up, and there is no digit to see.",
        )
    return Ask(
        text=rf'Pieces of "{number}" under \p{{N}}{{1,3}}, as in GPT-4?',
        hidden=f'import regex\n" | ".join(regex.findall(r"\\p{{N}}{{1,3}}", "{number}"))',
        wrong=(" | ".join(right), number, " | ".join(number), " | ".join([number[:2], number[2:]]), number[:3]),
        why=f"Groups of three from the left: {' | '.join(left)}. Thousands and units do not line up.",
    )


def pad_50256(rng: Random) -> Ask:
    """GPT-2 has no pad token; whoever pads with 50256 must mask."""
    a, b = rng.sample(range(3, 30), 2)
    short, long = sorted((a, b))
    question, right, wrong, why = rng.choice(
        [
            ("Which pad token has GPT-2?", "none", ("50256", "0", "50257", "-100"),
             "It was trained on one stream without pads. 50256 is the end of a text, used as a pad for want of one."),
            (f"Texts of {short} and {long} tokens, padded with 50256. How many targets must not count?",
             str(long - short), (str(long), str(short), "0", "1", str(long + short)),
             f"The {long - short} pads of the short text; their targets are set to -100."),
            (f"A text of {short} tokens is padded to {long} with 50256, and nothing is masked. What does it learn?",
             "that an end is followed by more ends",
             ("nothing new: pads have no gradient", "to ignore 50256", "it raises"),
             "50256 is a token like any other: without a mask it is read, predicted and rewarded."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=right, wrong=wrong, why=why)


def mask(rng: Random) -> Ask:
    """The attention mask is 1 for what is real and 0 for pads."""
    lengths = rng.sample(range(2, 9), 3)
    top = max(lengths)
    kind = rng.randrange(2)
    if kind == 0:
        n = min(lengths)
        right = [1] * n + [0] * (top - n)
        return Ask(
            text=f"A text of {n} tokens is padded on the right to {top}. Its attention mask?",
            hidden=f"[1] * {n} + [0] * {top - n}",
            wrong=(str([1 - v for v in right]), str(right[::-1]), str([1] * top), str([1 - v for v in right[::-1]])),
            why="1 is a real token, 0 a pad.",
        )
    return Ask(
        text=f"Texts of {lengths[0]}, {lengths[1]} and {lengths[2]} tokens in one batch. How many zeros has the mask?",
        hidden=f"3 * {top} - {sum(lengths)}",
        wrong=(str(sum(lengths)), str(3 * top), str(top - min(lengths)), "0", str(3 * top - sum(lengths) + 1)),
        why=f"Three rows of {top} places, {sum(lengths)} of them real.",
    )


def trunc_pad(rng: Random) -> Ask:
    """Truncation cuts to the limit, padding fills to the longest that is left."""
    limit = rng.randint(6, 12)
    lengths = [rng.randint(2, limit - 1), rng.randint(2, limit + 8), rng.randint(2, limit + 8)]
    rng.shuffle(lengths)
    cut = [min(n, limit) for n in lengths]
    return Ask(
        text=f"Lengths {', '.join(map(str, lengths))}; truncation at {limit}, padding to the longest. Which shape?",
        hidden=f"(3, max(min(n, {limit}) for n in {lengths}))",
        wrong=tuple(str((3, n)) for n in (max(lengths), min(cut), limit, limit + 1, sum(cut), max(cut) - 1)),
        why=f"After the cut the lengths are {', '.join(map(str, cut))}; the longest decides.",
    )


def bert_specials(rng: Random) -> Ask:
    """[CLS] opens, [SEP] parts, [PAD] fills, [UNK] is what is not known."""
    jobs = {
        "[CLS]": "opens the text; its vector stands for the whole",
        "[SEP]": "parts two texts and ends the last",
        "[PAD]": "fills a short row of a batch",
        "[UNK]": "stands for what is not in the vocabulary",
        "[MASK]": "is what the model has to fill in",
    }
    token = rng.choice(list(jobs))
    if rng.random() < 0.3:
        n, m = rng.randint(3, 20), rng.randint(3, 20)
        return Ask(
            text=f"BERT gets a question of {n} tokens and a text of {m}, as one input. How many tokens in all?",
            hidden=f"1 + {n} + 1 + {m} + 1",
            wrong=(str(n + m), str(n + m + 1), str(n + m + 2), str(n + m + 4)),
            why="[CLS], the question, [SEP], the text, [SEP].",
        )
    if rng.random() < 0.5:
        return Ask(
            text=f"What does {token} do in BERT's input?",
            answer=jobs[token],
            wrong=tuple(v for k, v in jobs.items() if k != token),
            why=f"{token} {jobs[token]}. GPT-2 has one special token alone, <|endoftext|>.",
        )
    return Ask(
        text=f"Which of BERT's tokens {jobs[token]}?",
        answer=token,
        wrong=tuple(k for k in jobs if k != token),
        why=f"{token} {jobs[token]}.",
    )


def spm_vs_bpe(rng: Random) -> Ask:
    """SentencePiece starts from code points, GPT's tokenizers from bytes."""
    facts = {
        "marks a space by ▁": True,
        "starts from code points": True,
        "falls back to bytes for rare characters": True,
        "needs no pattern that cuts the text before": True,
        "writes a space as Ġ in its files": False,
        "starts from bytes": False,
        "cuts the text by a pattern first": False,
    }
    spm = rng.random() < 0.5
    right = rng.choice([f for f, s in facts.items() if s == spm])
    wrong = rng.sample([f for f, s in facts.items() if s != spm], 3)
    name = "SentencePiece (Llama 2)" if spm else "GPT-2's tokenizer"
    return Ask(
        text=f"What is true of {name}?",
        answer=right,
        wrong=tuple(wrong),
        why=f"{name} {right}; the other family does not.",
    )


def cl100k(rng: Random) -> Ask:
    """GPT-4's pattern cuts digits in groups of at most 3, and knows 'LL as 'll."""
    n = rng.randint(4, 12)
    number = "".join(rng.choices("123456789", k=n))
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"Into how many pieces does GPT-4's pattern (cl100k, 2023) cut the number {number}?",
            hidden=f'import regex\nlen(regex.findall(r"\\p{{N}}{{1,3}}", "{number}"))',
            wrong=("1", str(n), str(n // 3), str(-(-n // 2)), "2"),
            why="At most three digits a piece, from the left.",
        )
    word = rng.choice(["HE'LL", "WE'RE", "I'VE", "IT'S"])
    if kind == 1:
        old, new = r"'(?:[sdmt]|ll|ve|re)", r"'(?i:[sdmt]|ll|ve|re)"
        lower = rng.random() < 0.5
        text = word.lower() if lower else word
        pattern = rng.choice([old, new])
        return Ask(
            text="What does this part of the pattern find?",
            code=f'import regex\nregex.findall(r"{pattern}", "{text}")',
            wrong=("[]", f"[{text[text.index(chr(39)) :]}]", f"[{text}]", f"[{text[text.index(chr(39)) + 1 :]}]"),
            why="GPT-2's knows 'll and not 'LL; GPT-4's has (?i:…), which takes both.",
        )
    byte = rng.choice([ord(c) for c in "AZaz09"])
    return Ask(
        text=f"In cl100k, is the byte {byte} the id {byte}, as in a tokenizer of your own?",
        answer="no: its bytes have their ids in another order",
        wrong=("yes: the first 256 ids are the bytes", "no: bytes have no ids", f"no: it is {byte + 256}"),
        why="GPT's vocabularies order the 256 bytes by their printable alphabet; one needs a table to go over.",
    )


def casing(rng: Random) -> Ask:
    """Capitals and spaces make other tokens of the same word."""
    word = rng.choice(["owl", "tea", "snow", "map", "river", "lamp"])
    forms = [word, " " + word, word.capitalize(), " " + word.capitalize(), word.upper(), word]
    some = rng.sample(forms, rng.randint(3, 6))
    return Ask(
        text="Each form is one token, if it is in the vocabulary. How many different ids?",
        code=f"len(set({some!r}))",
        wrong=tuple(map(str, (1, 2, 3, 4, 5, 6))),
        why="A space or a capital makes other bytes, and so another token: the model must learn each by itself.",
    )


def playground(rng: Random) -> Ask:
    """A viewer of tokens on the web shows what a prompt costs before it is sent."""
    tokens, price = rng.choice([1200, 2500, 4000, 8000]), rng.choice([2, 5, 10])
    calls = rng.choice([100, 1000, 10_000])
    total = tokens * calls * price / 1e6
    if rng.random() < 0.4:
        return Ask(
            text="Where do you see at once how many tokens a prompt has, and where it is cut?",
            answer="in an online viewer of tokens, with the model's own tokenizer chosen",
            wrong=(
                "by counting words and adding a third",
                "in the model's config.json",
                "in any viewer: all models cut alike",
            ),
            why="Pages such as tiktokenizer color the cuts; choose the model, since each cuts in its own way.",
        )
    return Ask(
        text=f"The viewer says {tokens:,} tokens. At {price} dollars a million: what do {calls:,} calls cost?",
        hidden=f"{tokens} * {calls} * {price} / 1e6",
        wrong=tuple(f"{v:.4g}" for v in (total * 10, total / 10, total * 4, total / 4, total * 1.3)),
        why="Tokens · calls · price / 1,000,000, before the answer's own tokens.",
    )


def glitch(rng: Random) -> Ask:
    """A token that hardly occurs in training keeps the row that it was born with."""
    v, d = rng.randint(20, 60), rng.randint(3, 9)
    seen = sorted(rng.sample(range(v), rng.randint(2, 6)))
    if rng.random() < 0.3:
        return Ask(
            text="Why did ` SolidGoldMagikarp` (id 43453) make models talk nonsense in 2023?",
            answer="its row was hardly ever trained",
            wrong=("it was cut into too many tokens", "it was a special token", "it is no valid UTF-8"),
            why="It was frequent where the tokenizer was trained, and rare where the model was: its row stayed noise.",
        )
    return Ask(
        text="How many rows of the table get a gradient that is not zero?",
        code=f"emb = nn.Embedding({v}, {d})\nemb(torch.tensor({seen})).sum().backward()\n"
        "(emb.weight.grad.abs().sum(1) > 0).sum().item()",
        wrong=(str(v), str(v - len(seen)), str(d), "0", "1"),
        why="Only tokens that occur are trained; the others stay as they were born.",
    )


def extend(rng: Random) -> Ask:
    """New chat tokens get ids at the end, and need new rows."""
    v, d, k = rng.choice([50257, 300, 1000]), rng.choice([16, 64, 768]), rng.randint(2, 5)
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"{k} chat tokens are added to a vocabulary of {v:,}. Which id does the last one get?",
            hidden=f"{v} + {k} - 1",
            wrong=(str(v + k), str(v), str(v - 1), str(k)),
            why=f"Ids count from 0: the new ones are {v} … {v + k - 1}.",
        )
    if kind == 1:
        return Ask(
            text=f"{k} chat tokens are added at width {d}. How many numbers does the tied table gain?",
            hidden=f"{k} * {d}",
            wrong=(str(2 * k * d + 1), str(k), str(d), str(v * d), "0"),
            why=f"{k} rows of {d}; the output layer shares them. They are untrained, and learned in fine-tuning.",
        )
    small = rng.randint(10, 40)
    new = rng.choice([small - 1, small, small + k - 1])
    return Ask(
        text=f"Tokens were added to the tokenizer, up to id {small + k - 1}. What does this give?",
        code=f"emb = nn.Embedding({small}, 4)\nemb(torch.tensor([{new}])).shape",
        wrong=("raises", "(1, 4)", "(4,)", f"({small}, 4)"),
        why="The table still has its old rows; ids behind them raise. Who adds tokens must make it grow.",
    )
