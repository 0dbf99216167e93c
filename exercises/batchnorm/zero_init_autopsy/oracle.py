"""The oracle: no numbers, only whether something is zero; a product is not when none of its factors is."""

import math
from collections import Counter


class torch:
    tanh, relu = "tanh", "relu"


def reached(act, zero):
    alive = {name: name not in zero.split() for name in ("E", "W1", "b1", "W2", "b2")}
    found = []
    for _ in range(3):
        before_act = (alive["E"] and alive["W1"]) or alive["b1"]
        back = alive["W2"] and (act == "tanh" or before_act)
        grads = {
            "E": back and alive["W1"],
            "W1": back and alive["E"],
            "b1": back,
            "W2": before_act,
            "b2": True,
        }
        found.append(" ".join(name for name, there in grads.items() if there))
        alive = {name: alive[name] or grads[name] for name in alive}
    return found


def answers():
    found = []
    for question in QUESTIONS:
        names = {"torch": torch}
        exec(question, names)
        if "act" in names:
            found.append(reached(names["act"], names["zero"]))
        elif names["bits"] == "at the end":
            n = len(names["y"])
            found.append(sum(c * math.log2(n / c) for c in Counter(names["y"]).values()) / n)
        else:
            found.append(math.log(names["V"], 2))
    return found
