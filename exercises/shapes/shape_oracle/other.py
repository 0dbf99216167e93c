"""A second honest way: on the meta device, where tensors have a shape and no numbers; shapes given as tuples."""

import torch


def answers():
    found = []
    with torch.device("meta"):
        for question in QUESTIONS:
            lines = question.splitlines()
            lines[-1] = "found.append(tuple((" + lines[-1] + ").size()))"
            try:
                exec("\n".join(lines), {"torch": torch, "found": found})
            except (RuntimeError, ValueError):
                found.append("error")
    return found
