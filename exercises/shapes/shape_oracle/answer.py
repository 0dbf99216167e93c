"""The reference: run each question (`QUESTIONS` is handed to this file alone)."""

import torch


def evaluate(question: str) -> list[int] | str:
    *lines, asked = question.splitlines()
    names = {"torch": torch}
    exec("\n".join(lines), names)
    try:
        return list(eval(asked, names).shape)
    except RuntimeError:
        return "error"


def answers() -> list[list[int] | str]:
    return [evaluate(question) for question in QUESTIONS]
