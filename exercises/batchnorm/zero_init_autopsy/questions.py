"""Nine questions: seven networks that start at zero in different places, and two losses of one that is all zeros."""

from random import Random

ALL = ["E", "W1", "b1", "W2", "b2"]
COUNTS = ((4, 2, 1, 1), (2, 1, 1), (8, 4, 2, 1, 1), (4, 2, 2, 4, 4), (8, 2, 2, 2, 2), (8, 4, 4), (2, 4, 1, 1))


def questions(rng: Random) -> list[str]:
    """The questions: an activation and the names that start at zero, or a batch of letters."""
    either = rng.choice(["tanh", "relu"])
    nets = [
        (either, ALL),
        (rng.choice(["tanh", "relu"]), rng.choice([["W2"], ["W2", "b2"], ["b1", "W2"]])),
        ("tanh", ["W1", "b1"]),
        ("relu", rng.choice([["W1", "b1"], ["W1", "b1", "b2"], ["E", "b1"]])),
        ("tanh", rng.choice([["W1", "W2"], ["W1", "W2", "b2"]])),
        ("tanh", rng.choice([["E", "W1"], ["E", "W1", "b2"]])),
        ("tanh", rng.choice([["E"], ["E", "b1"], ["W1"], ["b1", "b2"], ["E", "W2"]])),
    ]
    drawn = [f'act = torch.{act}\nzero = "{" ".join(zero)}"' for act, zero in nets]
    drawn += [letters(rng, when) for when in ("before step 1", "at the end")]
    rng.shuffle(drawn)
    return drawn


def letters(rng: Random, when: str) -> str:
    counts = rng.choice(COUNTS)
    names = rng.sample("abcdefghijklmnop", len(counts))
    batch = [name for name, count in zip(names, counts) for _ in range(count)]
    rng.shuffle(batch)
    return f'V = {rng.choice([16, 32, 64])}\ny = "{"".join(batch)}"\nbits = "{when}"'
