"""Questions about byte-pair encoding: bytes, merges, sizes and their order; every draw has fresh numbers or texts."""

from random import Random

from lessons import Ask


def utf8_lengths(rng: Random) -> Ask:
    """UTF-8 writes ASCII in 1 byte, é in 2, 한 in 3, 🙂 in 4."""
    groups = ["abkz7", "éüßñж", "한글字語€", "🙂🚀🐍🎲"]
    picked = [rng.choice(g) for g in rng.sample(groups, 2)] + [rng.choice("xyz")]
    rng.shuffle(picked)
    text = "".join(picked)
    n, chars = len(text.encode()), len(text)
    return Ask(
        text="How many ids does a byte-level tokenizer start from?",
        code=f'len("{text}".encode("utf-8"))',
        wrong=(str(chars), str(2 * chars), str(4 * chars), str(n + 1), str(n - 1)),
        why="ASCII takes 1 byte, accented letters and Cyrillic 2, Korean and Chinese 3, emoji 4: "
        + ", ".join(f"{c} {len(c.encode())}" for c in picked)
        + ".",
    )


def why_bytes(rng: Random) -> Ask:
    """256 bytes cover every text: nothing is unknown."""
    merges = rng.choice([0, 300, 1000, 50000])
    question, right, wrong, why = rng.choice(
        [
            (f"A byte-level tokenizer with {merges:,} merges meets a word in a script it never saw. What comes out?",
             "its bytes, as ids below 256 where no merge fits",
             ("one <unk> for the word", "one <unk> for each character", "an exception", "nothing: the word is dropped"),
             "Every text is bytes, and all 256 bytes are in the table."),
            (f"How many base symbols has a byte-level tokenizer before its {merges:,} merges?", "256",
             ("128", "255", "about 150,000", str(merges + 256 if merges else 26)),
             "One for each value of a byte; merges come on top."),
            ("Which base vocabulary never needs an <unk>, and is the smallest?", "the 256 bytes",
             ("all words of a dictionary", "all letters of the training text", "the 128 characters of ASCII"),
             "Words and letters outside of the table are unknown; bytes are never."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=right, wrong=wrong, why=why)


def vocab_tradeoff(rng: Random) -> Ask:
    """A larger vocabulary: shorter sequences, larger tables."""
    width = rng.choice([512, 768, 1024, 2048])
    old = rng.choice([32_000, 50_257, 65_536])
    new = rng.choice([2, 4]) * old
    question, right, wrong, why = rng.choice(
        [
            (f"The vocabulary grows from {old:,} to {new:,}. What happens to sequences and tables?",
             "shorter sequences, larger tables",
             ("longer sequences, larger tables", "shorter sequences, smaller tables"),
             "More merges: more bytes in a token; each token owns a row."),
            (f"From {old:,} to {new:,} tokens at width {width}: how many million numbers does the embedding gain?",
             f"{(new - old) * width / 1e6:.1f}", (f"{new * width / 1e6:.1f}", f"{old * width / 1e6 / 2:.1f}",
             f"{(new - old) * width / 1e5:.1f}", "0: only the tokenizer changes"),
             f"{new - old:,} rows of {width}; the output layer grows too, unless both share one table."),
            (f"A vocabulary is cut from {new:,} to {old:,}. The text stays. What does attention pay?",
             "more: the sequences get longer",
             ("less: the table is smaller", "the same: it does not see the table", "less: the sequences get shorter"),
             "Fewer merges leave more tokens, and attention compares all pairs."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=right, wrong=wrong, why=why)


def ratio(rng: Random) -> Ask:
    """Bytes per token: bytes of UTF-8 over number of ids."""
    tokens = rng.randint(120, 900)
    ascii_part, wide = rng.randint(300, 2500), rng.randint(50, 400)
    size = ascii_part + 3 * wide
    return Ask(
        text=f"{ascii_part} ASCII letters and {wide} Korean ones (3 bytes each) become {tokens} tokens. "
        "How many bytes per token?",
        hidden=f"round({size} / {tokens}, 2)",
        wrong=tuple(
            f"{v:.4g}"
            for v in (
                round((ascii_part + wide) / tokens, 2),
                round(tokens / size, 2),
                round((2 * ascii_part + 2 * wide) / tokens, 2),
                round(ascii_part / tokens, 2),
            )
        ),
        why=f"({ascii_part} + 3 · {wide}) / {tokens}. The higher, the more text fits into one context.",
    )


def merge_count(rng: Random) -> Ask:
    """Merges = vocabulary − 256; the merge at place r is the id 256 + r."""
    size = rng.choice([300, 512, 1000, 4096, 10_000])
    rank = rng.randint(3, 40)
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"How many merges does a byte-level tokenizer with {size:,} ids have (no special tokens)?",
            hidden=f"{size} - 256",
            wrong=(str(size), str(size - 255), str(size - 128), str(size + 256), str(size - 257)),
            why=f"256 ids are the bytes; {size:,} − 256 are merges.",
        )
    if kind == 1:
        return Ask(
            text=f"The merges are numbered from 0. Which id does merge {rank} make?",
            hidden=f"256 + {rank}",
            wrong=(str(rank), str(255 + rank), str(257 + rank), str(2 * rank)),
            why="The first id that no byte uses is 256: that is merge 0.",
        )
    hits, length = rng.randint(5, 60), rng.randint(200, 900)
    return Ask(
        text=f"A sequence of {length} ids; a pair stands in it {hits} times, without overlap, and is merged. "
        "How long is it then?",
        hidden=f"{length} - {hits}",
        wrong=(str(length - 2 * hits), str(length), str(length - hits - 1), str(length - 1)),
        why=f"At each of the {hits} places two ids become one.",
    )


def replacement(rng: Random) -> Ask:
    """Bytes that are no UTF-8 become U+FFFD; half of a character is such bytes."""
    c = rng.choice("한글字é🙂🚀ßж")
    n = len(c.encode())
    cut = rng.choice([n, rng.randint(1, n - 1)])
    mode = rng.choice(['errors="replace"', 'errors="ignore"', ""])
    shown = f'"utf-8", {mode}' if mode else '"utf-8"'
    whole = cut == n
    return Ask(
        text=f"{c} is {n} bytes. How many characters does this give?",
        code=f'len("{c}".encode("utf-8")[:{cut}].decode({shown}))',
        wrong=("0", "1", str(n) if n > 1 else "2", "raises", str(cut)),
        why="All its bytes are there: one character."
        if whole
        else {
            'errors="replace"': "The beginning of a character becomes one U+FFFD.",
            'errors="ignore"': "With ignore, bytes that are no UTF-8 vanish.",
            "": "Without errors=…, bytes that are no UTF-8 raise UnicodeDecodeError.",
        }[mode],
    )


def utf16_32(rng: Random) -> Ask:
    """UTF-16 and UTF-32 write ASCII with one and three zero bytes."""
    word = "".join(rng.sample("abcdefghijklmnopqrstuvwxyz", rng.randint(3, 8)))
    code, width = rng.choice([("utf-16-le", 2), ("utf-32-le", 4), ("utf-8", 1)])
    zeros = rng.random() < 0.5
    n = len(word)
    return Ask(
        text="What does this give?",
        code=f'"{word}".encode("{code}").count(0)' if zeros else f'len("{word}".encode("{code}"))',
        wrong=tuple(str(n * k) for k in (0, 1, 2, 3, 4)),
        why={
            1: "UTF-8 writes ASCII in one byte, and never a 0: that is why tokenizers take it.",
            2: "UTF-16 writes every ASCII letter as its byte and a zero: half of the sequence says nothing.",
            4: "UTF-32 writes every ASCII letter as its byte and three zeros.",
        }[width],
    )


def rank_order(rng: Random) -> Ask:
    """Encoding makes the merge that was learned first, wherever it stands."""
    a, b, c, d = rng.sample("abcdefghijkmnopqrstuvwxyz", 4)
    rules = [b + c, a + b, c + d]
    rng.shuffle(rules)
    told = ", ".join(f"{p[0]} {p[1]}" for p in rules)

    def coded(order: list[str]) -> str:
        parts = [a, b, c, d]
        for pair in order:
            for i in range(len(parts) - 1):
                if parts[i] + parts[i + 1] == pair:
                    parts[i : i + 2] = [pair]
                    break
        return " | ".join(parts)

    return Ask(
        text=f"Merges in the order of training: {told}. How is {a + b + c + d} encoded?",
        answer=coded(rules),
        wrong=tuple(
            dict.fromkeys(
                [
                    coded([b + c]),
                    coded([a + b, c + d]),
                    coded([a + b]),
                    coded([c + d]),
                    " | ".join([a, b, c, d]),
                    a + b + c + d,
                ]
            )
        ),
        why=f"{rules[0][0]} {rules[0][1]} was learned first, so it is made first; then what is still possible.",
    )


def spm_codepoints(rng: Random) -> Ask:
    """SentencePiece merges code points; what it never saw falls back to bytes."""
    text = "".join(rng.choice(g) for g in ("abc", "éüß", "한글字", "🙂🚀🐍")[: rng.randint(2, 4)])
    n, b = len(text), len(text.encode())
    byte_level = rng.random() < 0.5
    kind = rng.randrange(3)
    if kind == 0:
        return Ask(
            text=f"Before any merge, how many symbols does {text} have for "
            + (
                "GPT-2's byte-level BPE?"
                if byte_level
                else "SentencePiece, if it knows all its characters (and without the ▁ in front)?"
            ),
            hidden=f"len({text!r}{'.encode()' if byte_level else ''})",
            wrong=(str(n), str(b), str(2 * n), str(b + n), str(4 * n)),
            why=f"Bytes: {b}; code points: {n}. SentencePiece starts from code points.",
        )
    if kind == 1:
        c = rng.choice("한글字語🙂🚀🐍")
        size = len(c.encode())
        return Ask(
            text=f"SentencePiece with byte fallback has never seen {c}. How many tokens does it become?",
            hidden=f"len({c!r}.encode())",
            wrong=("1: <unk>", "1", "0", "2", "6", str(size + 1)),
            why=f"Its {size} bytes, as the tokens <0x00> … <0xFF>, which are kept for such cases.",
        )
    return Ask(
        text=f"Which tokenizer starts {text} from code points, and marks a space by ▁?",
        answer="SentencePiece, as in Llama 2",
        wrong=("tiktoken, as in GPT-4", "byte-level BPE, as in GPT-2", "UTF-16"),
        why="GPT's tokenizers start from bytes; SentencePiece starts from code points and falls back to bytes.",
    )
