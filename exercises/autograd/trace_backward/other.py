"""A second honest way: the same numbers, written as whole numbers where they are whole."""

import torch


def answers():
    found = []
    for question in QUESTIONS:
        *lines, asked = question.splitlines()
        names = {"torch": torch}
        exec("\n".join(lines), names)
        grad = eval(asked, names)
        found.append(None if grad is None else int(grad) if grad == int(grad) else float(grad))
    return found
