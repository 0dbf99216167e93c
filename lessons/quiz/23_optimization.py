"""Questions about AdamW, decay, clipping, schedules and large batches; every draw has fresh numbers."""

from math import sqrt
from random import Random

from lessons import Ask


def l2_vs_decay(rng: Random) -> Ask:
    """Decay in the gradient is divided by √v; decoupled decay is not."""
    g, wd, lr = rng.choice([2.0, 5.0, 10.0, 50.0]), rng.choice([0.1, 0.2, 0.5]), rng.choice([0.01, 0.02, 0.05])
    name = rng.choice(["Adam", "AdamW"])
    if rng.random() < 0.3:
        return Ask(
            text=f"weight_decay={wd}, and one weight's gradients are {g * 100:.0f} times as large as another's, all of "
            f"them without direction. Which of the two decays faster under {name}?",
            answer="both alike" if name == "AdamW" else "the one with small gradients",
            wrong=("both alike", "the one with small gradients", "the one with large gradients", "neither decays"),
            why="AdamW multiplies every weight with 1 − lr·wd. Adam adds wd·p to the gradient, and divides the sum by "
            "the size of the gradients: where these are large, hardly any decay is left.",
        )
    return Ask(
        text=f"One step of torch.optim.{name}. Where is the weight?",
        code=f"w = torch.tensor([1.0], requires_grad=True)\nw.grad = torch.tensor([{g}])\n"
        f"torch.optim.{name}([w], lr={lr}, weight_decay={wd}).step()\nround(w.item(), 4)",
        wrong=tuple(f"{v:.4g}" for v in (1 - lr, 1 - lr - lr * wd, 1 - lr - wd, 1 - lr * wd, 1 - lr * g, 1 - wd)),
        why=f"The first step has the length lr = {lr}. "
        + (
            f"AdamW also shrinks the weight by lr · wd = {lr * wd:.4g}."
            if name == "AdamW"
            else "Adam puts the decay into the gradient, and the division by its size takes it out again."
        ),
    )


def betas(rng: Random) -> Ask:
    """An average with beta remembers about 1/(1 − beta) steps."""
    if rng.random() < 0.5:
        beta, t = rng.choice([0.8, 0.9, 0.95, 0.98, 0.99, 0.999]), rng.randint(1, 4)
        return Ask(
            text=f"m starts at 0, and each step m = {beta}·m + {1 - beta:.3g}·g, with g always 1. What is m after "
            f"{t} step{'s' * (t > 1)}, uncorrected?",
            hidden=f"round(1 - {beta} ** {t}, 4)",
            wrong=tuple(f"{round(v, 4):.4g}" for v in (beta**t, 1, 1 - beta ** (t + 1), t * beta, 1 - beta / 2)),
            why=f"1 − {beta}^{t}: the rest is still the 0 it began with. Dividing by 1 − betaᵗ makes it 1.",
        )
    beta = rng.choice([0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999])
    return Ask(
        text=f"About how many steps does a running average with beta = {beta} remember?",
        hidden=f"round(1 / (1 - {beta}))",
        wrong=tuple(str(n) for n in (1, 2, 5, 10, 20, 50, 100, 200, 1000, 10000) if n != round(1 / (1 - beta)))[
            rng.randint(0, 3) :
        ],
        why=f"1 / (1 − {beta}) = {1 / (1 - beta):.0f}. GPT-3 has betas (0.9, 0.95): 10 steps for the gradients, 20 for "
        "their squares, where torch's default of 0.999 would take 1,000.",
    )


def clip_1(rng: Random) -> Ask:
    """One factor for all gradients: max_norm / norm, if the norm is above."""
    a, b = rng.choice([(3, 4), (6, 8), (5, 12), (8, 15), (0.3, 0.4)])
    limit = rng.choice([1.0, 0.5, 2.0])
    norm = sqrt(a * a + b * b)
    which = rng.choice(["grad", "returned"])
    ending = "p.grad.tolist()[0]" if which == "grad" else "n.item()"
    return Ask(
        text="What is the value, to four digits?",
        code=f"p, q = (torch.zeros(1, requires_grad=True) for _ in range(2))\n"
        f"p.grad, q.grad = torch.tensor([{float(a)}]), torch.tensor([{float(b)}])\n"
        f"n = torch.nn.utils.clip_grad_norm_([p, q], {limit})\nround({ending}, 4)",
        wrong=tuple(f"{round(v, 4):.4g}" for v in (a, a * limit / norm, norm, min(norm, limit), a / norm)),
        why=f"The joint norm is {norm:g}. "
        + ("It is returned as it was before clipping. " if which == "returned" else "")
        + (
            f"It is above {limit:g}, so both are multiplied with {limit:g}/{norm:g}."
            if norm > limit
            else f"It is not above {limit:g}, so nothing changes."
        ),
    )


def warm_715(rng: Random) -> Ask:
    """375 million tokens of warm-up are 715 steps of half a million."""
    tokens = rng.choice([524_288, 262_144, 131_072, 1_048_576])
    millions = rng.choice([375, 375, 100, 200, 500])
    if rng.random() < 0.5:
        return Ask(
            text=f"The rate is to rise over {millions} million tokens; a step sees {tokens:,}. How many steps?",
            hidden=f"{millions} * 10**6 // {tokens}",
            wrong=tuple(str(n) for n in (millions * 10**6 // (tokens * 2), millions * 2,
                                         millions * 10**6 // (tokens // 2), millions * 10**6 // tokens + 100)),
            why=f"{millions},000,000 / {tokens:,}. 375 million in half millions are 715.",
        )  # fmt: skip
    step, warmup = rng.choice([0, 1, 99, 357, 500, 713]), 715
    return Ask(
        text=f"Warm-up of {warmup} steps to 6e-4, a straight rise. Which rate has step {step}, counted from 0?",
        hidden=f"f'{{6e-4 * ({step} + 1) / {warmup}:.3e}}'",
        wrong=tuple(f"{v:.3e}" for v in (6e-4 * step / warmup, 6e-4, 6e-5, 6e-4 * (warmup - step) / warmup, 3e-4)),
        why="(step + 1)/warmup of the maximum: never 0, or the first batch would teach nothing.",
    )


def steps_19073(rng: Random) -> Ask:
    """Tokens divided by tokens in a step."""
    billions, tokens = rng.choice([10, 5, 20, 40, 100]), rng.choice([524_288, 262_144, 1_048_576])
    return Ask(
        text=f"One pass over {billions} billion tokens, {tokens:,} in each step. How many steps, rounded down?",
        hidden=f"f'{{{billions} * 10**9 // {tokens}:,}}'",
        wrong=tuple(f"{n:,}" for n in (billions * 10**9 // tokens // 2, billions * 10**9 // tokens * 2,
                                       billions * 10**9 // 500_000, billions * 10**9 // (16 * 1024), billions * 1000)),
        why=f"{billions},000,000,000 / {tokens:,}. Ten billion in half millions (2^19 tokens) are 19,073 steps.",
    )  # fmt: skip


def accum_32(rng: Random) -> Ask:
    """524,288 = B · T · accumulation · devices."""
    b, t, world = rng.choice([4, 8, 16, 32, 64]), rng.choice([512, 1024]), rng.choice([1, 1, 2, 4, 8])
    steps = 524_288 // (b * t * world)
    return Ask(
        text=f"A step of 524,288 tokens; {world} device{'s' * (world > 1)} with micro-batches of {b} × {t}. How many "
        "does each accumulate?",
        hidden=f"524_288 // ({b} * {t} * {world})",
        wrong=tuple(
            str(n) for n in (steps * world, steps * 2, 524_288 // (b * 1024), steps // 2 or 3, 524_288 // t, b)
        ),
        why=f"524,288 / ({b} · {t} · {world}) = {steps}. 16 × 1,024 on one device: 32; 64 × 1,024: 8.",
    )


def bs_ramp(rng: Random) -> Ask:
    """Small batches first: early gradients agree, late ones are noise."""
    if rng.random() < 0.4:
        return Ask(
            text=f"Why may a run begin with a batch of {rng.choice([16, 32, 64])} thousand tokens and end with "
            f"{rng.choice([0.5, 1, 2, 4])} million?",
            answer="early gradients agree with each other; late ones are mostly noise",
            wrong=(
                "early activations take more memory",
                "small batches need no warm-up",
                "a small batch has a smaller gradient, so it needs no clipping",
            ),
            why="Where all samples say the same, a few are enough, and steps are cheap. Later averaging pays.",
        )
    first, last, over = rng.randint(1, 6), rng.randint(12, 32), rng.choice([1000, 2000, 4000])
    seen = rng.choice([over // 4, over // 2, 3 * over // 4, over, over * 2])
    return Ask(
        text=f"From {first} to {last} micro-batches on a straight line over {over} million tokens, rounded down. How "
        f"many are there after {seen} million?",
        hidden=f"{last} if {seen} >= {over} else {first} + ({last} - {first}) * {seen} // {over}",
        wrong=tuple(str(n) for n in (first, last, (last - first) * seen // over, last * seen // over,
                                     first + (last - first) * seen // over + 1, (first + last) // 2)),
        why=f"{first} at the start, plus the share of {last} − {first} that has been reached, at most {last}.",
    )  # fmt: skip


def which_decay(rng: Random) -> Ask:
    """Two dimensions or more decay."""
    n, m = rng.sample(range(3, 30), 2)
    layer, weight = rng.choice(
        [
            (f"nn.Linear({n}, {m})", n * m),
            (f"nn.Embedding({n}, {m})", n * m),
            (f"nn.LayerNorm({n})", 0),
            (f"nn.Conv1d({n}, {m}, 3)", 3 * n * m),
            (f"nn.Sequential(nn.Linear({n}, {m}), nn.LayerNorm({m}))", n * m),
        ]
    )
    ask, sign = rng.choice([("decay", ">="), ("not decay", "<")])
    total = {"Linear": n * m + m, "Embedding": n * m, "LayerNorm": 2 * n}
    return Ask(
        text=f"By the rule of dimensions, how many numbers shall {ask}?",
        code=f"layer = {layer}\nsum(p.numel() for p in layer.parameters() if p.dim() {sign} 2)",
        wrong=tuple(str(v) for v in (weight, weight + m, m, 0, n, 2 * n, 2 * m, 3 * m, *total.values(), n * m)),
        why="Matrices, tables and kernels decay; biases and the norms' gains, with one dimension, do not.",
    )


def fused_foreach(rng: Random) -> Ask:
    """foreach: one operation for many tensors; fused: one kernel for all of it."""
    if rng.random() < 0.5:
        what, right = rng.choice(
            [
                ("a loop over parameters, a dozen small operations for each", "the plain form"),
                ("a dozen operations, each for all parameters at once", "foreach=True"),
                ("one kernel that reads and writes everything once", "fused=True"),
            ]
        )
        return Ask(
            text=f"{what[0].upper() + what[1:]}: which AdamW is it?",
            answer=right,
            wrong=("the plain form", "foreach=True", "fused=True", "amsgrad=True"),
            why="All three give the same weights. They differ in how often memory is read and kernels are started.",
        )
    tensors, ops = rng.choice([148, 292, 436, 580]), rng.choice([10, 12, 14])
    return Ask(
        text=f"The plain update does {ops} small operations for each of {tensors} tensors, at 5 microseconds to start "
        "a kernel. How many milliseconds are starts alone?",
        hidden=f"f'{{{tensors} * {ops} * 5 / 1000:.1f}}'",
        wrong=tuple(
            f"{v:.1f}" for v in (tensors * 5 / 1000, ops * 5 / 1000, 0.005, tensors * ops * 5, tensors * ops / 1000)
        ),
        why=f"{tensors} · {ops} starts. A fused kernel needs a few. GPT-2 rebuilt: 93 → 90 ms.",
    )


def min_10pct(rng: Random) -> Ask:
    """The cosine ends at a tenth, and stays there."""
    most, warmup = rng.choice([6e-4, 3e-4, 1e-3, 2e-3]), rng.choice([100, 200, 500])
    total = warmup + rng.choice([1000, 2000, 4000])
    share = rng.choice([0.0, 0.5, 1.0, 1.5, 2.0])
    step = int(warmup + share * (total - warmup))
    least = most / 10
    middle = (most + least) / 2
    return Ask(
        text=f"Warm-up {warmup} steps to {most:g}, a cosine to a tenth at step {total}. Which rate has step {step}?",
        hidden=f"least, done = {most} / 10, min(1.0, ({step} - {warmup}) / ({total} - {warmup}))\n"
        f"f'{{least + ({most} - least) * (1 + math.cos(math.pi * done)) / 2:.2e}}'",
        wrong=tuple(f"{v:.2e}" for v in (most, least, middle, most / 2, 0.0, least / 10)),
        why="Half a cosine wave: the maximum where the rise ends, the mean of both in the middle, a tenth from the end "
        "on. It does not rise again.",
    )


def plateau(rng: Random) -> Ask:
    """When the loss lies flat, a lower rate often lets it fall again."""
    patience, factor = rng.randint(1, 3), rng.choice([0.1, 0.5])
    flat = rng.randint(1, 6)
    losses = [round(2.0 - 0.1 * i, 1) for i in range(3)] + [1.8] * flat
    lr = rng.choice([0.1, 0.01])
    cuts = flat // (patience + 1)
    return Ask(
        text="The loss falls, then lies flat. What is the rate at the end?",
        code=f"opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr={lr})\n"
        "Plateau = torch.optim.lr_scheduler.ReduceLROnPlateau\n"
        f"schedule = Plateau(opt, factor={factor}, patience={patience})\n"
        f"for loss in {losses}:\n    schedule.step(loss)\nopt.param_groups[0]['lr']",
        wrong=tuple(f"{v:.4g}" for v in (lr, lr * factor, lr * factor**2, lr * factor**3, lr * factor**flat)),
        why=f"It takes {patience} epoch{'s' * (patience > 1)} without a better loss in patience, and cuts at the next: "
        f"{cuts} time{'s' * (cuts != 1)} here. Add such a schedule when a constant rate stops helping.",
    )


def effective_batch(rng: Random) -> Ask:
    """Micro-batch times accumulation times devices."""
    b, k, world = rng.choice([2, 4, 8, 16]), rng.choice([2, 4, 8, 16]), rng.choice([1, 1, 2, 4])
    what = rng.choice(["batch", "steps"])
    n = rng.choice([10_240, 20_480, 65_536])
    devices = f" on each of {world} devices" if world > 1 else ""
    if what == "batch":
        return Ask(
            text=f"Batches of {b}{devices}, a step after every {k}. What is the effective batch size?",
            hidden=f"{b} * {k} * {world}",
            wrong=tuple(str(v) for v in (b, b * k, k, b * world, b + k, b * k * world * 2)),
            why=f"{b} · {k} · {world} samples stand behind each step; memory for activations is that of {b}.",
        )
    steps = (n // b, n // (b * k), n // k, n // (b * world), n // (b * k * world) * 2, n // (b * k * world) // 2)
    return Ask(
        text=f"{n:,} samples, batches of {b}{devices}, a step after every {k}. How many steps has an epoch?",
        hidden=f"{n} // ({b} * {k} * {world})",
        wrong=tuple(str(v) for v in steps),
        why=f"{n:,} / ({b} · {k} · {world}). Schedules count these steps, not backward passes.",
    )


def adam_bytes(rng: Random) -> Ask:
    """Two averages in float32: 8 bytes for each parameter."""
    name, count = rng.choice([("GPT-2", 124_439_808), ("GPT-2 medium", 354_823_168), ("GPT-2 XL", 1_557_611_200),
                              ("a model", 7_000_000_000), ("a model", 350_000_000)])  # fmt: skip
    what, each = rng.choice([("AdamW's averages alone", 8), ("weights, gradients and AdamW's averages", 16)])
    return Ask(
        text=f"{name} with {count:,} parameters, all in float32. How many GB (10⁹ bytes) take {what}?",
        hidden=f"f'{{{count} * {each} / 1e9:.2f}}'",
        wrong=tuple(f"{count * n / 1e9:.2f}" for n in (2, 4, 8, 12, 16, 32)),
        why="m and v, 4 bytes each: 8 bytes a parameter beside 4 for the weight and 4 for its gradient.",
    )


def sched_first(rng: Random) -> Ask:
    """Begin without a schedule."""
    situation, right, why = rng.choice(
        [
            ("A new model, a new data set, nothing has run yet.", "a constant rate, no schedule",
             "First see whether it learns at all: a schedule adds three numbers that may be wrong."),
            ("At a constant rate the loss fell well, and has been lying flat for long.", "let the rate fall now",
             "Near a minimum the noise times the rate keeps the loss up: a lower rate often lets it fall again."),
            ("A large transformer under AdamW diverges in its first hundred steps.", "let the rate rise at first",
             "Adam's averages know a few batches only: the first steps are the longest."),
            ("The loss goes up and down wildly from the first step to the last.", "a lower constant rate",
             "A schedule on top of a rate that is far too high hides the cause."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"{situation} What do you try first?",
        answer=right,
        wrong=("a constant rate, no schedule", "let the rate fall now", "let the rate rise at first",
               "a lower constant rate", "a larger weight decay"),
        why=why,
    )  # fmt: skip


def norm_reading(rng: Random) -> Ask:
    """What the gradient norm of a log says."""
    base = rng.choice([0.3, 0.4, 0.5, 0.6])
    series, right = rng.choice(
        [
            ([base, base + 0.1, base * rng.randint(40, 90), base + 0.1, base], "one odd batch; the clip took its harm"),
            ([base, base * 2, base * 4, base * 9, base * 20], "the rate is too high, it is about to diverge"),
            ([base, base + 0.1, float("inf"), float("nan"), float("nan")], "something overflowed; weights may be lost"),
            ([base, base - 0.1, base, base + 0.1, base], "all is well"),
        ]
    )
    return Ask(
        text=f"Norms in the log, each the mean of a hundred steps but the third, which is one step's: "
        f"{', '.join(f'{v:.3g}' for v in series)}; clipped at 1.0. What do they say?",
        answer=right,
        wrong=("one odd batch; the clip took its harm", "the rate is too high, it is about to diverge",
               "something overflowed; weights may be lost", "all is well"),
        why="A spike that goes away is a batch; a steady climb is the rate; inf and nan are an overflow, and a step "
        "made with nan leaves nan in every weight.",
    )  # fmt: skip
