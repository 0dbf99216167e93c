"""Quiz deck of lesson 22: clocks, roofs, graphs, tiles, and what is inside a GPU."""

from random import Random

from lessons import Ask

LADDER = [
    ("plain float32", 1000),
    ("TF32", 333),
    ("bfloat16 autocast", 300),
    ("torch.compile", 130),
    ("flash attention", 96),
    ("a vocabulary of 50,304", 93),
    ("fused AdamW", 90),
]
"""Milliseconds a step of GPT-2 124M, 16 × 1,024 tokens, as logged on an A100 (2024, rounded)."""


def ladder(rng: Random) -> Ask:
    """From 1,000 to 90 ms: the factors multiply."""
    i, j = sorted(rng.sample(range(len(LADDER)), 2))
    (first, before), (last, after) = LADDER[i], LADDER[j]
    product = round(before / after, 2)
    steps = [round(a / b, 2) for (_, a), (_, b) in zip(LADDER[i:], LADDER[i + 1 : j + 1], strict=False)]
    return Ask(
        text=f"A logged run of GPT-2 took {before:,} ms a step with {first}, and {after} ms once {last} had been "
        "added. How many times as fast is that?",
        hidden=f"round({before} / {after}, 2)",
        wrong=tuple(f"{v:.4g}" for v in (round(1 - after / before, 2), before - after, sum(steps) + 0.5, 11.11,
                                         round(product * 1.5, 2), round(after / before, 2))),
        why=f"{before} / {after} = {product:g}. Single steps multiply: " + " · ".join(f"{s:g}" for s in steps)
        + ". From end to end it is a factor of 11.",
    )  # fmt: skip


def toks(rng: Random) -> Ask:
    """Tokens a second: B · T over the time of a step."""
    b, t = rng.choice([4, 8, 16, 32]), rng.choice([512, 1024])
    ms = rng.choice([90, 130, 300, 333, 450, 1000])
    right = round(b * t / ms, 1)
    return Ask(
        text=f"A step works on {b} sequences of {t:,} tokens and takes {ms} ms. How many thousand tokens a second?",
        hidden=f"round({b} * {t} / {ms}, 1)",
        wrong=tuple(f"{v:.4g}" for v in (round(t / ms, 1), round(b * t / 1000, 1), round(b * 1000 / ms, 1),
                                         round(b * t * ms / 1e6, 1), round(right / 2, 1))),
        why=f"{b} · {t:,} = {b * t:,} tokens in {ms / 1000:g} s. Tokens a second can be compared between batches; "
        "milliseconds a step cannot.",
    )  # fmt: skip


def why_sync(rng: Random) -> Ask:
    """A GPU is given orders; the clock must wait for the work."""
    order, work, before = rng.choice([0.01, 0.02, 0.05]), rng.choice([4, 5, 8, 12]), rng.choice([20, 30, 50])
    kind, code, why = rng.choice(
        [
            ("There is no sync at all.", f"{order}", "Both readings are taken while the device works: only the order "
             "lies between them."),
            ("There is a sync before the second reading only.", f"{before} + {work}",
             "The wait at the end includes what the device still had to do."),
            ("There is a sync before each reading.", f"{order} + {work}",
             "Idle at the start, idle at the end: the order and the work itself."),
            ("There is a sync before the first reading only.", f"{order}",
             "The first reading is clean; the second comes as soon as the order is given."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"A device is busy for another {before} ms when your clock starts. Your call gives it an order in "
        f"{order} ms, and the work takes {work} ms. {kind} Which time do you read, in ms?",
        hidden=f"float({code})",
        wrong=tuple(f"{v:.4g}" for v in (order, before + work, order + work, before + order, float(before),
                                         before + work + order)),
        why=why,
    )  # fmt: skip


def warmup(rng: Random) -> Ask:
    """First calls compile, choose kernels and ask for memory: they do not count."""
    if rng.random() < 0.3:
        cause, answer, why = rng.choice(
            [
                ("a model under torch.compile", "the graph is written and compiled", "The next calls run what is "
                 "there."),
                ("the first convolution with cudnn.benchmark on", "several kernels are tried out",
                 "The fastest one is kept for this shape."),
                ("the first large tensor on a GPU", "memory is asked from the driver",
                 "Later tensors get theirs from torch's own store."),
            ]
        )  # fmt: skip
        return Ask(
            text=f"The first call is many times slower: {cause}. What takes the time?",
            answer=answer,
            wrong=tuple(
                w
                for w in (
                    "the graph is written and compiled",
                    "several kernels are tried out",
                    "memory is asked from the driver",
                    "the weights are initialized again",
                )
                if w != answer
            ),
            why=why,
        )
    first, later = rng.choice([1261, 601, 627]), {1261: 1031, 601: 354, 627: 311}
    n = rng.choice([5, 10, 20])
    rest = later[first]
    return Ask(
        text=f"A logged run: the first step took {first} ms, each later one {rest} ms. By how many ms is the mean of "
        f"{n} steps above the median?",
        hidden=f"round(({first} - {rest}) / {n}, 1)",
        wrong=tuple(f"{v:.4g}" for v in (0, first - rest, round((first - rest) / 2, 1), round(first / n, 1),
                                         round((first - rest) / n + 5, 1))),
        why=f"The median is {rest}. The first step adds {first - rest} ms to the sum: {first - rest} / {n} to the "
        "mean. Leave it out, and both agree.",
    )  # fmt: skip


def fusion(rng: Random) -> Ask:
    """Each operation alone reads and writes memory; fused, once for all."""
    millions, size = rng.choice([10, 25, 50, 100]), rng.choice([2, 4])
    chains = [
        ("gelu(x) by hand, as x³, · a, x +, · b, tanh, 1 +, x/2, ·", 18, 8),
        ("(x + bias).relu() · 2, bias a single number", 6, 3),
        ("x.sin().exp()", 4, 2),
        ("x · 3 + 1, then tanh", 6, 3),
    ]
    name, numbers, ops = rng.choice(chains)
    if rng.random() < 0.5:
        return Ask(
            text=f"{name}: {ops} kernels, each of which reads its inputs and writes its result. x has {millions} "
            f"million numbers of {size} bytes. How many MB go through memory?",
            hidden=f"{numbers} * {millions} * {size}",
            wrong=tuple(map(str, (2 * millions * size, ops * millions * size, millions * size,
                                  numbers * millions, (numbers + 2) * millions * size))),
            why=f"{numbers} times the whole tensor is read or written; a fused kernel would read x and write the "
            f"result, {2 * millions * size} MB.",
        )  # fmt: skip
    return Ask(
        text=f"{name}: {ops} kernels for {millions} million numbers of {size} bytes. If memory is the bottleneck, how "
        "many times as fast is one fused kernel at best?",
        hidden=f"{numbers} / 2",
        wrong=tuple(f"{v:.4g}" for v in (ops, numbers, 2, numbers / 4, ops / 2 + 7, 1)),
        why=f"By hand {numbers} tensors move, fused 2: x in, the result out. The arithmetic is the same.",
    )


def breaks(rng: Random) -> Ask:
    """What hangs on a tensor's value cannot be written into a graph."""
    n = rng.randint(2, 9)
    bad = rng.choice(
        [
            f"if x.sum() > {n}: x = x / {n}",
            "print(x.mean())",
            f"while x.norm() > {n}: x = x / 2",
            f"x = [x, -x][int(x.sum() > {n})]",
        ]
    )
    good = rng.sample(
        [
            f"if x.shape[0] > {n}: x = x / {n}",
            f"for _ in range({n}): x = x.tanh()",
            f"x = torch.where(x > {n}, x, -x)",
            "x = x.reshape(-1, x.shape[-1])",
            f"x = x.clamp(max={n})",
            "if self.training: x = F.dropout(x, 0.1)",
        ],
        3,
    )
    return Ask(
        text="Which of these lines breaks the graph of torch.compile?",
        answer=bad,
        wrong=tuple(good),
        why="It depends on what is in the tensor, and a graph is written without knowing that. Shapes, flags and loops "
        "of known length are settled while it is written; where and clamp choose inside of it.",
    )


def flash_idea(rng: Random) -> Ask:
    """More FLOPs, fewer trips to slow memory."""
    b, h, t, size = rng.choice([2, 4, 16]), rng.choice([12, 16, 32]), rng.choice([1024, 2048, 4096]), 2
    table = b * h * t * t * size / 1e6
    if rng.random() < 0.6:
        return Ask(
            text=f"Attention by hand, {b} sequences, {h} heads, {t:,} tokens, {size} bytes a number. How many MB has "
            "one table of scores, which flash attention never writes?",
            hidden=f"round({b} * {h} * {t} ** 2 * {size} / 1e6, 1)",
            wrong=tuple(f"{v:.4g}" for v in (b * h * t * size / 1e6, b * t * t * size / 1e6, table / 2,
                                             b * h * t * 64 * size / 1e6, table * h)),
            why="T² for every head of every sequence. Flash attention has a tile of it at a time, and keeps one number "
            "a row for backward.",
        )  # fmt: skip
    question, answer, wrong, why = rng.choice(
        [
            ("Does flash attention do less arithmetic than attention by hand?", 
             "no, more: backward computes scores anew",
             ("yes, it skips small weights", "yes, it approximates the softmax", "exactly the same"),
             "Scores are computed a second time rather than kept. What it saves is memory traffic."),
            ("Are the results of flash attention approximate?", "no, they differ by roundings only",
             ("yes, far tokens are left out", "yes, the softmax is linear", "yes, in training only"),
             "Largest score and sum are mended from tile to tile: exactly the same softmax."),
            ("What must be done with a running sum of exponentials when a larger score comes?",
             "multiplied by exp(old maximum − new maximum)",
             ("nothing, it is only a sum", "divided by the number of blocks", "computed again from all scores"),
             "exp(s − old) · exp(old − new) = exp(s − new): one factor mends all that was added."),
            ("What does flash attention keep for backward, besides q, k, v and the output?",
             "one number a row, the lse",
             ("all weights", "all scores", "nothing at all"),
             "With the log of each row's sum every weight can be computed again from q and k."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def nice(rng: Random) -> Ask:
    """Sizes that tiles divide: multiples of 64 or 128."""
    m = rng.choice([64, 128])
    n = rng.choice([50257, 32003, 10007, 65, 1000, 151, rng.randint(500, 40_000)])
    up = -(-n // m) * m
    if rng.random() < 0.5:
        return Ask(
            text=f"A vocabulary of {n:,} is rounded up to a multiple of {m}. How many rows does the table get?",
            hidden=f"-(-{n} // {m}) * {m}",
            wrong=tuple(map(str, (n // m * m, up + m, n + m, 2 ** (n - 1).bit_length(), up + 1))),
            why=f"{up:,} = {up // m} · {m}: all tiles are full, and each row begins where a wide load may.",
        )
    tiles, last = -(-n // m), (n - 1) % m + 1
    return Ask(
        text=f"A product has {n:,} columns and is cut into tiles of {m}. How many columns of its last tile are used?",
        hidden=f"({n} - 1) % {m} + 1",
        wrong=tuple(map(str, (m - last, tiles, n // m, (last + 7) % m + 1, m if last != m else 1))),
        why=f"{tiles} tiles, {tiles - 1} of them full, and {last} columns of the last. The others are computed for "
        "nothing.",
    )


def precision_names(rng: Random) -> Ask:
    """highest: float32; high: TF32; medium: bfloat16."""
    n = rng.choice([1024, 2048, 4096])
    what = {"highest": "23 mantissa bits", "high": "10 mantissa bits (TF32)", "medium": "7 mantissa bits (bfloat16)"}
    name = rng.choice(list(what))
    if rng.random() < 0.6:
        return Ask(
            text=f"torch.set_float32_matmul_precision('{name}'), then a product of two float32 matrices of {n:,} on a "
            "GPU with tensor cores. How precisely may it read its inputs?",
            answer=what[name],
            wrong=(*(v for v in what.values() if v != what[name]), "52 mantissa bits"),
            why="'highest' is float32, 'high' allows TF32, 'medium' bfloat16. Sums are float32 each time.",
        )
    return Ask(
        text=f"torch.set_float32_matmul_precision('{name}'): what is the dtype of a @ b for float32 a and b of {n:,}?",
        answer="torch.float32",
        wrong=("torch.bfloat16", "torch.float16", "an error: TF32 is no dtype"),
        why="Only what the multiplying units read is rounded. Tensors are stored as float32, inputs and result.",
    )


def gpu_parts(rng: Random) -> Ask:
    """SM, warp, tensor core, shared memory, HBM."""
    parts = {
        "SM": "a processor of the GPU; blocks of threads run on it",
        "warp": "32 threads that go in step",
        "tensor core": "a unit that multiplies small matrices in low precision",
        "HBM": "the large memory, outside of the processors",
        "shared memory": "a small, fast memory inside a processor",
    }
    kind = rng.randrange(3)
    if kind == 0:
        name = rng.choice(list(parts))
        others = [v for k, v in parts.items() if k != name]
        return Ask(
            text=f"What is a GPU's {name}?",
            answer=parts[name],
            wrong=tuple(rng.sample(others, 3)),
            why="From the outside in: HBM, a cache, the SMs, their shared memory, registers; warps run, tensor cores "
            "multiply.",
        )
    if kind == 1:
        threads, blocks = rng.choice([96, 128, 256, 512]), rng.randint(2, 40)
        return Ask(
            text=f"A kernel runs as {blocks} blocks of {threads} threads. How many warps are that?",
            hidden=f"{blocks} * {threads} // 32",
            wrong=tuple(map(str, (blocks, blocks * threads, blocks * threads // 64, threads // 32,
                                  blocks * threads // 16))),
            why=f"32 threads make a warp: {threads // 32} in each block.",
        )  # fmt: skip
    tera, rate = rng.choice([(312, 2.0), (989, 3.35), (19.5, 2.0), (121, 0.3)])
    return Ask(
        text=f"A GPU does {tera} TFLOP/s and reads {rate} TB/s. How many operations must be done with a byte so that "
        "the units that multiply need not wait?",
        hidden=f"round({tera} / {rate}, 1)",
        wrong=tuple(f"{v:.4g}" for v in (round(tera * rate, 1), round(rate / tera, 4), tera, round(tera / rate / 8, 1),
                                         round(2 * tera / rate, 1))),
        why=f"{tera} / {rate} operations a byte. Below it the memory is the roof, above it the arithmetic.",
    )  # fmt: skip


def amdahl(rng: Random) -> Ask:
    """1 / (rest + part / factor): what is not sped up remains."""
    part, factor = rng.choice([0.5, 0.75, 0.8, 0.9, 0.95]), rng.choice([2, 4, 8, 16, 64])
    right = 1 / (1 - part + part / factor)
    if rng.random() < 0.25:
        return Ask(
            text=f"{part:.0%} of a step can be sped up, by any factor you like. How many times as fast can the step "
            "become at most?",
            hidden=f"round(1 / (1 - {part}), 2)",
            wrong=tuple(f"{v:.4g}" for v in (round(1 / part, 2), round(part / (1 - part), 2), 100 * part, factor,
                                             round(1 / (1 - part) + 2, 2))),
            why=f"The other {1 - part:.0%} remain, whatever you do: 1 / {1 - part:.4g}.",
        )  # fmt: skip
    return Ask(
        text=f"{part:.0%} of a step becomes {factor} times as fast, the rest stays. How many times as fast is it all?",
        hidden=f"round(1 / (1 - {part} + {part} / {factor}), 2)",
        wrong=tuple(f"{v:.4g}" for v in (factor, round(part * factor, 2), round(1 / (1 - part), 2),
                                         round(part * factor + 1 - part, 2), round(right + 1.5, 2))),
        why=f"Of 1 second {1 - part:.4g} s remain, and {part} / {factor} = {part / factor:.4g} s of the other part.",
    )  # fmt: skip


def cpu_gpu(rng: Random) -> Ask:
    """A CPU finishes one thing soon, a GPU finishes many."""
    n = rng.choice([64, 1000, 4096])
    job, answer, why = rng.choice(
        [
            (f"a product of two matrices of {max(n, 1000):,}", "GPU", "Thousands of threads do the same to different "
             "numbers."),
            (f"a loop of {n:,} steps, each needs the number from the one before", "CPU",
             "Nothing can be done side by side: what counts is how soon one step is done."),
            (f"parsing {n:,} lines of JSON, each with other branches", "CPU",
             "Threads of a warp go in step; where each takes another branch they wait for each other."),
            (f"one addition of two vectors of {n}, which lie in the computer's memory", "CPU",
             "Giving the order and copying takes longer than adding."),
            (f"the same small network on {max(n, 1000):,} inputs at once", "GPU", "Many alike: throughput."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"Who is made for this: {job}?",
        answer=answer,
        wrong=("GPU", "CPU", "both are equally fast"),
        why=why,
    )


def cuda_kernel(rng: Random) -> Ask:
    """Grid, block, thread; coalesced reads; a softmax in steps."""
    block, x, t = rng.choice([64, 128, 256]), rng.randint(2, 30), rng.randint(1, 60)
    kind = rng.randrange(4)
    if kind == 0:
        return Ask(
            text=f"blockDim.x = {block}, blockIdx.x = {x}, threadIdx.x = {t}: which element does "
            "i = blockIdx.x * blockDim.x + threadIdx.x name?",
            hidden=f"{x} * {block} + {t}",
            wrong=tuple(map(str, (x + block * t, x * t + block, (x - 1) * block + t, x * block, x * block + t + 1))),
            why="Blocks before it have taken blockIdx · blockDim elements; the thread adds its own place.",
        )
    if kind == 1:
        n = rng.randint(1000, 90_000)
        return Ask(
            text=f"{n:,} elements, one thread each, {block} threads a block. How many blocks has the grid?",
            hidden=f"-(-{n} // {block})",
            wrong=tuple(
                map(str, (n // block if n % block else n // block - 1, -(-n // block) + 1, n, block, n % block))
            ),
            why="Rounded up; threads behind the end find `if (i < n)` false and do nothing.",
        )
    if kind == 2:
        step = rng.choice([1, 2, 4, 8, 1024])
        return Ask(
            text=f"32 threads of a warp read float32 numbers that lie {step} apart. Lines of memory have 128 bytes, "
            "and the first number begins one. How many lines are fetched?",
            hidden=f"len({{4 * {step} * i // 128 for i in range(32)}})",
            wrong=tuple(map(str, (1, 2, 4, 8, 32, 128))),
            why="Neighbors share a line: 32 · 4 bytes fill one. This is called coalesced access.",
        )
    steps = [
        "each thread takes its share of the row and keeps the largest",
        "the block finds the row's largest, by a tree in shared memory",
        "each thread adds up exp(s − largest) of its share",
        "the block adds these sums, by a tree in shared memory",
        "each thread writes exp(s − largest) / sum for its share",
    ]
    at = rng.randint(1, 4)
    return Ask(
        text=f"A CUDA kernel for softmax, a block for a row. Step {at}: {steps[at - 1]}. What is step {at + 1}?",
        answer=steps[at],
        wrong=tuple(s for i, s in enumerate(steps) if i not in (at, at - 1)),
        why="Largest, then sum, each first by thread and then by block; then the results. Threads of a block can talk "
        "through shared memory, and wait for each other.",
    )


def triton_cute(rng: Random) -> Ask:
    """Languages for kernels: CUDA by thread, Triton by block, CuTe by layout."""
    n = rng.choice([64, 128])
    wish, answer, why = rng.choice(
        [
            (f"a kernel in Python that says what happens to a block of {n} numbers; threads are the compiler's affair",
             "Triton", "Triton programs work on blocks; inductor writes them, too."),
            (f"a kernel in C++ from templates for layouts: how tiles of {n} × {n} lie in memory and among threads",
             "CuTe", "CuTe is the part of CUTLASS that describes layouts and tiles."),
            (f"a kernel in C++ that says what each of {n} threads of a block does, with __shared__ memory",
             "CUDA C++", "The language nearest to the hardware: you write for one thread."),
            ("no kernel at all: a compiler makes it of my PyTorch code", "torch.compile",
             "Its backend inductor fuses, and writes Triton for GPUs."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"You want this: {wish}. Which tool is it?",
        answer=answer,
        wrong=tuple(w for w in ("Triton", "CuTe", "CUDA C++", "torch.compile") if w != answer),
        why=why,
    )


def llmc(rng: Random) -> Ask:
    """llm.c: the same training in C and CUDA, without PyTorch."""
    question, answer, wrong, why = rng.choice(
        [
            ("What does llm.c train?", "GPT-2, the same computation as in PyTorch",
             ("a smaller model of its own", "tokenizers", "only models of its authors' own format"),
             "The same model, written out in C and CUDA; losses agree step by step with PyTorch's."),
            ("What does llm.c need at run time?", "a compiler, CUDA for the GPU; neither Python nor PyTorch",
             ("Python and PyTorch", "Triton", "a browser"),
             "Forward and backward of each layer are functions in C; data is prepared by scripts."),
            ("Where does llm.c get its gradients from?", "backward is written by hand, layer by layer",
             ("PyTorch's autograd", "finite differences", "torch.compile"),
             "There is no graph: each layer has a forward and a backward function, as in lesson 14."),
            ("Why can llm.c be faster than plain PyTorch?", "no Python between kernels, and kernels fused by hand",
             ("C multiplies faster than a GPU", "it skips backward", "it uses fewer parameters"),
             "The GPU computes the same; what goes away is overhead and traffic. torch.compile comes close."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def bw_bound(rng: Random) -> Ask:
    """Few operations a byte: memory is the roof."""
    c, n = rng.choice([768, 1024, 4096]), rng.choice([8192, 16384])
    if rng.random() < 0.5:
        name, answer, why = rng.choice(
            [
                (f"x @ W for {n:,} tokens, W {c} × {4 * c}", "arithmetic",
                 "Each number of W is used for all tokens: hundreds of operations a byte."),
                (f"x @ W for 1 token, W {c} × {4 * c}", "memory", "Each number of W is read for one multiplication."),
                (f"layer norm over {c} channels, {n:,} tokens", "memory", "A few operations for each number "
                 "that is read and written."),
                (f"x + y, the residual stream, {n:,} × {c}", "memory", "One addition for three numbers "
                 "moved."),
                (f"dropout on {n:,} × {c} numbers", "memory", "Read, multiply, write."),
                ("AdamW's update of all parameters", "memory", "A dozen operations for some seven numbers moved."),
            ]
        )  # fmt: skip
        return Ask(
            text=f"An A100, bfloat16: what is the roof of {name}?",
            answer=answer,
            wrong=("memory", "arithmetic", "neither: Python's overhead alone"),
            why=why,
        )
    batch = rng.choice([1, 4, 16, 64, 256])
    return Ask(
        text=f"x [{batch}, {c}] @ W [{c}, {c}], 2 bytes a number; count the bytes of W alone. How many operations are "
        "done for each byte?",
        hidden=f"2 * {batch} * {c} ** 2 // (2 * {c} ** 2)",
        wrong=tuple(map(str, (2 * batch, batch * c, 2 * c, 4 * batch, batch + 1))),
        why="A multiplication and an addition for each number of W and each row of x, over 2 bytes: the batch decides.",
    )


def containers(rng: Random) -> Ask:
    """The vendor's image brings matching libraries; GPUs are rented by the hour."""
    if rng.random() < 0.5:
        hours, price, tokens = rng.choice([2, 10, 24]), rng.choice([1.5, 2.0, 3.0]), rng.choice([150, 180, 1200])
        return Ask(
            text=f"A rented GPU costs {price} dollars an hour and trains on {tokens} thousand tokens a second. How "
            f"many billion tokens do you get for {hours * price:g} dollars?",
            hidden=f"round({hours} * 3600 * {tokens} * 1e3 / 1e9, 2)",
            wrong=tuple(f"{v:.4g}" for v in (round(hours * 60 * tokens / 1e6, 4), round(3600 * tokens / 1e6, 3) * 1.5,
                                             round(hours * price * 3600 * tokens / 1e6 * 1.1, 2),
                                             round(hours * tokens / 1e3, 3),
                                             round(hours * 7200 * tokens / 1e6, 2))),
            why=f"{hours:g} hours of 3,600 seconds. Before you rent, measure tokens a second; after it, switch it off.",
        )  # fmt: skip
    question, answer, wrong, why = rng.choice(
        [
            ("What is in the vendor's PyTorch image?", "PyTorch and CUDA libraries that were tested together",
             ("the GPU's driver", "your data", "trained weights"),
             "The driver belongs to the host; all above it is in the image, in versions that fit."),
            ("What must the host have so that the vendor's PyTorch image runs on its GPU?",
             "a recent enough driver and the container toolkit",
             ("the same Python", "the same CUDA toolkit", "PyTorch"),
             "CUDA's libraries are inside; the driver is shared with the host."),
            ("Where must checkpoints go while the vendor's image trains?", "to a folder of the host that is mounted",
             ("into the image", "into the GPU's memory", "nowhere: images keep all"),
             "What is written inside a container is gone when it is removed; rented machines go, too."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)


def python_overhead(rng: Random) -> Ask:
    """Each order costs microseconds; thousands of small ones starve the device."""
    kernels, us = rng.choice([500, 1000, 2000, 4000]), rng.choice([5, 6, 8, 10])
    if rng.random() < 0.6:
        work = rng.choice([2, 3, 20, 40])
        return Ask(
            text=f"A step gives {kernels:,} orders, one after the other, {us} µs each; each keeps the device busy for "
            f"{work} µs. About how many ms does the step take?",
            hidden=f"float(max({us}, {work}) * {kernels} / 1000)",
            wrong=tuple(f"{v:.4g}" for v in ((us + work) * kernels / 1000, min(us, work) * kernels / 1000,
                                             us * work * kernels / 1000, us * kernels / 1e6,
                                             abs(work - us) * kernels / 1000)),
            why="Python and the device work side by side: the slower of the two decides. "
            + ("Here the device waits for orders." if work < us else "Here Python is ahead."),
        )  # fmt: skip
    change, answer, why = rng.choice(
        [
            ("10 small kernels are fused into one", "it falls", "A tenth of the orders for this part."),
            ("a CUDA graph replays all orders at once", "it falls", "One order for the whole step."),
            (
                "the batch is made 8 times as large",
                "it stays as it is",
                "The same orders, each with more work behind it: that is why large batches hide it.",
            ),
            ("the weights are stored in bfloat16", "it stays as it is", "As many orders as before."),
            ("AdamW updates each parameter in a loop of its own", "it rises", "A few orders for each of 148 tensors."),
        ]
    )
    return Ask(
        text=f"A step gives {kernels:,} orders of {us} µs each. Now {change}. What happens to the time that Python "
        "needs for giving orders?",
        answer=answer,
        wrong=("it falls", "it stays as it is", "it rises"),
        why=why,
    )


def compile_when(rng: Random) -> Ask:
    """Compile what runs often in few shapes."""
    if rng.random() < 0.5:
        cost, plain, fast = rng.choice([20, 40, 60, 90]), rng.choice([300, 400, 500]), rng.choice([130, 200, 250])
        return Ask(
            text=f"Compiling takes {cost} s, once. A step takes {plain} ms before and {fast} ms after. From how many "
            "steps on is it worth it?",
            hidden=f"math.ceil({cost} * 1000 / ({plain} - {fast}))",
            wrong=tuple(str(round(v)) for v in (cost * 1000 / plain, cost * 1000 / fast, cost,
                                                cost * 1000 / (plain + fast), cost * (plain - fast) / 100)),
            why=f"Each step saves {plain - fast} ms. A training of 19,073 steps does not notice the compiling; a test "
            "of five does.",
        )  # fmt: skip
    n = rng.choice([5, 10, 100])
    question, answer, wrong, why = rng.choice(
        [
            ("A training of thousands of steps, all batches of one shape: compile?", "yes",
             ("no", "only the loss"), "One compilation, many uses."),
            (f"A generator without a cache, whose text grows by a token a step, {n} tokens: compile with fixed shapes?",
             "no", ("yes", "yes, it never compiles again"), "Each length would be a new shape, and compiled anew."),
            (f"A script that runs a model {n // 5 + 1} times to look at its outputs: compile?", "no", ("yes", "always"),
             "Compiling takes longer than what it saves."),
            ("Plain PyTorch: when is its graph of operations made?", "anew at each forward, as the code runs",
             ("once, before the first batch", "when the model is saved", "when the optimizer is made"),
             "That is a dynamic graph: any Python may be in it. torch.compile writes a static one and guards it."),
            ("A static graph, written before it runs: what can it have that a dynamic one cannot?",
             "operations fused and memory planned ahead",
             ("branches on values", "a Python debugger inside", "gradients"),
             "Who sees the whole before it runs can rearrange it. The price: Python's freedom."),
            (f"A compiled function is called with a batch of {n} after batches of {n + 27}. What happens?",
             "it is compiled again, perhaps for all sizes", ("an error", "wrong results", "it is padded"),
             "Shapes are guarded. After a second size torch tries a graph in which the size is a variable."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)
