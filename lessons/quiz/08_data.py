"""Questions about data: windows, batches, loaders, splits and shards; every draw has fresh numbers."""

from random import Random

from lessons import Ask

LOADER = "loader = torch.utils.data.DataLoader"


def n_batches(rng: Random) -> Ask:
    """The last batch is short, unless drop_last leaves it out."""
    n, size = rng.randint(50, 2000), rng.choice([8, 16, 32, 50, 64])
    drop = rng.choice([True, False])
    full, rest = divmod(n, size)
    pairs = ((full + 1, rest), (full, size), (full, rest), (full + 1, size), (full - 1, rest or size))
    return Ask(
        text="How many batches, and how many items in the last one?",
        code=f"{LOADER}(range({n}), {size}, drop_last={drop})\nlen(loader), len(list(loader)[-1])",
        wrong=tuple(str(pair) for pair in pairs),
        why=f"{n} = {full} · {size} + {rest}. "
        + ("drop_last leaves an unfinished batch out." if drop else "What is left over makes a short batch."),
    )


def shuffle(rng: Random) -> Ask:
    """With shuffle=True every epoch has a new order of the same items."""
    n, size = rng.choice([60, 80, 120]), rng.choice([4, 5, 10])
    flag, seed = rng.choice([(True, ""), (False, ""), (True, f"torch.manual_seed({rng.randint(0, 99)})\n")])
    return Ask(
        text="Two epochs: have they the same order? And the same items?",
        code=f"{LOADER}(range({n}), {size}, shuffle={flag})\n{seed}one = torch.cat(list(loader))\n"
        f"{seed}two = torch.cat(list(loader))\ntorch.equal(one, two), torch.equal(one.sort()[0], two.sort()[0])",
        wrong=("(True, True)", "(False, True)", "(False, False)", "raises"),
        why="Each loop over the loader draws a new order, and goes through all items once."
        if flag and not seed
        else "Without shuffle the order is that of the data set."
        if not flag
        else "The order is drawn from torch's generator: the same seed before each epoch gives the same order.",
    )


def workers(rng: Random) -> Ask:
    """Each worker runs an IterableDataset from its beginning."""
    n, w = rng.choice([100, 250, 1000]), rng.choice([2, 3, 4, 8])
    kind, count, why = rng.choice(
        [
            ("An IterableDataset that knows nothing of workers", n * w,
             "Each worker has a copy of the iterator and runs all of it. get_worker_info() tells it which part is its "
             "own."),
            ("A Dataset with __len__ and __getitem__", n,
             "The main process deals out the index numbers; each goes to one worker."),
            ("An IterableDataset of which worker k of w skips all items but k, k + w, k + 2w, …", n,
             "The workers have shared the items out among themselves."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"{kind} gives {n} items. It is read with num_workers={w}. How many items arrive in an epoch?",
        answer=str(count),
        wrong=tuple(map(str, (n, n * w, n // w, n + w, n * (w + 1)))),
        why=why,
    )


def pin(rng: Random) -> Ask:
    """Pinned memory makes copies from CPU to CUDA faster, and nothing else."""
    where, right, why = rng.choice(
        [
            ("the model trains on the CPU", "nothing", "Nothing is copied to a GPU."),
            ("batches are copied to a CUDA device", "faster copies",
             "From memory that cannot be swapped out the GPU copies by itself, also while it computes "
             "(non_blocking=True)."),
            ("reading the images from disk takes most of the time", "nothing",
             "Pinning helps the copy to the GPU. More workers help the reading."),
            ("the whole data set lies on the GPU already", "an error",
             "Only memory of the CPU can be pinned."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"What does pin_memory=True in a DataLoader bring, if {where}?",
        answer=right,
        wrong=("nothing", "faster copies", "an error", "faster reading from disk", "less memory"),
        why=why,
    )


def tensordataset(rng: Random) -> Ask:
    """A TensorDataset indexes all its tensors alike; they need the same length."""
    n, d = rng.sample(range(5, 40), 2)
    other = rng.choice([n, n, n + 1])
    what = rng.choice(["len(data)", "len(data[0])", "data[2][0].shape"])
    return Ask(
        text="What comes out?",
        code=f"x, y = torch.zeros({n}, {d}), torch.zeros({other})\ndata = torch.utils.data.TensorDataset(x, y)\n{what}",
        wrong=(str(n), "2", f"({d},)", str((n, d)), "raises", str(d)),
        why="The tensors have different first sizes: no index would fit both."
        if other != n
        else f"{n} items; each is a tuple of two: a row of x and an entry of y.",
    )


def collate_when(rng: Random) -> Ask:
    """Without a collate_fn items are stacked, which needs equal shapes."""
    a, b, k = rng.sample(range(2, 30), 3)
    items, why = rng.choice(
        [
            (f"[torch.zeros({a}), torch.zeros({b})]", "Rows of unequal length cannot be stacked: here you need a "
             "collate_fn that pads."),
            (f"[torch.zeros({a}, {b}), torch.zeros({a}, {b})]", "Equal shapes are stacked, with the batch in front."),
            (f"[torch.zeros({a}) for _ in range({k})]", f"{k} rows of {a} numbers, stacked."),
            (f"[{a}, {b}]", "Numbers become one tensor."),
        ]
    )  # fmt: skip
    return Ask(
        text="A DataLoader without a collate_fn does this with its items. What comes out?",
        code=f"items = {items}\ntorch.utils.data.default_collate(items).shape",
        wrong=("raises", str((2, a, b)), str((k, a)), "(2,)", str((a, b)), str((2, max(a, b))), str((a + b,))),
        why=why,
    )


def next_iter(rng: Random) -> Ask:
    """iter() begins a new round; next() of it is that round's first batch."""
    n, size = rng.randint(9, 20), rng.choice([2, 3])
    again = rng.choice([True, False])
    second = "next(iter(loader))" if again else "next(batches)"
    first = "next(iter(loader))" if again else "batches = iter(loader)\nnext(batches)"
    rows = [list(range(s, s + size)) for s in (0, 1, size, size + 1, 2 * size)]
    return Ask(
        text="Which numbers come out?",
        code=f"{LOADER}(torch.arange({n}), {size})\n{first}\n{second}.tolist()",
        wrong=tuple(str(row) for row in rows),
        why="Every iter() begins anew: twice the first batch."
        if again
        else "The same iterator goes on: the second batch.",
    )


def uint16(rng: Random) -> Ask:
    """Unsigned 16 bits reach to 65,535."""
    name, v = rng.choice(
        [("GPT-2", 50257), ("GPT-2, padded", 50304), ("GPT-4", 100277), ("Llama 3", 128256), ("a byte model", 256),
         ("the first GPT", 40478)]
    )  # fmt: skip
    right = "uint8" if v <= 256 else "uint16" if v <= 65536 else "int32"
    return Ask(
        text=f"The vocabulary of {name} has {v:,} ids, from 0 on. Which is the smallest dtype that holds them all?",
        answer=right,
        wrong=("uint8", "int16", "uint16", "int32", "int64"),
        why=f"The largest id is {v - 1:,}. uint8 ends at 255, int16 at 32,767, uint16 at 65,535.",
    )


def epoch_2640(rng: Random) -> Ask:
    """An epoch has (N − 1) // (B·T) batches."""
    n = rng.choice([338024, 338024, 1003854, 301966])
    b, t = rng.choice([(4, 32), (16, 1024), (8, 256), (4, 1024), (16, 512)])
    count = (n - 1) // (b * t)
    return Ask(
        text=f"A stream of {n:,} tokens, batches of {b} × {t}, one after the other. How many whole ones in an epoch?",
        hidden=f"({n} - 1) // ({b} * {t})",
        wrong=tuple(map(str, (count + 1, (n - 1) // t, (n - 1) // b, count - 1, (n - 1) // (b * t * 2)))),
        why=f"A batch uses {b} · {t} = {b * t:,} tokens, and the last target needs one more at the very end.",
    )


def plus_one(rng: Random) -> Ask:
    """B·T pairs are made of B·T + 1 tokens."""
    b, t = rng.sample([2, 4, 8, 16, 32, 64], 2)
    question, value, why = rng.choice(
        [
            ("How many tokens must be cut from the stream for x and y together?", b * t + 1,
             "All but the last are inputs, all but the first are targets."),
            ("How far apart are the first tokens of two batches that follow each other?", b * t,
             "The last target of one batch is the first input of the next."),
            ("How many predictions does the loss average over?", b * t, "One at each place of x."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"Batches of B = {b} rows of T = {t} tokens, read in order. {question}",
        answer=str(value),
        wrong=tuple(map(str, (b * t, b * t + 1, b * (t + 1), b * t - 1, 2 * b * t))),
        why=why,
    )


def teacher_forcing(rng: Random) -> Ask:
    """In training the next input is the true token, whatever the model said."""
    words = rng.sample(["cat", "dog", "sun", "sea", "tree", "road", "wind", "bread"], 4)
    training = rng.choice([True, False])
    who = "A model in training reads a text" if training else "A model writes a text"
    then = "the text goes on with" if training else "a person would have said"
    return Ask(
        text=f'{who}. After "{words[0]} {words[1]}" it says "{words[2]}"; {then} "{words[3]}". '
        "Which token is its next input?",
        answer=words[3] if training else words[2],
        wrong=tuple(words),
        why="Teacher forcing: the input is the text, not what the model made of it. So all T places can be computed "
        "at once."
        if training
        else "When it writes, the model reads its own words; there is nobody to correct it.",
    )


def shift(rng: Random) -> Ask:
    """The targets are the inputs, one token later."""
    letters = rng.sample("ABCDEFGHKLMNPRSTUVWXYZ", 7)
    at, t = rng.randint(0, 2), rng.choice([3, 4])
    rows = [letters[s : s + t] for s in (at, at + 1, at + 2, max(0, at - 1))]
    rolled = [*rows[0][1:], rows[0][0]]
    return Ask(
        text=f"The stream is {' '.join(letters)} … and a window has x = {' '.join(rows[0])}. What is y?",
        answer=" ".join(rows[1]),
        wrong=tuple(" ".join(row) for row in (rows[0], rolled, rows[0][::-1], rows[2], rows[1][:-1])),
        why="Below each token stands the one that follows it; the last target comes from behind the window.",
    )


def webtext(rng: Random) -> Ask:
    """WebText: about 8 million pages, 40 GB of text (2019)."""
    question, answer, wrong = rng.choice(
        [
            ("About how many web pages are in WebText?", "8 million", ("80 thousand", "800 million", "8 billion")),
            ("About how much text is WebText?", "40 GB", ("40 MB", "4 GB", "40 TB")),
            ("How were the pages of WebText chosen?", "links that readers of Reddit had voted for",
             ("at random from all of the web", "from Wikipedia", "by a model that graded each page")),
        ]
    )  # fmt: skip
    return Ask(
        text=f"{question} (GPT-2 was trained on it in 2019.)",
        answer=answer,
        wrong=wrong,
        why="45 million links that had received at least 3 votes on Reddit; without copies and without Wikipedia, "
        "8 million pages remained, 40 GB.",
    )


def gpt3_mix(rng: Random) -> Ask:
    """GPT-3 read 300 billion tokens, three fifths of them from Common Crawl."""
    part, share = rng.choice(
        [("filtered Common Crawl", 60), ("WebText2", 22), ("its two collections of books together", 16),
         ("Wikipedia", 3)]
    )  # fmt: skip
    tokens = rng.choice([True, False])
    unit = (lambda p: f"{3 * p} billion tokens") if tokens else (lambda p: f"{p} %")
    return Ask(
        text=f"GPT-3 (2020) read 300 billion tokens. How much of that came from {part}?",
        answer=unit(share),
        wrong=tuple(unit(p) for p in (60, 22, 16, 3, 90)),
        why="60 % Common Crawl, 22 % WebText2, 8 and 8 % books, 3 % Wikipedia: shares of what was read. Small clean "
        "sources were read several times.",
    )


def fineweb(rng: Random) -> Ask:
    """FineWeb-Edu's small sample: 100 shards of 100 million tokens."""
    size = rng.choice([50, 100, 200, 500])
    count = 10_000 // size
    question, right, wrong = rng.choice(
        [
            ("How many shards?", str(count), (count // 10, count * 10, count + 1, count * 2)),
            ("The first is for validation. How many billion tokens are left to train on?", f"{10 - size / 1000:g}",
             ("10", f"{10 - size / 100:g}", "9", f"{10 - 2 * size / 1000:g}")),
            ("How many MB has a shard of uint16?", str(2 * size), (size, 4 * size, 8 * size, size // 2)),
        ]
    )  # fmt: skip
    return Ask(
        text=f"A sample of FineWeb-Edu with 10 billion tokens is written in shards of {size} million. {question}",
        answer=right,
        wrong=tuple(map(str, wrong)),
        why="10,000 million tokens, two bytes each. (FineWeb-Edu, 2024: pages that a classifier found educational.)",
    )


def synthetic(rng: Random) -> Ask:
    """Generated data help where real data are rare, and repeat old faults."""
    question, right, wrong, why = rng.choice(
        [
            ("For which of these is made-up data the best choice?", "exercises in addition, with checked results",
             ("the news of next week", "the style of an author", "how often each word is used"),
             "A rule makes as many as you like, and a program checks each."),
            ("A model trains on text by an older model. What is the first risk?",
             "faults and habits of the older one are learned as truth",
             ("the loss cannot fall", "the vocabulary changes", "gradients vanish"),
             "Text by a model is more uniform than text by people, and wrong where its maker was."),
            ("Each model trains on the texts of the one before. What happens after some rounds?",
             "what was rare disappears",
             ("errors cancel out", "nothing, the loss is the same", "the texts become more varied"),
             "Each round samples what is likely. The tails of the distribution are lost first."),
            ("You have 50 real questions, and a model that can write more. For what are the real ones best kept?",
             "for the test", ("for training", "for both", "for neither"),
             "Measure on what is real, or you measure how well one model imitates another."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=right, wrong=wrong, why=why)


def dedupe(rng: Random) -> Ask:
    """Copies on both sides of a split make a model look better than it is."""
    share = rng.choice([0.2, 0.3, 0.4])
    base = rng.choice([0.5, 0.6, 0.7])
    seen = share + (1 - share) * base
    return Ask(
        text=f"{share:.0%} of the test questions stand, with answers, in the training text; these the model gets all "
        f"right, of the others {base:.0%}. Which accuracy will be reported, and which is the honest one?",
        answer=f"{seen:.0%} and {base:.0%}",
        wrong=tuple(f"{a:.0%} and {b:.0%}" for a, b in
                    ((seen, seen), (base, base), (base, (1 - share) * base), (share + base, base), (seen, seen - share))
                    if a <= 1),
        why=f"{share:.0%} + {1 - share:.0%} · {base:.0%} = {seen:.0%}: contamination. Remove copies before you split, "
        "and search the training text for the test's questions.",
    )  # fmt: skip


def toy_sets(rng: Random) -> Ask:
    """MNIST: gray, 28 × 28; CIFAR-10: color, 32 × 32; ten classes each."""
    b = rng.choice([16, 32, 64, 100])
    name, c, s = rng.choice([("MNIST", 1, 28), ("CIFAR-10", 3, 32)])
    question, right, wrong = rng.choice(
        [
            (f"Which shape has a batch of {b} images?", (b, c, s, s),
             ((b, s, s), (b, s, s, c), (b, 4 - c, s, s), (b, c, 60 - s, 60 - s), (c, b, s, s))),
            ("How many numbers has an image, if it is flattened?", c * s * s,
             (s * s, 3 * s * s, s * 2 * c, c * (60 - s) ** 2, s + s, 10 * c * s)),
            ("Which class numbers are there?", "0 … 9", ("1 … 10", "0 … 10", "1 … 9")),
        ]
    )  # fmt: skip
    return Ask(
        text=f"{name}, loaded with torchvision and ToTensor. {question}",
        answer=str(right),
        wrong=tuple(map(str, wrong)),
        why=f"{name}: {c} channel{'s' if c > 1 else ''} of {s} × {s}, so {c * s * s} numbers; ten classes, counted "
        "from 0. Channels stand in front.",
    )


def tfdata(rng: Random) -> Ask:
    """tf.data is one chain of steps; torch parts items from batches."""
    theirs, ours = rng.choice(
        [
            (".batch(32)", "DataLoader(data, batch_size=32)"),
            (".shuffle(10_000)", "DataLoader(data, shuffle=True)"),
            ("Dataset.from_tensor_slices((x, y))", "TensorDataset(x, y)"),
            (".map(f)", "a call of f in __getitem__"),
            (".padded_batch(32)", "DataLoader(data, 32, collate_fn=…)"),
        ]
    )
    return Ask(
        text=f"tf.data has {theirs}. What stands for it in torch?",
        answer=ours,
        wrong=(
            "DataLoader(data, batch_size=32)", "DataLoader(data, shuffle=True)", "TensorDataset(x, y)",
            "a call of f in __getitem__", "DataLoader(data, 32, collate_fn=…)",
        ),
        why="Items belong to the Dataset, order and batches to the DataLoader. shuffle(n) of tf.data mixes within a "
        "buffer of n items; torch's shuffle draws a whole new order.",
    )  # fmt: skip


def bottleneck(rng: Random) -> Ask:
    """A GPU that waits for data: its load jumps, and nothing but the loader helps."""
    load, compute = rng.sample([20, 40, 60, 80, 120, 160], 2)
    overlap = rng.choice([True, False])
    faster = rng.choice([2, 4])
    total = max(load, compute / faster) if overlap else load + compute / faster
    before = max(load, compute) if overlap else load + compute
    options = (before, before / faster, total, load, load + compute / faster, max(load, compute / faster))
    options += (compute / faster, total + load, 2 * load, total + compute)
    how = "ahead, by workers" if overlap else "between the steps"
    return Ask(
        text=f"Loading a batch takes {load} ms, computing {compute} ms; it is loaded {how}. A GPU {faster} times as "
        "fast is bought. How many ms does a step take then?",
        hidden=f"{total:g}",
        wrong=tuple(f"{v:.4g}" for v in options),
        why=f"Computing takes {compute / faster:g} ms now. "
        + ("Loading runs beside it: the slower of the two decides." if overlap else "The two times add up."),
    )
