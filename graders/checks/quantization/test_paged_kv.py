"""Checks for paged-kv: one sequence, its room, freeing, handles, forks, sharing; then anything in any order."""

from graders.kit import holds

RAISES = "A call was accepted that must raise."
UNIQUE = "Two sequences got the same handle."


def tried(function, *args):
    """The result of a call, or the word "raises"."""
    try:
        return function(*args)
    except Exception:
        return "raises"


def fill(pages, seq, items):
    """Append until it raises; how many were accepted."""
    for done, item in enumerate(items):
        if tried(pages.append, seq, item) == "raises":
            return done
    return len(items)


def words(draw, count):
    return [f"item {draw.integer(0, 9999)}" for _ in range(count)]


def test_one_sequence(submission, draw, observe):
    """What was appended comes back in order, whatever stands in the last block"""
    for size in (1, 3, 4):
        pages = submission.BlockAllocator(5, size)
        seq = pages.new()
        observe(f"an empty sequence, blocks of {size}", pages.gather(seq))
        for item in words(draw, 5):
            observe("append returns", pages.append(seq, item))
            observe(f"gather, blocks of {size}", pages.gather(seq))
    out = pages.gather(seq)
    out.append("not in the cache")
    observe("gather gives a new list each time", pages.gather(seq))


def test_room(submission, draw, observe):
    """n · size items and no more, in one sequence or in several; a call that raises changes nothing"""
    n, size = draw.integer(3, 5), draw.integer(2, 4)
    pages = submission.BlockAllocator(n, size)
    empty, seq = pages.new(), pages.new()
    items = words(draw, n * size + 3)
    observe(f"items that fit into {n} blocks of {size}", fill(pages, seq, items))
    observe("append again", tried(pages.append, seq, "late"))
    observe("append to an empty one", tried(pages.append, empty, "late"))
    observe("the full one", pages.gather(seq))
    observe("the empty one", pages.gather(empty))
    many = submission.BlockAllocator(n, size)
    each = [many.new() for _ in range(n + 1)]
    observe("one item in each", [tried(many.append, seq, number) for number, seq in enumerate(each)])
    observe("what they hold", [many.gather(seq) for seq in each])


def test_free(submission, draw, observe):
    """Freed blocks can be used again, empty, half-full ones too; others stay as they were"""
    n, size = draw.integer(4, 6), draw.integer(3, 4)
    pages = submission.BlockAllocator(n, size)
    kept = pages.new()
    fill(pages, kept, words(draw, size + 1))
    for length in (1, size, size + 2, 2):
        seq = pages.new()
        fill(pages, seq, items := words(draw, length))
        observe(f"a sequence of {length}", pages.gather(seq) == items, holds("is_true", "It holds other items."))
        pages.free(seq)
    seq = pages.new()
    observe("items that fit beside the one that stayed", fill(pages, seq, words(draw, n * size)))
    observe("the one that stayed", pages.gather(kept))
    observe("free returns", pages.free(seq))


def test_freed(submission, draw, observe):
    """Every method raises for a handle that was freed, or never given; handles are unique"""
    pages = submission.BlockAllocator(6, 3)
    first, old, other = pages.new(), pages.new(), pages.new()
    for seq in (first, old, other):
        fill(pages, seq, words(draw, 4))
    pages.free(old)
    again = pages.new()
    observe("handles differ", len({first, old, other, again}) == 4, holds("is_true", UNIQUE))
    pages.append(again, "fresh")
    for what, handle in (("freed", old), ("unknown", "nobody's handle")):
        for name, args in (("gather", ()), ("append", ("x",)), ("fork", ()), ("free", ())):
            done = tried(getattr(pages, name), handle, *args)
            observe(f"{name} of a handle that is {what}", done == "raises", holds("is_true", RAISES))
    observe("the others", [pages.gather(seq) for seq in (first, other, again)])
    seq = pages.new()
    observe("items that still fit", fill(pages, seq, words(draw, 18)))


def test_fork(submission, draw, observe):
    """A fork has the same items; from then on each goes its own way"""
    for length in (0, 4, 6, 7):
        pages = submission.BlockAllocator(12, 3)
        one = pages.new()
        fill(pages, one, words(draw, length))
        two = pages.fork(one)
        name = f"{length} items in blocks of 3, forked"
        observe(f"{name}: both", [pages.gather(one), pages.gather(two)])
        for seq, item in ((two, "b"), (one, "a"), (two, "bb"), (one, "aa"), (one, "aaa")):
            pages.append(seq, item)
            observe(f"{name}: both after append", [pages.gather(one), pages.gather(two)])
        three = pages.fork(two)
        pages.append(three, "c")
        observe(f"{name}: a fork of the fork", [pages.gather(seq) for seq in (one, two, three)])


def test_sharing(submission, draw, observe):
    """A fork takes no block; an append to a shared half-full block takes one, to one that is not shared none"""
    n, size = 7, 4
    for length in (8, 10, 5):
        pages = submission.BlockAllocator(n, size)
        one = pages.new()
        fill(pages, one, words(draw, length))
        several = [tried(pages.fork, one) for _ in range(3)]
        observe(f"three forks of {length} items", [seq != "raises" for seq in several])
        two, three, four = several
        pages.append(two, "x")
        pages.append(two, "y")
        pages.append(three, "z")
        pages.append(four, "w")
        pages.append(one, "last")
        rest = pages.new()
        observe(f"{length} items, forked and grown: what still fits", fill(pages, rest, words(draw, n * size)))
        last = pages.fork(one)
        observe("no room for a copy", tried(pages.append, last, "v"))
        observe("all of them", [pages.gather(seq) for seq in (one, *several, last)])


def test_free_of_shared(submission, draw, observe):
    """When one of several is freed, what it shares stays with the others; at last everything is free"""
    n, size = 6, 3
    for length in (5, 6):
        pages = submission.BlockAllocator(n, size)
        one = pages.new()
        fill(pages, one, words(draw, length))
        two = pages.fork(one)
        three = pages.fork(two)
        pages.append(three, "three")
        pages.free(one)
        rest = pages.new()
        observe("what fits after the first is freed", fill(pages, rest, words(draw, n * size)))
        observe("the others", [pages.gather(two), pages.gather(three)])
        pages.free(rest)
        pages.free(three)
        pages.append(two, "two")
        observe("the second, alone", pages.gather(two))
        pages.free(two)
        rest = pages.new()
        observe("at last", fill(pages, rest, words(draw, n * size + 1)))


def test_anything(submission, draw, observe):
    """300 calls in any order, with little room"""
    for n, size in ((5, 2), (8, 3), (4, 1)):
        pages = submission.BlockAllocator(n, size)
        alive, seen = [], []
        for step in range(100):
            what = draw.random.choice(["new", "append", "append", "append", "append", "fork", "free"])
            if what == "new" or not alive:
                alive.append(pages.new())
                continue
            place = draw.integer(0, len(alive) - 1)
            seq = alive[place]
            if what == "append":
                seen.append([tried(pages.append, seq, step), list(pages.gather(seq))])
            elif what == "fork":
                alive.append(pages.fork(seq))
            else:
                pages.free(alive.pop(place))
        observe(f"{n} blocks of {size}: outcome of every append", seen)
        observe(f"{n} blocks of {size}: all sequences at the end", [pages.gather(seq) for seq in alive])
        for seq in alive:
            pages.free(seq)
        observe(f"{n} blocks of {size}: what fits at last", fill(pages, pages.new(), list(range(n * size + 1))))
