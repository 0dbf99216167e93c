"""The reference: run each question (`QUESTIONS` is handed to this file alone)."""

import torch


def evaluate(question: str) -> float | None:
    lines = question.splitlines()
    names = {"torch": torch}
    exec("\n".join(lines[:-1]), names)
    grad = eval(lines[-1], names)
    return None if grad is None else grad.item()


def answers() -> list[float | None]:
    return [evaluate(question) for question in QUESTIONS]
