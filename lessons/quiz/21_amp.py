"""Questions about number formats and mixed precision: every draw has fresh numbers."""

from random import Random

from lessons import Ask

DTYPES = {
    "float32": "torch.float32",
    "bfloat16": "torch.bfloat16",
    "float16": "torch.float16",
    "e4m3": "torch.float8_e4m3fn",
    "e5m2": "torch.float8_e5m2",
}


def bits(rng: Random) -> Ask:
    """Exponent bits give range, mantissa bits give precision."""
    name = rng.choice([*DTYPES, "TF32"])
    n = rng.randint(2, 9)
    if name == "TF32":
        hidden, total = "(8, 10)", "TF32 has float32's exponent and float16's mantissa; it is stored in 32 bits."
    else:
        hidden = f"i = torch.finfo({DTYPES[name]})\nm = round(-math.log2(i.eps))\n(i.bits - 1 - m, m)"
        total = "With the sign bit they make up the whole: 1 + exponent + mantissa."
    return Ask(
        text=f"A tensor of {n} numbers is rounded to {name}. How many exponent bits and how many stored mantissa bits "
        "has each? (exponent, mantissa)",
        hidden=hidden,
        wrong=tuple(rng.sample(["(8, 23)", "(8, 7)", "(5, 10)", "(8, 10)", "(4, 3)", "(5, 2)", "(7, 8)"], 5)),
        why=f"{total} The leading 1 of the mantissa is not stored.",
    )


def ranges(rng: Random) -> Ask:
    """float16 ends at 65,504 above; below it fades out in subnormals."""
    name, what = rng.choice(
        [
            ("float16", "the largest number"),
            ("float16", "the smallest normal number"),
            ("float16", "the smallest positive number, subnormals included"),
            ("e4m3", "the largest number"),
            ("e5m2", "the largest number"),
        ]
    )
    if "largest" in what:
        hidden = f"f'{{torch.finfo({DTYPES[name]}).max:,.0f}}'"
        wrong = ("65,504", "448", "57,344", "65,536", "240", "127")
    elif "normal number" in what:
        hidden = "f'{torch.finfo(torch.float16).smallest_normal:.1e}'"
        wrong = ("6.0e-08", "1.2e-38", "9.8e-04", "1.5e-05")
    else:
        hidden = "x = torch.tensor(1, dtype=torch.int16).view(torch.float16)\nf'{x.item():.1e}'"
        wrong = ("6.1e-05", "1.4e-45", "9.8e-04", "1.5e-05")
    return Ask(
        text=f"What is {what} of {name}?",
        hidden=hidden,
        wrong=wrong,
        why="float16: up to 65,504, normal down to 6.1e-5, subnormal down to 6.0e-8, with ever fewer digits. e5m2 has "
        "its exponent bits and ends at 57,344; e4m3 gives up inf to reach 448.",
    )


def eps(rng: Random) -> Ask:
    """The spacing of a format's numbers grows with the numbers."""
    name = rng.choice(["bfloat16", "float16"])
    k = rng.choice([-3, -1, 0, 1, 2, 4, 8, 10])
    x, one = 2.0**k, {"bfloat16": 2.0**-7, "float16": 2.0**-10}[name]
    other = 2.0**-17 / one
    return Ask(
        text=f"How far is it from {x:g} to the next larger {name}?",
        code=f"x = torch.tensor({x:g}, dtype=torch.{name})\n"
        "after = (x.view(torch.int16) + 1).view(x.dtype)  # the next bits\n(after - x).item()",
        wrong=tuple(f"{v:.4g}" for v in (one, x * other, x * one / 2, x * one * 2, other)),
        why=f"eps of {name} is {one:.2g}: the spacing just above 1. At {x:g} it is {x:g} times that.",
    )


def why_scaler(rng: Random) -> Ask:
    """float16 loses small gradients; bfloat16 has the range of float32."""
    name = rng.choice(["float16", "float16", "float16", "bfloat16"])
    g = rng.choice([3, 5, 7]) * 10.0 ** rng.choice([-10, -9, -4, -3])
    s = rng.choice([2, 16, 30])
    fine = f"{g:.0e}, to within 1 %"
    return Ask(
        text=f"A gradient of {g:.0e} is multiplied by 2^{s}, stored as {name}, and divided by 2^{s} in float32. "
        "What is left of it?",
        hidden=f"g = torch.tensor({g!r})\nv = (g * 2.0**{s}).to(torch.{name}).float() / 2.0**{s}\n"
        "'0' if v == 0 else 'inf' if v.isinf() else "
        f"'{fine}' if abs(v / g - 1) < 0.01 else 'its size, but off by more than 1 %'",
        wrong=("0", "inf", fine, "its size, but off by more than 1 %"),
        why=f"The stored number is {g * 2.0**s:.1e}. float16 has numbers from 6e-8 to 65,504, with all their digits "
        "from 6e-5 on; bfloat16 reaches from 1e-38 to 3e38, and needs no scaler.",
    )


def tf32_what(rng: Random) -> Ask:
    """TF32 rounds what the units read, and nothing else."""
    n = rng.choice([1024, 2048, 4096, 8192])
    asked, hidden, wrong, why = rng.choice(
        [
            (
                f"How much memory does one of the {n} × {n} matrices take?",
                f"f'{{{n} * {n} * 4 / 2**20:.0f}} MiB'",
                tuple(f"{n * n * b / 2**20:.0f} MiB" for b in (2, 2.375, 1)),
                "TF32 is no storage format: tensors stay float32, 4 bytes an entry.",
            ),
            (
                "How many mantissa bits of each input do the units read?",
                "23 - 13",
                ("7", "23", "19", "8"),
                "10 of 23, and all 8 exponent bits: the range of float32, the digits of float16.",
            ),
            (
                "In which dtype does the product come back?",
                f"(torch.ones(2, {n}) @ torch.ones({n}, 2)).dtype",
                ("torch.float16", "torch.bfloat16", "torch.tf32"),
                "In float32: TF32 is no dtype. Inputs are read with 10 mantissa bits, sums are kept in float32.",
            ),
        ]
    )
    return Ask(
        text=f"A GPU multiplies two float32 matrices of {n} × {n} entries, with TF32 allowed. {asked}",
        hidden=hidden,
        wrong=wrong,
        why=why,
    )


def autocast_cuda(rng: Random) -> Ask:
    """On CUDA: products narrow, sums and norms wide, the rest as it comes."""
    low = rng.choice(["float16", "bfloat16"])
    asked, answer, why = rng.choice(
        [
            ("x @ w of two float32 tensors", low, "Matrix products get rounded inputs and give rounded results."),
            (f"softmax of a {low} tensor", "float32", "On CUDA, softmax is on the list of what is widened."),
            (f"layer_norm of a {low} tensor", "float32", "On CUDA, layer norm is on the list of what is widened."),
            (f"cross_entropy of {low} logits", "float32", "Losses are widened: sums of many small terms."),
            (f"relu of a {low} tensor", low, "relu is on no list: it takes what comes."),
            ("relu of a float32 tensor", "float32", "relu is on no list: it takes what comes."),
            (f"a {low} tensor plus a float32 one", "float32", "On no list; the wider of the two types wins."),
            ("model.weight itself, as it is stored", "float32", "Autocast casts copies. The weights stay."),
        ]
    )
    return Ask(
        text=f"Under torch.autocast('cuda', dtype=torch.{low}), by its documentation (2025): which dtype has {asked}?",
        answer=answer,
        wrong=("float16", "bfloat16", "float32", "float64"),
        why=why,
    )


def autocast_cpu(rng: Random) -> Ask:
    """On the CPU, softmax and LayerNorm of a bfloat16 input stay bfloat16."""
    n, c = rng.sample(range(2, 9), 2)
    value, why = rng.choice(
        [
            ("h", "A matrix product: rounded inputs, rounded result."),
            ("h.softmax(-1)", "On the CPU softmax is on no list: bfloat16 in, bfloat16 out. On CUDA it is widened."),
            ("x.softmax(-1)", "On no list here: float32 in, float32 out."),
            (f"nn.LayerNorm({c})(h)", "On the CPU layer norm stays in bfloat16. On CUDA it is widened."),
            ("F.cross_entropy(h, y)", "Losses are on the CPU's list of what is widened, too."),
            ("F.mse_loss(h, h)", "Losses are on the CPU's list of what is widened, too."),
            ("F.gelu(h)", "On no list: it takes what comes, and h is bfloat16."),
            ("h + x", "On no list: bfloat16 and float32 make float32."),
            ("w", "Copies are cast for the product; w stays as it is."),
        ]
    )
    return Ask(
        text="Which dtype?",
        code=f"x, w = torch.randn({n}, {c}), torch.randn({c}, {c})\ny = torch.zeros({n}, dtype=torch.long)\n"
        f"with torch.autocast('cpu', dtype=torch.bfloat16):\n    h = x @ w\n    out = {value}\nout.dtype",
        wrong=("torch.bfloat16", "torch.float32", "torch.float16", "raises"),
        why=why,
    )


def api(rng: Random) -> Ask:
    """torch.amp takes the kind of device; torch.cuda.amp is the old name."""
    kind = rng.choice(["cuda", "cpu"])
    n, low = rng.randint(1, 3), rng.choice(["bfloat16", "float16"])
    if rng.random() < 0.6:
        return Ask(
            text=f"Model and batch stand on a {kind.upper() if kind == 'cpu' else 'CUDA'} device. Which line opens an "
            f"autocast region in {low} as of 2025, without a warning?",
            answer=f'with torch.autocast("{kind}", dtype=torch.{low}):',
            wrong=(
                f"with torch.{kind}.amp.autocast(dtype=torch.{low}):",
                f'with torch.autocast(torch.device("{kind}"), torch.{low}):',
                f'with model.autocast("{kind}", torch.{low}):',
                f"with torch.autocast(dtype=torch.{low}):",
            ),
            why="torch.autocast, or torch.amp.autocast, with the kind of device as a string. torch.cuda.amp and "
            "torch.cpu.amp still work and warn; a torch.device object raises.",
        )
    return Ask(
        text=f"Training in float16 on device cuda:{n}: which line makes the scaler, as of 2025, without a warning?",
        answer='scaler = torch.amp.GradScaler("cuda")',
        wrong=(
            "scaler = torch.cuda.amp.GradScaler()",
            "scaler = torch.optim.GradScaler(opt)",
            "scaler = torch.autocast.scaler()",
            "scaler = torch.nn.GradScaler(model)",
        ),
        why="torch.amp.GradScaler, with the kind of device. torch.cuda.amp.GradScaler is the old name, and warns.",
    )


def mem_claim(rng: Random) -> Ask:
    """Autocast halves activations; weights, gradients, Adam's state stay."""
    p, a = rng.choice([124, 350, 774, 1558]), rng.choice([6, 10, 16, 24, 36])
    fixed = 16 * p / 1000
    return Ask(
        text=f"{p:,} M parameters train with Adam in float32; the activations of a step take {a} GB, all from matrix "
        "products. How much do parameters, gradients, Adam's averages and activations take under autocast?",
        hidden=f"P, A = {p}e6, {a}e9\nf'{{(P * (4 + 4 + 8) + A / 2) / 1e9:.1f}} GB'",
        wrong=tuple(f"{v:.1f} GB" for v in ((fixed + a) / 2, fixed + a, fixed / 2 + a, fixed / 4 + a / 2)),
        why=f"4 bytes of weight, 4 of gradient, 8 of averages: {fixed:.1f} GB, which stay. Only the {a} GB halve.",
    )


def log_losses(rng: Random) -> Ask:
    """Fewer mantissa bits: losses stray further, and run the same course."""
    runs = [
        (10.935507, 10.935469, 10.936104),
        (9.398406, 9.398317, 9.398155),
        (8.941734, 8.941579, 8.943115),
        (8.818685, 8.818318, 8.822978),
        (8.487004, 8.486917, 8.487868),
    ]
    step = rng.randrange(len(runs))
    full, tf32, bf16 = runs[step]
    swap = rng.random() < 0.5
    first, second = (bf16, tf32) if swap else (tf32, bf16)
    names = ("A is TF32, B is bfloat16", "A is bfloat16, B is TF32")
    return Ask(
        text=f"A GPT-2 was trained three times from the same start, on the same batches. One logged loss, step {step}: "
        f"float32 {full:.6f}, A {first:.6f}, B {second:.6f}. Who is who?",
        hidden=f"A, B = abs({first} - {full}), abs({second} - {full})\n{names[0]!r} if A < B else {names[1]!r}",
        wrong=(*names, "Both are TF32: bfloat16 would be off by 1 %", "Neither: losses are float32 in all, and equal"),
        why=f"The differences are {abs(first - full):.1e} and {abs(second - full):.1e}. bfloat16 keeps 7 mantissa "
        "bits, TF32 keeps 10. Both follow the float32 run closely.",
    )


def log_dt(rng: Random) -> Ask:
    """1,031, 354, 311 ms: tensor cores help the products, the rest stays."""
    ms = {"float32": 1031, "TF32": 354, "bfloat16": 311}
    name = rng.choice(list(ms))
    if rng.random() < 0.5:
        return Ask(
            text=f"One logged step of GPT-2 trains on 16 × 1,024 tokens and takes {ms[name]:,} ms in {name}. "
            "How many tokens a second?",
            hidden=f"f'{{16 * 1024 / {ms[name]}:.1f}} thousand'",
            wrong=("15.9 thousand", "46.3 thousand", "52.7 thousand", f"{1024 / ms[name]:.1f} thousand"),
            why=f"16,384 tokens in {ms[name] / 1000:.3f} seconds.",
        )
    pairs = [("float32", "TF32"), ("float32", "bfloat16"), ("TF32", "bfloat16")]
    slow, fast = rng.choice(pairs)
    return Ask(
        text="A step of GPT-2 was logged with 1,031 ms in float32, 354 ms with TF32, 311 ms with bfloat16 autocast. "
        f"How much faster is {fast} than {slow}?",
        hidden=f"f'{{{ms[slow]} / {ms[fast]}:.2f}} times'",
        wrong=(*(f"{ms[a] / ms[b]:.2f} times" for a, b in pairs), "2.00 times", "4.00 times"),
        why="TF32 already speeds up every product. bfloat16 halves what is read and written besides; what is no "
        "product gains little.",
    )


def size_70b(rng: Random) -> Ask:
    """Two bytes each: 70 billion parameters are 140 GB."""
    n = rng.choice([7, 8, 13, 70, 405])
    name, size = rng.choice([("bfloat16", 2), ("float16", 2), ("float32", 4), ("fp8", 1)])
    return Ask(
        text=f"How much memory do the weights of a model with {n} billion parameters take in {name}?",
        hidden=f"f'{{{n}e9 * {size} / 1e9:,.0f}} GB'",
        wrong=tuple(f"{n * b:,.0f} GB" for b in (1, 2, 4, 8, 16)),
        why=f"{size} byte{'s' * (size > 1)} a parameter. Activations, caches and (in training) gradients and averages "
        "come on top.",
    )


def scaler_order(rng: Random) -> Ask:
    """Scale, backward, unscale, clip, step, update."""
    norm = rng.choice([0.5, 1.0, 2.0])
    lines = {
        "backward": "scaler.scale(loss).backward()",
        "unscale": "scaler.unscale_(opt)",
        "clip": f"clip_grad_norm_(model.parameters(), {norm})",
        "step": "scaler.step(opt)",
        "update": "scaler.update()",
    }
    right = ["backward", "unscale", "clip", "step", "update"]
    wrong = [
        ["backward", "clip", "unscale", "step", "update"],
        ["unscale", "backward", "clip", "step", "update"],
        ["backward", "unscale", "step", "clip", "update"],
        ["backward", "step", "unscale", "clip", "update"],
        ["backward", "unscale", "clip", "update", "step"],
    ]
    names = list(lines)
    rng.shuffle(names)
    tag = dict(zip(names, "ABCDE", strict=True))
    return Ask(
        text="Which order is right?",
        code="\n".join(f"# {tag[n]}: {lines[n]}" for n in names),
        answer=" ".join(tag[n] for n in right),
        wrong=tuple(" ".join(tag[n] for n in w) for w in rng.sample(wrong, 3)),
        why=f"Clipping to {norm} must see true gradients: after backward and unscale, before step. update comes last: "
        "it needs to know whether the step was left out.",
    )


def accum_precision(rng: Random) -> Ask:
    """A running total in few bits stops growing; sum() keeps its total in float32."""
    n, v = rng.randint(280, 700), rng.choice([1, 2, 4])
    name = rng.choice(["bfloat16", "bfloat16", "float16"])
    if rng.random() < 0.7:
        end, why = (
            "total.item()",
            (
                f"bfloat16 stops at {256 * v}: there its numbers are {2 * v} apart, and adding {v} rounds back."
                if name == "bfloat16"
                else f"float16 has 10 mantissa bits, and stops at {2048 * v} only."
            ),
        )
    else:
        end, why = "x.sum().item()", f"sum() keeps its total in float32 and rounds once at the end, to {name}."
    return Ask(
        text="What is the value?",
        code=f"x = torch.full(({n},), {v}.0, dtype=torch.{name})\ntotal = torch.tensor(0.0, dtype=x.dtype)\n"
        f"for one in x:\n    total += one\n{end}",
        wrong=(str(n * v), str(256 * v), str(128 * v), str(2048 * v), "inf"),
        why=why,
    )


def speedup_claims(rng: Random) -> Ask:
    """Two or three times faster: only with units for it, and for products."""
    p, k = rng.choice([50, 60, 70, 80, 90]), rng.choice([4, 8])
    has = rng.random() < 0.75
    full = 1 / (1 - p / 100 + p / 100 / k)
    return Ask(
        text=f"Matrix products take {p} % of a training step. "
        + (
            f"The GPU's tensor cores run them {k} times faster in bfloat16; the rest stays as it is. "
            if has
            else "This GPU has no units for low precision: bfloat16 products run as fast as float32 ones. "
        )
        + "How much faster does the step get?",
        hidden=f"p, k = {p} / 100, {k if has else 1}\nf'{{1 / (1 - p + p / k):.1f}} times'",
        wrong=(f"{k}.0 times", f"{full:.1f} times", "2.0 times", "1.0 times", f"{k * p / 100:.1f} times"),
        why=f"What is left: {100 - p} % and {p} % / {k}: 1 / {1 / full:.2f}."
        if has
        else "Nothing runs faster, and the casts come on top. The claims of 2 to 3 times are about tensor cores.",
    )
