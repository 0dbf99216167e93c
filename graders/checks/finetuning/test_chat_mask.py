"""Checks for chat-mask: the form, the ids of each message, the labels, several turns, the length, odd texts."""

import copy

from graders.kit import holds

WRITTEN = "The conversation that was passed in has been changed. The caller still needs it as it was."


class Tok:
    """A tokenizer of letters and pairs of letters: how a text is cut depends on its neighbors."""

    def __init__(self, draw):
        letters = [chr(c) for c in range(32, 127)] + ["\n"]
        pairs = [a + b for a in "aeou" for b in "lmnr"] + [" " + b for b in "lmnr"]
        names = ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
        ids = draw.random.sample(range(1000), len(letters) + len(pairs) + len(names))
        self.special = {name: ids.pop() for name in names}
        self.known = {text: ids.pop() for text in [*pairs, *letters]}

    def encode(self, text):
        ids, at = [], 0
        while at < len(text):
            piece = text[at : at + 2] if text[at : at + 2] in self.known else text[at]
            ids.append(self.known[piece])
            at += len(piece)
        return ids


def word(draw, low=2, high=7):
    """Letters and spaces, with a letter at each end."""
    inside = "".join(draw.random.choice("aeoulmnr ") for _ in range(draw.integer(low, high) - 2))
    return f"{draw.random.choice('aeou')}{inside}{draw.random.choice('lmnr')}"


def talk(draw, *roles):
    """A conversation; every text has another number of letters."""
    sizes = draw.random.sample(range(4, 13), len(roles))
    return [{"role": role, "content": word(draw, n, n)} for role, n in zip(roles, sizes, strict=True)]


def test_form(submission, draw, observe):
    """Two lists of Python ints, equally long"""
    out = submission.render(talk(draw, "user", "assistant"), Tok(draw))
    observe("how many results", len(out))
    for name, row in zip(("ids", "labels"), out, strict=False):
        observe(f"{name} is a list of ints", type(row) is list and all(type(i) is int for i in row))
    observe("both are equally long", len({len(row) for row in out}) == 1)


def test_ids(submission, draw, observe):
    """Each message is the id of its role, the ids of its content, the id of <|end|>"""
    tok = Tok(draw)
    for role in ("user", "assistant", "system"):
        ids, _ = submission.render(talk(draw, role), tok)
        observe(f"ids of one {role} message", ids)
    ids, _ = submission.render(talk(draw, "system", "user", "assistant"), tok)
    observe("ids of three messages", ids)


def test_labels(submission, draw, observe):
    """Of a question and its answer, the answer and its <|end|> are learned, each at its own place"""
    tok = Tok(draw)
    for number in (1, 2):
        ids, labels = submission.render(talk(draw, "user", "assistant"), tok)
        observe(f"ids and labels of talk {number}", [ids, labels])


def test_turns(submission, draw, observe):
    """Every assistant message is learned, wherever it stands, and nobody else's"""
    for roles in (
        ["user", "assistant"] * 3,
        ["system", "user", "assistant", "user", "assistant"],
        ["assistant", "user"],
        ["user", "assistant", "assistant", "user", "user", "assistant"],
        ["system", "system", "user", "assistant", "system", "assistant"],
        ["user", "user", "system"],
    ):
        ids, labels = submission.render(talk(draw, *roles), Tok(draw))
        observe(f"ids and labels of {', '.join(roles)}", [ids, labels])


def test_length(submission, draw, observe):
    """Too long: the first ids are dropped, and their labels with them"""
    tok = Tok(draw)
    messages = talk(draw, "system", "user", "assistant", "user", "assistant")
    full = sum(len(tok.encode(m["content"])) + 2 for m in messages)
    for max_len in (draw.integer(full // 2, full - 3), draw.integer(3, 6), full - 1, 1):
        ids, labels = submission.render(messages, tok, max_len)
        observe(f"{full} ids, max_len {max_len}", [ids, labels])
    ids, labels = submission.render(messages, tok, max_len=full)
    observe("exactly as many as allowed", [ids, labels])
    ids, labels = submission.render(messages, tok, max_len=full + draw.integer(1, 9))
    observe("fewer than allowed", [ids, labels])


def test_odd(submission, draw, observe):
    """Empty texts and talks; spaces and lines at the ends; a text that looks like a special token"""
    tok = Tok(draw)
    name = draw.random.choice(["<|end|>", "<|assistant|>", "<|user|>"])
    odd = ["", f" \n{word(draw)}  ", f"{word(draw)}{name}{word(draw)}", word(draw) + "\n\n"]
    for text in odd:
        messages = [{"role": "user", "content": text}, {"role": "assistant", "content": text + word(draw)}]
        ids, labels = submission.render(messages, tok)
        observe(f"ids and labels of a question {text!r}", [ids, labels])
        ids, labels = submission.render([*talk(draw, "user"), {"role": "assistant", "content": text}], tok)
        observe(f"ids and labels of an answer {text!r}", [ids, labels])
    ids, labels = submission.render([], tok)
    observe("no message at all", [ids, labels])


def test_pure(submission, draw, observe):
    """Messages and tokenizer stay as they were; two calls give the same, in lists of their own"""
    tok, messages = Tok(draw), talk(draw, "system", "user", "assistant", "user", "assistant")
    before, special = copy.deepcopy(messages), dict(tok.special)
    first = submission.render(messages, tok, 20)
    observe("messages as before", messages == before and tok.special == special, holds("is_true", WRITTEN))
    first[0].clear()
    first[1].clear()
    observe("a second call", list(submission.render(messages, tok, 20)))
