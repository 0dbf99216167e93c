"""Quiz deck of lesson 25: memory of training, sharding, other kinds of parallelism, and plans on an envelope."""

from random import Random

from lessons import Ask


def sixteen_bytes(rng: Random) -> Ask:
    """What a parameter costs from one step to the next."""
    millions = rng.choice([50, 124, 355, 774, 1300, 1558, 2700])
    mixed = rng.random() < 0.5
    name, state = rng.choice([("AdamW", 8), ("SGD with momentum", 4), ("plain SGD", 0)])
    each = (2 + 2 + 4 if mixed else 4 + 4) + state
    return Ask(
        text=f"{millions} million parameters are trained with {name}, "
        + ("weights and gradients in bfloat16, with a float32 master copy. " if mixed else "everything in float32. ")
        + "How many GB are weights, gradients and optimizer (10⁹ bytes)?",
        hidden=f"{millions} * ({'2 + 2 + 4' if mixed else '4 + 4'} + {state}) / 1000",
        wrong=tuple(f"{millions * k / 1000:.4g}" for k in (2, 4, 8, 12, 16, 20) if k != each),
        why=f"{'2 + 2 + 4' if mixed else '4 + 4'} + {state} = {each} bytes each. "
        + ("The master copy takes back what the narrow weights and gradients save." if mixed else "")
        + (" AdamW's two moments are float32 in either case." if state == 8 else ""),
    )


def stages(rng: Random) -> Ask:
    """Each stage shards one part more: state, gradients, weights."""
    stage, world = rng.randint(0, 3), rng.choice([2, 4, 8, 16, 64])
    billions = rng.choice([1, 1.5, 3, 7.5, 13])
    rules = ("16", "4 + 12 / w", "2 + 14 / w", "16 / w")
    told = (
        "Nothing is divided: 16 bytes on every rank.",
        "Optimizer state and master copy, 12 of 16 bytes, are divided.",
        "State and gradients, 14 of 16 bytes, are divided.",
        "All 16 bytes are divided.",
    )
    wrong = [eval(rule, {"w": world}) * billions for rule in rules]
    return Ask(
        text=f"{billions:g} billion parameters, mixed precision, AdamW, {world} ranks, ZeRO stage {stage}. How many GB "
        "does a rank hold, activations aside?",
        hidden=f"w = {world}\n({rules[stage]}) * {float(billions)}",
        wrong=(*(f"{x:.4g}" for x in wrong), f"{(8 + 8 / world) * billions:.4g}"),
        why=told[stage] + f" {rules[stage]} = {wrong[stage] / billions:.4g} bytes a parameter with w = {world}.",
    )


def fsdp_comm(rng: Random) -> Ask:
    """One and a half times the traffic of DDP."""
    w, millions = rng.choice([4, 5, 8, 10, 16]), rng.choice([100, 200, 400, 800])
    what, rounds, why = rng.choice(
        [
            ("DDP", 2, "An all-reduce is a reduce-scatter and an all-gather: 2 times (w - 1)/w of n."),
            ("ZeRO stage 1", 2, "Reduce-scatter of gradients, all-gather of weights: what DDP sends."),
            ("FSDP (ZeRO stage 3)", 3, "All-gather for the forward, again for backward, then reduce-scatter: 3 parts."),
        ]
    )
    one = (w - 1) / w * millions
    return Ask(
        text=f"{what} trains {millions} million parameters on {w} ranks; collectives are rings. How many million "
        "numbers does a rank send in a step?",
        hidden=f"{rounds} * ({w} - 1) / {w} * {millions}",
        wrong=tuple(f"{x:.4g}" for x in (one, 2 * one, 3 * one, 4 * one, (w - 1) * millions)),
        why=why + f" Here (w - 1)/w·n is {one:.4g} million.",
    )


def tp_pp(rng: Random) -> Ask:
    """Ranks in a row wait for the first micro-batch, and after the last one."""
    p, m = rng.choice([2, 4, 8]), rng.choice([4, 6, 10, 16, 24, 32])
    return Ask(
        text=f"A model is cut into {p} stages of equal work, a rank for each (pipeline parallel). A step has {m} "
        "micro-batches. Which share of the ranks' time is the bubble?",
        hidden=f"({p} - 1) / ({m} + {p} - 1)",
        wrong=(f"{p / (m + p):.4g}", f"{(p - 1) / m:.4g}", f"{m / (m + p - 1):.4g}", f"{1 / p:.4g}", "0"),
        why=f"Of {m} + {p} - 1 = {m + p - 1} slots each rank works in {m}. More micro-batches shrink the bubble. "
        "Tensor parallel has none, but an all-reduce of activations in every block, so it stays inside one machine.",
    )


def act_ckpt(rng: Random) -> Ask:
    """Compute is paid for memory."""
    layers, each = rng.choice([12, 24, 36, 48]), rng.choice([50, 80, 120, 200])
    inside = rng.choice([10, 12, 16, 17])
    after = layers * each + inside * each
    return Ask(
        text=f"A block keeps {inside} tensors of {each} MB for backward; there are {layers} blocks. With activation "
        f"checkpointing each keeps its input alone, {each} MB, and is run again when backward comes to it. How many MB "
        "are kept at most, the block that is being run again included?",
        hidden=f"{layers} * {each} + {inside} * {each}",
        wrong=(
            str(layers * inside * each),
            str(layers * each),
            str(inside * each),
            str(each),
            str(after * 2),
        ),
        why=f"{layers} inputs and the {inside} tensors of one block, in place of {layers}·{inside}·{each} = "
        f"{layers * inside * each} MB. The price is one more forward, about a third more work.",
    )


def chinchilla(rng: Random) -> Ask:
    """About twenty tokens for each parameter, at a given budget of work."""
    n = rng.choice([0.124, 0.35, 1, 1.5, 7, 13, 70])
    back = rng.random() < 0.4
    d = 20 * n
    return Ask(
        text=f"You have {d:g} billion tokens. Which size, in billions of parameters, is about compute-optimal "
        "(Hoffmann and others, 2022)?"
        if back
        else f"A model has {n:g} billion parameters. How many billion tokens are about compute-optimal (Hoffmann and "
        "others, 2022)?",
        hidden=f"{d} / 20" if back else f"20 * {float(n)}",
        wrong=(f"{n:.4g}", f"{d:.4g}", f"{2 * n:.4g}", f"{6 * n:.4g}", f"{200 * n:.4g}", f"{n / 2:.4g}"),
        why="About 20 tokens a parameter make the best of a training budget. Models that are used a lot are trained "
        "far beyond it: a smaller one, on more tokens, is cheaper at every use.",
    )


def six_nd(rng: Random) -> Ask:
    """Work of training: six operations for each parameter and token."""
    n, d = rng.choice([124, 355, 774, 1558]), rng.choice([1, 2, 5, 10, 30])
    use = rng.random() < 0.35
    k = 2 if use else 6
    return Ask(
        text=f"How many operations (FLOPs) take {d} billion tokens through a model of {n} million parameters "
        + ("once, without training?" if use else "in training?"),
        hidden=f"float({k} * {n} * 10**6 * {d} * 10**9)",
        wrong=tuple(f"{m * n * d * 1e15:.4g}" for m in (1, 2, 3, 4, 6, 12, 6000)),
        why="A multiplication and an addition for each weight and token: 2·N·D forward. Backward needs two such "
        "matmuls, for the inputs and for the weights: 4·N·D. Attention's own products come on top, a small part.",
    )


def mfu(rng: Random) -> Ask:
    """What the model needed, over what the card could have done."""
    name, peak = rng.choice([("an A100 (312·10¹² a second)", 312), ("an H100 (989·10¹² a second)", 989)])
    n = rng.choice([124, 355, 774, 1558])
    share = rng.choice([0.2, 0.3, 0.4, 0.5])
    speed = round(share * peak * 1e6 / (6 * n))
    true = 6 * n * speed / (peak * 1e6)
    return Ask(
        text=f"A model of {n} million parameters trains on {name}, {speed:,} tokens a second. What is the MFU?",
        hidden=f"6 * {n}e6 * {speed} / {peak}e12",
        wrong=(f"{true / 3:.4g}", f"{true / 6:.4g}", f"{true * 4 / 3:.4g}", f"{true / 2:.4g}", f"{1 - true:.4g}"),
        why=f"6·N operations a token make {6 * n * speed / 1e6:.4g}·10¹² a second, of {peak}·10¹² on paper. A forward "
        "that checkpointing repeats does not count: it is work of the card, not of the model.",
    )


def roofline(rng: Random) -> Ask:
    """Operations per byte, against what the card can do per byte that it reads."""
    rows = rng.choice([1, 4, 16, 64, 256, 512, 1024, 4096])
    name, ridge = rng.choice([("an H100 needs 295", 295), ("an A100 needs 153", 153)])
    return Ask(
        text=f"A bfloat16 weight matrix of 4096 by 4096 is multiplied with {rows} row{'s' * (rows > 1)}. {name} "
        "operations for each byte of memory traffic to be busy. What sets the time?",
        hidden=f"C, M = 4096, {rows}\nops = 2 * M * C * C\nbytes = 2 * (M * C + C * C + M * C)\n"
        f"'arithmetic' if ops / bytes > {ridge} else 'memory traffic'",
        wrong=("arithmetic", "memory traffic", "both, to the same part"),
        why=f"{2 * rows * 4096**2 / (2 * (2 * rows * 4096 + 4096**2)):.4g} operations a byte. With few rows every "
        "weight is read for a few operations: so decoding is bound by memory, and training by arithmetic.",
    )


def logits_3gb(rng: Random) -> Ask:
    """The widest activation of a small model is its last."""
    b, t = rng.choice([4, 8, 16, 32]), rng.choice([512, 1024, 2048])
    name, width = rng.choice([("float32", 4), ("bfloat16", 2)])
    gb = b * t * 50257 * width / 1e9
    return Ask(
        text=f"GPT-2 (vocabulary 50,257) makes logits for {b} rows of {t:,} tokens, in {name}. How many GB "
        "(10⁹ bytes)?",
        hidden=f"{b} * {t} * 50257 * {width} / 1e9",
        wrong=tuple(
            f"{x:.4g}" for x in (gb / width, gb * 2, gb / 2, gb / b, b * t * 768 * width / 1e9, gb / 1.0737418)
        ),
        why=f"B·T·V·{width} bytes. The loss makes a gradient of the same size, and a softmax beside it: chunks of "
        "rows, or a fused loss, keep that small.",
    )


def fit_1gpu(rng: Random) -> Ask:
    """The largest model that one card can train."""
    memory = rng.choice([8, 12, 16, 24, 40, 48, 80])
    rest = rng.choice([0.25, 0.5])
    most = memory * (1 - rest) / 16
    return Ask(
        text=f"A GPU has {memory} GB, of which {rest:.0%} shall stay free for activations. How many billion parameters "
        "can it train with AdamW, without any sharding?",
        hidden=f"{memory} * (1 - {rest}) / 16",
        wrong=tuple(f"{x:.4g}" for x in (most * 8, most * 4, most * 2, memory / 16, most / 2)),
        why="16 bytes a parameter, in float32 as under mixed precision. To run it takes 2 bytes a parameter: what you "
        "can use is about eight times as large as what you can train.",
    )
