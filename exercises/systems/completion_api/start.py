"""What stands between a request over the wire and an engine that makes tokens."""

from collections.abc import Iterator
from typing import Any


def handle(request: dict[str, Any], engine: Any) -> dict[str, Any]:
    """Answer one request for completions.

    request: keys and defaults; it is not changed
        "prompt": str, must be there
        "max_tokens": int, at least 1 (16): so many ids are generated at most, for each choice
        "temperature": int or float, at least 0 (1.0)
        "n": int, at least 1 (1): how many choices, each written anew
        "stop": a str or a list of str, none of them empty ([]): a choice ends when its text contains one of them
    engine: encode(str) gives a list of ids; decode(list of ids) gives a str, and decode(a + b) == decode(a) + decode(b)
        eos_id: the id that says that the text is over
        generate(ids, temperature): an iterator of new ids behind these; every call begins afresh. It goes on after
            eos_id and never ends by itself; every id that you take costs time, so take none that you do not need
    returns, if all is well:
        {"status": 200,
         "choices": [{"index": 0, 1, …, "text": str, "finish_reason": "stop" or "length"}, …],
         "usage": {"prompt_tokens": int, "completion_tokens": int, "total_tokens": int}}
        otherwise {"status": 400, "error": a dict that says what is wrong}; nothing is generated then

    A text ends before the first place at which a stop string begins in it, the moment one is complete, whether or not
    it goes over the border of two tokens; or at eos_id, which is neither shown nor counted. Both are "stop". After
    max_tokens ids without either it is "length". Usage counts the prompt once, and the ids of all choices, those of a
    stop string too.

    Example: ids "ab", "c\\n", "d" and stop = "\\n": the text is "abc", and 2 ids are counted.
    """
    raise NotImplementedError  # TODO


def stream(request: dict[str, Any], engine: Any) -> Iterator[str]:
    """The same text, piece by piece, while it is being made.

    request, engine: as above, with a request that is in order and n = 1
    yields: pieces that joined are the text of handle's only choice. A piece comes as soon as its characters cannot
        become part of a stop string; without stop strings, with every id
    """
    raise NotImplementedError  # TODO
