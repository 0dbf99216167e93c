"""Questions about births, dtypes, devices and shared memory: every draw has fresh numbers."""

from random import Random

from lessons import Ask

DTYPES = ("torch.float32", "torch.float64", "torch.int64", "torch.bool")


def dtype_infer(rng: Random) -> Ask:
    """Python's own types decide the dtype, unless you do."""
    a, b = rng.randint(1, 9), rng.randint(1, 9)
    text = rng.choice(
        [f"torch.tensor([{a}, {b}])", f"torch.tensor([{a}., {b}])", f"torch.Tensor([{a}, {b}])",
         f"torch.tensor([{a > b}, {a < b}])", f"torch.zeros({a})", f"torch.arange({a})", f"torch.arange({a}.)"]
    )  # fmt: skip
    return Ask(
        text=f"What is the dtype of {text}?",
        code=f"{text}.dtype",
        wrong=(*DTYPES, "torch.int32"),
        why="Floats become float32, ints int64, bools bool; torch.Tensor and torch.zeros make float32 whatever comes.",
    )


def scalar_ctor(rng: Random) -> Ask:
    """torch.Tensor takes an int for a size, torch.tensor for a value."""
    n = rng.randint(2, 9)
    text = rng.choice([f"torch.Tensor({n})", f"torch.tensor({n})", f"torch.tensor([{n}])", f"torch.Tensor([{n}])"])
    return Ask(
        text=f"What shape has {text}?",
        code=f"{text}.shape",
        wrong=("()", "(1,)", f"({n},)", f"(1, {n})"),
        why=f"torch.Tensor({n}) is {n} numbers that nobody chose; every other form here holds the value {n} itself.",
    )


def promote(rng: Random) -> Ask:
    """A float beats an int; dimensions beat a 0-d tensor of the same kind."""
    n = rng.randint(2, 9)
    text, why = rng.choice(
        [
            (f"torch.tensor([{n}]) + 1.5", "A Python float lifts an int tensor to the default float, float32."),
            (f"torch.tensor([{n}]) / 2", "True division always gives a float, the default one."),
            (f"torch.tensor([{n}]) * 2", "Both are whole numbers; so is the result."),
            ("torch.tensor([True, False]).sum()", "A sum of bools counts, in int64."),
            (f"torch.ones({n}, dtype=torch.float16) + torch.ones({n})", "Of two floats the wider wins."),
            (f"torch.ones({n}) + torch.tensor(1., dtype=torch.float64)", "The 0-d tensor counts as a number."),
            (f"torch.ones({n}) + torch.ones({n}, dtype=torch.float64)", "Of two floats the wider wins."),
        ]
    )
    return Ask(
        text=f"What is the dtype of {text}?",
        code=f"({text}).dtype",
        wrong=("torch.float32", "torch.float64", "torch.int64", "torch.float16", "torch.bool"),
        why=why,
    )


def uint8_wrap(rng: Random) -> Ask:
    """Eight bits wrap around at 256, without a word."""
    a, b = rng.randint(120, 250), rng.randint(30, 250)
    return Ask(
        text=f"Eight bits, no sign: {a} + {b} = …?",
        code=f"(torch.tensor([{a}], dtype=torch.uint8) + {b}).item()",
        wrong=(str(a + b), "255", str((a + b) % 255), str((a + b) % 128), "raises"),
        why=f"{a + b} modulo 256 is {(a + b) % 256}. Images are uint8: cast before you compute.",
    )


def int_grad(rng: Random) -> Ask:
    """Only floating (and complex) tensors can require gradients."""
    n = rng.randint(2, 9)
    data = rng.choice([f"[{n}, {n + 1}]", f"[{n}., {n + 1}]", "[True, False]", f"[{n} / 2]"])
    return Ask(
        text=f"torch.tensor({data}, requires_grad=True): what happens?",
        code=f"torch.tensor({data}, requires_grad=True).requires_grad",
        wrong=("True", "False", "raises"),
        why="Slopes need numbers that can move by a little: a float can, an int or a bool cannot.",
    )


def int_mean(rng: Random) -> Ask:
    """The mean of whole numbers is refused, not rounded."""
    a, b = rng.sample(range(1, 12), 2)
    form = rng.choice(["", ".float()", ".double()"])
    return Ask(
        text=f"What is torch.tensor([{a}, {b}]){form}.mean()?",
        code=f"torch.tensor([{a}, {b}]){form}.mean().item()",
        wrong=(f"{(a + b) / 2:.4g}", str((a + b) // 2), "raises", str(a + b)),
        why="mean() would have to invent a dtype for its result, and refuses. Cast to a float first.",
    )


def floor_div(rng: Random) -> Ask:
    """// rounds down, not towards zero."""
    a, b = rng.randint(3, 20), rng.choice([-4, -3, -2, 2, 3])
    a = a if b < 0 else -a
    return Ask(
        text=f"What is torch.tensor({a}) // {b}?",
        code=f"(torch.tensor({a}) // {b}).item()",
        wrong=(str(int(a / b)), str(-(a // b)), f"{a / b:.4g}", str(a // b + 1), str(a // b - 1)),
        why=f"{a / b:.4g} rounded down. torch.div(a, b, rounding_mode='trunc') rounds towards zero.",
    )


def numpy_alias(rng: Random) -> Ask:
    """from_numpy and as_tensor share memory with the array; tensor and clone copy."""
    a, b = rng.sample(range(1, 10), 2)
    way = rng.choice(["from_numpy(a)", "as_tensor(a)", "tensor(a)", "from_numpy(a).clone()", "from_numpy(a).float()"])
    return Ask(
        text=f"a is a float64 array [{a}.]; x = torch.{way}; then a[0] = {b}. What is x?",
        code=f"import numpy as np\na = np.array([{a}.])\nx = torch.{way}\na[0] = {b}\n(x.tolist(), str(x.dtype)[6:])",
        wrong=tuple(f"([{v}], {d})" for v in (a, b) for d in ("float64", "float32")),
        why="A view follows the array and keeps float64; tensor, clone and a real cast are copies.",
    )


def numpy_back(rng: Random) -> Ask:
    """.numpy() of a CPU tensor is a window on it."""
    a, b = rng.sample(range(1, 10), 2)
    form = rng.choice(["x.numpy()", "x.clone().numpy()", "x.numpy().copy()", "x.detach().numpy()"])
    return Ask(
        text=f"x = torch.tensor([{a}.]); n = {form}; x.mul_({b}). What is n[0]?",
        code=f"x = torch.tensor([{a}.])\nn = {form}\nx.mul_({b})\nfloat(n[0])",
        wrong=(f"{a}", f"{a * b}", f"{b}", "raises"),
        why="Without a copy on the way, the array and the tensor are one memory; detach() does not copy.",
    )


def device_mix(rng: Random) -> Ask:
    """All tensors of an operation are on one device; only plain numbers mix."""
    n = rng.randint(2, 9)
    left, right = rng.choice(
        [
            (f"torch.ones({n})", f"torch.ones({n}, device='meta')"),
            (f"torch.ones({n}, device='meta')", "torch.tensor(2.)"),
            (f"torch.ones({n}, device='meta')", "2.0"),
            (f"torch.ones({n}, device='meta')", f"torch.ones({n}).to('meta')"),
        ]
    )
    return Ask(
        text=f"{left} * {right}: on which device is the result?",
        code=f"({left} * {right}).device.type",
        wrong=("cpu", "meta", "raises", "cuda"),
        why="Nothing is moved behind your back, except that a plain number, or a 0-d CPU tensor, goes anywhere.",
    )


def to_returns(rng: Random) -> Ask:
    """Tensor.to returns a tensor; Module.to moves the module."""
    n = rng.randint(2, 9)
    setup, look = rng.choice(
        [
            (f"x = torch.ones({n})\nx.to('meta')", "x"),
            (f"x = torch.ones({n})\nx = x.to('meta')", "x"),
            (f"m = torch.nn.Linear({n}, 2)\nm.to('meta')", "m.weight"),
            (f"m = torch.nn.Linear({n}, 2)\nw = m.weight\nw.to('meta')", "m.weight"),
        ]
    )
    return Ask(
        text=f"{setup}\n\nWhere is {look}?",
        code=f"{setup}\n{look}.device.type",
        wrong=("cpu", "meta", "raises"),
        why="A tensor's .to leaves the tensor where it is and returns another; a module's .to moves its parameters.",
    )


def underscore(rng: Random) -> Ask:
    """A trailing underscore means: in place."""
    a, b = rng.sample(range(2, 10), 2)
    call, after = rng.choice([(f"add_({b})", a + b), (f"add({b})", a), (f"mul_({b})", a * b), (f"mul({b})", a)])
    return Ask(
        text=f"x = torch.tensor({a}); x.{call}. What is x?",
        code=f"x = torch.tensor({a})\nx.{call}\nx.item()",
        wrong=(str(a), str(a + b), str(a * b), str(b)),
        why=f"With the underscore x itself changes; without, the result is a new tensor. So x is {after}.",
    )


def device_order(rng: Random) -> Ask:
    """cuda before mps before cpu, of those that are there."""
    cuda, mps = rng.random() < 0.4, rng.random() < 0.5
    there = [name for name, has in (("cuda", cuda), ("mps", mps), ("cpu", True)) if has]
    return Ask(
        text=f"has_cuda={cuda}, has_mps={mps}: which device does a picker take?",
        answer=there[0],
        wrong=("cuda", "mps", "cpu", "meta"),
        why="The fastest that is there: cuda, then Apple's mps, then the cpu, which is always there.",
    )


def grad_flag(rng: Random) -> Ask:
    """requires_grad is False until somebody asks."""
    n = rng.randint(2, 9)
    form = rng.choice(
        [f"torch.ones({n})", f"torch.ones({n}, requires_grad=True)", f"torch.ones({n}).requires_grad_()",
         f"torch.ones({n}, requires_grad=True).detach()", f"torch.nn.Linear({n}, 2).weight"]
    )  # fmt: skip
    return Ask(
        text=f"What is ({form}).requires_grad?",
        code=f"({form}).requires_grad",
        wrong=("True", "False", "raises", "None"),
        why="Plain tensors do not ask for gradients, parameters of modules do; detach() drops the request.",
    )


def elementwise(rng: Random) -> Ask:
    """* multiplies entry by entry."""
    a, b = [rng.randint(1, 6) for _ in range(3)], [rng.randint(2, 6) for _ in range(3)]
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return Ask(
        text=f"What is torch.tensor({a}) * torch.tensor({b})?",
        code=f"torch.tensor({a}) * torch.tensor({b})",
        wrong=(str(dot), str([x + y for x, y in zip(a, b, strict=True)]), str([dot] * 3), "raises"),
        why=f"Entry by entry. Their dot product, {dot}, would be a @ b.",
    )


def matmul_2x2(rng: Random) -> Ask:
    """Rows of the left times columns of the right."""
    a, b, c, d, e, f, g, h = (rng.randint(1, 5) for _ in range(8))
    left, right = [[a, b], [c, d]], [[e, f], [g, h]]
    return Ask(
        text=f"What is torch.tensor({left}) @ torch.tensor({right})?",
        code=f"torch.tensor({left}) @ torch.tensor({right})",
        wrong=(
            str([[a * e, b * f], [c * g, d * h]]),
            str([[a * e + b * f, a * g + b * h], [c * e + d * f, c * g + d * h]]),
            str([[e * a + f * c, e * b + f * d], [g * a + h * c, g * b + h * d]]),
        ),
        why=f"Entry [0, 0] is row 0 times column 0: {a}·{e} + {b}·{g} = {a * e + b * g}.",
    )
