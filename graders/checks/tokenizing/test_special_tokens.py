"""Checks for special-tokens: ids, the longest one, raising, none, a set, decode, ends."""

from graders.kit import holds

PATTERN = r" ?[a-z]+| ?\d+| +|[^a-z\d ]+"
TOUCHED = "The dict that was registered has been changed. The caller still needs it as it was."
ODD = ["<|end|>", "[SEP]", "<s>", "<|user|>", "\\d+", "$^", "a.c", "x|y", "(*)", "<|한|>"]


def corpus(draw):
    """Words of few letters, now and then a sign, so that merges reach into what looks like a token."""
    names = ["".join(draw.random.choices("abcedn", k=draw.integer(2, 5))) for _ in range(8)]
    return " ".join(draw.random.choices([*names, "end", "user", "<|", "|>"], k=120))


def made(submission, draw, names, merges=30):
    """A trained tokenizer and its special tokens, with ids in no order behind the merges."""
    tokenizer = submission.RegexBPE(PATTERN)
    first = 256 + len(tokenizer.train(corpus(draw), 256 + merges))
    ids = draw.random.sample(range(first, first + 50), len(names))
    special = dict(zip(names, ids, strict=True))
    tokenizer.register(dict(special))
    return tokenizer, special


def word(draw):
    return draw.random.choice([" end", "user ", "abc de", " cab", "den", "a  b", "12 "])


def test_special(submission, draw, observe):
    """Allowed tokens become their ids, wherever they stand; the rest is encoded piece by piece"""
    for _ in range(2):
        names = [*draw.random.sample(ODD[:4], 3), *draw.random.sample(ODD[4:8], 2), ODD[9]]
        tokenizer, _ = made(submission, draw, names)
        a, b, *_ = names
        for data in (a, f"{word(draw)}{a}", f"{b}{word(draw)}", f"{word(draw)}{a}{b}{a}{word(draw)}"):
            observe(f"encode of {data!r}, all allowed", tokenizer.encode(data, "all"))
        observe("two words that a token parts", tokenizer.encode(f"en{a}d us{b}er", "all"))
        data = "".join(word(draw) + name for name in draw.random.sample(names, len(names)))
        observe("encode with every token", tokenizer.encode(data, allowed="all"))
        observe("near misses", tokenizer.encode("<|end|> <|end> x y a-c ddd [S] {{ <||>", "all"))


def test_longest(submission, draw, observe):
    """Where several fit at one place, the longest counts"""
    stem = draw.random.choice(["<|im|>", "[A]", "<s>"])
    names = [stem, stem + draw.random.choice(["<|im|>", "[B]", "x"]), stem * 3]
    for order in (names, names[::-1], draw.random.sample(names, 3)):
        tokenizer, _ = made(submission, draw, order)
        for data in (names[1], f"ab{names[1]}{names[0]} cd", f"{names[2]}de{stem}{stem} a"):
            observe(f"encode of {data!r}", tokenizer.encode(data, "all"))


def test_raises(submission, draw, observe):
    """By default, and with "none_raise", a registered token in the text raises ValueError"""
    a, b, c = draw.random.sample(ODD, 3)
    tokenizer, _ = made(submission, draw, [a, b, c])
    observe("encode of a text without any", tokenizer.encode("abc end user", "none_raise"))
    observe("encode of a text without any, by default", tokenizer.encode("abc end user"))
    data = f"ab {draw.random.choice([a, b, c])} end"
    observe.raises(f"encode of {data!r}", tokenizer.encode, data, type="ValueError")
    observe.raises(f'encode of {data!r} with "none_raise"', tokenizer.encode, data, "none_raise", type="ValueError")


def test_none(submission, draw, observe):
    """With "none" every token is ordinary text"""
    names = draw.random.sample(ODD[:4], 3)
    tokenizer, _ = made(submission, draw, names)
    data = "".join(word(draw) + name for name in names)
    observe('encode with "none"', tokenizer.encode(data, "none"))


def test_set(submission, draw, observe):
    """With a set, the tokens in it count, and all others are ordinary text"""
    names = draw.random.sample(ODD[:4], 3)
    tokenizer, _ = made(submission, draw, names)
    data = "".join(word(draw) + name for name in [*names, *names])
    for some in ({names[0]}, {names[1], names[2]}):
        observe(f"encode with {len(some)} of 3 allowed", tokenizer.encode(data, some))
    observe("encode with an empty set", tokenizer.encode(data, allowed=set()))
    tokenizer, _ = made(submission, draw, ["<s>", "<s><t>"])
    observe("the short one alone is allowed", tokenizer.encode("a<s><t>b", {"<s>"}))
    observe("the long one alone is allowed", tokenizer.encode("a<s><t>b<s>", {"<s><t>"}))


def test_decode(submission, draw, observe):
    """Special ids become their strings; bytes are joined as before"""
    names = draw.random.sample(ODD, 4)
    tokenizer, special = made(submission, draw, names)
    ids = [special[names[0]], *tokenizer.encode("abc end", "none"), special[names[1]], special[names[2]]]
    observe("decode with special ids", tokenizer.decode(ids))
    observe("decode of ordinary ids", tokenizer.decode(tokenizer.encode(" user 한🙂", "none")))
    half = [*"한".encode()[:2], special[names[3]], 97]
    observe("half of a character before a token", tokenizer.decode(half))
    data = "".join(word(draw) + name for name in names) + "é"
    observe("the text that comes back", tokenizer.decode(tokenizer.encode(data, "all")))


def test_ends(submission, draw, observe):
    """An empty text; nothing registered; the dict stays as it was"""
    tokenizer, _ = made(submission, draw, ["<|end|>"])
    for allowed in ("all", "none", "none_raise", {"<|end|>"}):
        observe(f"encode of an empty text, allowed={allowed!r}", tokenizer.encode("", allowed))
    plain = submission.RegexBPE(PATTERN)
    plain.train(corpus(draw), 280)
    for allowed in ("all", "none", "none_raise", set()):
        observe(f"nothing registered, allowed={allowed!r}", plain.encode("ab <|end|> cd", allowed))
    observe("decode with nothing registered", plain.decode(plain.encode("ab <|end|> cd")))
    mine = {"<t>": 400, "<s>": 401}
    plain.register(mine)
    plain.encode("ab<s>", "all")
    observe("the dict stays", mine == {"<t>": 400, "<s>": 401}, holds("is_true", TOUCHED))
