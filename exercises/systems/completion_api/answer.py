"""The reference: one generator that knows which text is settled; both functions read from it."""

from collections.abc import Iterator
from typing import Any

DEFAULTS = {"max_tokens": 16, "temperature": 1.0, "n": 1, "stop": []}


def complete(request: dict[str, Any]) -> dict[str, Any]:
    """A copy of a request with what was left out; its stop strings as a list."""
    asked = {**DEFAULTS, **request}
    if isinstance(asked["stop"], str):
        asked["stop"] = [asked["stop"]]
    return asked


def trouble(asked: dict[str, Any]) -> str:
    """What is wrong with a complete request; empty if nothing is."""
    rules = {
        "prompt": isinstance(asked.get("prompt"), str),
        "max_tokens": isinstance(asked["max_tokens"], int) and asked["max_tokens"] >= 1,
        "n": isinstance(asked["n"], int) and asked["n"] >= 1,
        "temperature": isinstance(asked["temperature"], (int, float)) and asked["temperature"] >= 0,
        "stop": isinstance(asked["stop"], list) and all(isinstance(s, str) and s for s in asked["stop"]),
    }
    return ", ".join(name for name, good in rules.items() if not good)


def held(text: str, stops: list[str]) -> int:
    """How many characters at the end of a text may be the beginning of a stop string."""
    return max((n for s in stops for n in range(1, len(s)) if text.endswith(s[:n])), default=0)


def write(asked: dict[str, Any], engine: Any, ids: list[int]) -> Iterator[tuple[str, int, str]]:
    """After every id: the text that is settled, the number of ids, the reason for the end or an empty string."""
    stops = asked["stop"]
    new: list[int] = []
    for token in engine.generate(ids, asked["temperature"]):
        if token == engine.eos_id:
            yield engine.decode(new), len(new), "stop"
            return
        new.append(token)
        text = engine.decode(new)
        found = [text.find(s) for s in stops if s in text]
        if found:
            yield text[: min(found)], len(new), "stop"
            return
        if len(new) == asked["max_tokens"]:
            yield text, len(new), "length"
            return
        yield text[: len(text) - held(text, stops)], len(new), ""


def handle(request: dict[str, Any], engine: Any) -> dict[str, Any]:
    asked = complete(request)
    wrong = trouble(asked)
    if wrong:
        return {"status": 400, "error": {"message": f"not in order: {wrong}"}}
    ids = engine.encode(asked["prompt"])
    choices, count = [], 0
    for index in range(asked["n"]):
        *_, (text, length, reason) = write(asked, engine, ids)
        choices.append({"index": index, "text": text, "finish_reason": reason})
        count += length
    usage = {"prompt_tokens": len(ids), "completion_tokens": count, "total_tokens": len(ids) + count}
    return {"status": 200, "choices": choices, "usage": usage}


def stream(request: dict[str, Any], engine: Any) -> Iterator[str]:
    sent = 0
    for text, _, _ in write(complete(request), engine, engine.encode(request["prompt"])):
        yield text[sent:]
        sent = len(text)
