"""A second honest way: pairs of an id and whether it counts, in a queue that forgets its oldest."""

from collections import deque


def spoken(messages, tok):
    for m in messages:
        mine = m["role"] == "assistant"
        yield tok.special["<|" + m["role"] + "|>"], False
        for i in tok.encode(m["content"]):
            yield i, mine
        yield tok.special["<|end|>"], mine


def render(messages, tok, max_len=None):
    kept = deque(spoken(messages, tok), maxlen=max_len)
    return [i for i, _ in kept], [i if counts else -100 for i, counts in kept]
