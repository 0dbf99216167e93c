"""What a model was choosing from at each token: its own shares, and what the options made of them."""

from __future__ import annotations

from typing import Any

import tiktoken

from gpt2.decode import Step

Choice = dict[str, Any]


def shown(encoding: tiktoken.Encoding, token: int) -> str:
    """Return a token as text; bytes that are no whole character as \\x…."""
    try:
        return encoding.decode_single_token_bytes(token).decode("utf-8", "backslashreplace")
    except KeyError:
        return f"<{token}>"  # an id that the vocabulary leaves free


def choices(step: Step, encoding: tiktoken.Encoding, count: int, row: int = 0) -> Choice:
    """Describe the token that a row has just drawn, and the `count` likeliest.

    Of each token: `id`, `token` (its text), `share` (what the model gives it), `drawn` (with what chance the
    options let it be drawn: 0 where they rule it out); of the drawn one also its `rank`, from 1, and under
    `top` the likeliest, best first.
    """
    own, drawn = step.logits[row].float().softmax(-1), step.shares(row)  # (V,) both

    def about(token: int) -> Choice:
        return {"id": token, "token": shown(encoding, token),
                "share": round(float(own[token]), 6), "drawn": round(float(drawn[token]), 6)}  # fmt: skip

    chosen = int(step.ids[row, 0])
    likeliest = own.topk(min(count, len(own))).indices.tolist()
    return about(chosen) | {"rank": int((own > own[chosen]).sum()) + 1, "top": [about(token) for token in likeliest]}


def line(number: int, choice: Choice) -> str:
    """Write a choice as a line of a table: number, token, its rank and share, then the likeliest with theirs."""
    others = "  ".join(f"{quoted(one['token'])} {one['share']:.1%}" for one in choice["top"])
    return f"{number:>4}  {quoted(choice['token']):<18}{choice['rank']:>6}{choice['share']:>8.1%}   {others}"


HEAD = f"{'':4}  {'token':<18}{'rank':>6}{'share':>8}   likeliest"


def quoted(token: str) -> str:
    """Show where a token begins and ends, and what it holds that is not to be seen."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in f"‹{token}›")
