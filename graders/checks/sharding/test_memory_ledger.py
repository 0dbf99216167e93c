"""Checks for memory-ledger: the form, both precisions on one rank, the stages, fractions, and numbers to remember."""

OPTIMIZERS = ("adamw", "momentum", "sgd")


def see(submission, observe, *args):
    """The ledger with its numbers as floats, of whatever kind they are."""
    n, *rest = args
    found = submission.ledger(*args)
    plain = {k: float(v) for k, v in found.items()} if isinstance(found, dict) else found
    observe(f"ledger({n:_}, {', '.join(map(repr, rest))})", plain)


def test_keys(submission, draw, observe):
    """A dict of four numbers, under their keys"""
    found = submission.ledger(draw.integer(100, 999), "f32", "sgd", 0, 1)
    observe("keys of the ledger", sorted(found) if isinstance(found, dict) else found)


def test_f32(submission, draw, observe):
    """One rank, float32: weights, gradients, state of three optimizers"""
    for optimizer in OPTIMIZERS:
        see(submission, observe, draw.integer(1000, 9999), "f32", optimizer, 0, 1)


def test_mixed(submission, draw, observe):
    """One rank, mixed precision: two bytes, and a master copy"""
    for optimizer in OPTIMIZERS:
        see(submission, observe, draw.integer(1000, 9999), "mixed", optimizer, 0, 1)


def test_stages(submission, draw, observe):
    """Each stage divides one part more by the number of ranks"""
    for stage in range(4):
        for precision in ("f32", "mixed"):
            for optimizer in OPTIMIZERS:
                world = draw.integer(2, 40)
                see(submission, observe, world * draw.integer(100, 999), precision, optimizer, stage, world)


def test_fractions(submission, draw, observe):
    """Bytes need not come out even"""
    for stage in (1, 2, 3):
        world = draw.integer(3, 9) * 2 + 1
        n = world * draw.integer(10, 99) + draw.integer(1, world - 1)
        see(submission, observe, n, "mixed", "adamw", stage, world)


def test_known(submission, observe):
    """GPT-2 on one GPU; 7.5 billion parameters on 64, at every stage"""
    see(submission, observe, 124_439_808, "f32", "adamw", 0, 1)
    for stage in range(4):
        see(submission, observe, 7_500_000_000, "mixed", "adamw", stage, 64)
