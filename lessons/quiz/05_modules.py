"""Questions about what a module registers, names, saves and runs: every draw has fresh numbers."""

from random import Random

from lessons import Ask


def count_325(rng: Random) -> Ask:
    """A linear layer holds d_in · d_out weights and d_out biases."""
    a, b, c = rng.choice([(10, 20, 5), tuple(rng.sample(range(2, 30), 3))])
    bias = rng.random() < 0.75
    flag = "" if bias else ", bias=False"
    biases = b + c if bias else c
    return Ask(
        text="How many numbers does it train?",
        code=f"net = nn.Sequential(nn.Linear({a}, {b}{flag}), nn.ReLU(),\n                    nn.Linear({b}, {c}))\n"
        "sum(p.numel() for p in net.parameters())",
        wrong=(str(a * b + b * c), str(a * b + b + b * c), str(a * b + b * c + b + c), str(a * b * c), str(a + b + c)),
        why=f"{a} · {b} + {b} · {c} weights, and {biases} biases. The ReLU has nothing to train.",
    )


def unregistered_list(rng: Random) -> Ask:
    """A plain list or dict of layers is invisible; the nn containers register."""
    n = rng.randint(2, 6)
    made, seen = rng.choice(
        [
            (f"[nn.Linear(3, 3) for _ in range({n})]", False),
            (f"tuple(nn.Linear(3, 3) for _ in range({n}))", False),
            (f"{{i: nn.Linear(3, 3) for i in range({n})}}", False),
            (f"nn.ModuleList(nn.Linear(3, 3) for _ in range({n}))", True),
            (f"nn.Sequential(*[nn.Linear(3, 3) for _ in range({n})])", True),
        ]
    )
    return Ask(
        text="How many tensors does an optimizer get from net.parameters()?",
        code=f"class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.layers = {made}\n\n"
        "net = Net()\nlen(list(net.parameters()))",
        wrong=("0", str(n), str(2 * n), str(12 * n), "raises"),
        why=f"The container registers {n} layers, each with a weight and a bias."
        if seen
        else "A module looks at what is assigned to it. In a plain list, tuple or dict it does not look.",
    )


def super_init(rng: Random) -> Ask:
    """Before super().__init__() there is nowhere to register."""
    what, fails = rng.choice(
        [
            ("nn.Linear(2, 2)", True),
            ("nn.Parameter(torch.zeros(2))", True),
            (f"{rng.randint(2, 9)}", False),
            ("'gelu'", False),
        ]
    )
    late = rng.random() < 0.4
    body = [f"self.part = {what}", "super().__init__()"]
    lines = "\n".join("        " + line for line in (reversed(body) if late else body))
    return Ask(
        text="What happens?",
        code=f"class Net(nn.Module):\n    def __init__(self):\n{lines}\n\nhasattr(Net(), 'part')",
        wrong=("True", "False", "raises"),
        why="super().__init__() comes first, so everything can be registered."
        if late
        else "Parameters and modules are put into dictionaries that super().__init__() makes: AttributeError."
        if fails
        else "A plain value is an attribute like any other; only parameters and modules need the dictionaries.",
    )


def sd_keys(rng: Random) -> Ask:
    """Keys are paths, in the order of registration."""
    first, second = rng.sample(["enc", "body", "head", "proj"], 2)
    form = rng.choice(["weight first", "bias off", "norm"])
    layers = {
        "weight first": ("nn.Linear(2, 3)", "nn.Linear(3, 1)"),
        "bias off": ("nn.Linear(2, 3, bias=False)", "nn.Linear(3, 1)"),
        "norm": ("nn.LayerNorm(3)", "nn.Linear(3, 1, bias=False)"),
    }[form]
    full = [f"{n}.{k}" for n in (first, second) for k in ("weight", "bias")]
    swapped = [f"{n}.{k}" for n in (second, first) for k in ("weight", "bias")]
    return Ask(
        text="Which keys, in which order?",
        code="class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.{first} = {layers[0]}\n        self.{second} = {layers[1]}\n\nlist(Net().state_dict())",
        wrong=tuple(
            "[" + ", ".join(keys) + "]"
            for keys in (full, swapped, full[:3], [full[0], *full[2:]], [full[0], full[2]], ["weight", "bias"] * 2)
        ),
        why="The path to the tensor, in the order in which things were assigned; a bias that was left out has no key.",
    )


def call_vs_forward(rng: Random) -> Ask:
    """Calling a module runs its hooks; calling .forward does not."""
    calls, directs = rng.sample(range(1, 6), 2)
    return Ask(
        text="How many times has the hook run?",
        code="layer, seen = nn.Linear(2, 2), []\nlayer.register_forward_hook(lambda m, i, o: seen.append(1))\n"
        f"for _ in range({calls}):\n    layer(torch.zeros(2))\nfor _ in range({directs}):\n"
        "    layer.forward(torch.zeros(2))\nlen(seen)",
        wrong=(str(calls + directs), str(directs), str(calls), "0"),
        why=f"{calls} calls of the module run the hook; .forward goes past it {directs} times.",
    )


def tied_names(rng: Random) -> Ask:
    """named_parameters lists a shared tensor once, the state_dict under each name."""
    v, d = rng.sample(range(3, 12), 2)
    asked, why = rng.choice(
        [
            (
                "len(list(net.named_parameters()))",
                "named_parameters gives each tensor once, whatever names it has.",
            ),
            ("len(net.state_dict())", "The state_dict keeps every name, so that either form of the model can load it."),
            ("sum(p.numel() for p in net.parameters())", f"One table of {v} · {d} numbers, counted once."),
            (
                "sum(t.numel() for t in net.state_dict().values())",
                f"The state_dict has the table of {v} · {d} numbers under two names, so this count is doubled.",
            ),
        ]
    )
    return Ask(
        text="The two layers share one table.",
        code=f"net = nn.ModuleDict(dict(wte=nn.Embedding({v}, {d}),\n"
        f"                         head=nn.Linear({d}, {v}, bias=False)))\n"
        f"net.head.weight = net.wte.weight\n{asked}",
        wrong=("1", "2", "3", str(v * d), str(2 * v * d), str(v + d)),
        why=why,
    )


def strict_load(rng: Random) -> Ask:
    """Strict loading wants all the names and no others; shapes count always."""
    a, b = rng.sample(range(2, 9), 2)
    trouble, why = rng.choice(
        [
            ("del saved['bias']", "A key is missing: strict loading raises."),
            ("saved['scale'] = torch.ones(1)", "A key is unexpected: strict loading raises."),
            (
                "saved['weight'] = saved['weight'] * 2",
                "Names and shapes are right; the numbers are your affair.",
            ),
            (f"saved['weight'] = torch.zeros({a}, {b})", "The shape is that of the transpose: it does not fit."),
        ]
    )
    loose = rng.random() < 0.5
    if loose:
        why = (
            "strict=False forgives missing and unexpected names, not a wrong shape: it raises."
            if "zeros" in trouble
            else "With strict=False, names that are missing or too many are reported and not raised."
        )
    return Ask(
        text="Is it loaded?",
        code=f"layer = nn.Linear({a}, {b})\nsaved = nn.Linear({a}, {b}).state_dict()\n{trouble}\n"
        f"layer.load_state_dict(saved{', strict=False' if loose else ''})\nTrue",
        wrong=("True", "raises", "False"),
        why=why,
    )


def non_persistent(rng: Random) -> Ask:
    """persistent=False: moved with the module, not saved."""
    n = rng.randint(2, 9)
    flag = rng.choice(["", ", persistent=False"])
    asked, why = rng.choice(
        [
            (
                "'mask' in m.state_dict()",
                "It is registered with persistent=False: the state_dict leaves it out."
                if flag
                else "Buffers are saved unless persistent=False says otherwise.",
            ),
            ("m.double().mask.dtype == torch.float64", "Every buffer follows the module, saved or not."),
            ("'mask' in dict(m.named_parameters())", "A buffer is never a parameter."),
            ("'mask' in dict(m.named_buffers())", "It is a buffer either way; the flag is about saving."),
        ]
    )
    return Ask(
        text="Yes or no?",
        code=f"m = nn.Module()\nm.register_buffer('mask', torch.ones({n}){flag})\n{asked}",
        wrong=("True", "False", "raises"),
        why=why,
    )


def freeze(rng: Random) -> Ask:
    """A frozen parameter gets no gradient, and an optimizer passes over None."""
    value, decay = rng.randint(2, 9), rng.random() < 0.5
    when = rng.choice(["before", "after backward", "never"])
    lines = [f"w = nn.Parameter(torch.tensor({value}.))", "v = nn.Parameter(torch.tensor(1.))"]
    if when == "before":
        lines.append("w.requires_grad_(False)")
    lines += [
        f"opt = torch.optim.SGD([w, v], lr=0.5{', weight_decay=0.5' if decay else ''})",
        "(w * v).backward()",
    ]
    if when == "after backward":
        lines.append("w.requires_grad_(False)")
    lines += ["opt.step()", "w.item()"]
    moved = value - 0.5 * (1 + (0.5 * value if decay else 0))
    return Ask(
        text="What is w afterwards?",
        code="\n".join(lines),
        wrong=(
            f"{value}",
            f"{moved:.4g}",
            f"{value - 0.5:.4g}",
            f"{value - 0.25 * value:.4g}",
            f"{value - 1}",
            "raises",
        ),
        why={
            "before": "No gradient was computed for w, and the optimizer passes over a .grad of None, decay and all.",
            "after backward": "The gradient was there when w was frozen, and the optimizer goes by .grad alone.",
            "never": f"The slope of w · v by w is 1{', the decay adds half of w' if decay else ''}; lr is 0.5.",
        }[when],
    )


def module_vs_keras(rng: Random) -> Ask:
    """Subclassing tf.keras.Model and nn.Module: what maps to what."""
    theirs, ours, why, wrong = rng.choice(
        [
            ("call(self, x)", "forward(self, x)", "The method you write; the framework's __call__ wraps it.",
             ("__call__(self, x)", "backward(self, x)", "train(self, x)")),
            ("add_weight(trainable=False)", "register_buffer", "State that is saved and moved and not trained.",
             ("nn.Parameter", "an attribute", "nn.ModuleList")),
            ("model.trainable_variables", "model.parameters()", "What the optimizer is given.",
             ("model.buffers()", "model.children()", "model.named_modules()")),
            ("model(x, training=True)", "model.train(), then model(x)", "Here the mode is a flag of the model.",
             ("model(x, train=True)", "torch.enable_grad(), then model(x)", "model.forward(x)")),
            ("model.save_weights(path)", "torch.save(model.state_dict(), path)", "Names and tensors, no code.",
             ("torch.save(model.forward, path)", "model.save(path)", "model.export(path)")),
        ]
    )  # fmt: skip
    return Ask(text=f"In Keras you wrote {theirs}. In PyTorch it is …", answer=ours, wrong=wrong, why=why)


def batch_blind(rng: Random) -> Ask:
    """A forward on the last dimension serves any batch."""
    b, t, i, h, o = rng.sample(range(2, 20), 5)
    shape = rng.choice([(i,), (b, i), (b, t, i), (i, b), (b, i, t)])
    return Ask(
        text="What shape comes out?",
        code=f"net = nn.Sequential(nn.Linear({i}, {h}), nn.ReLU(), nn.Linear({h}, {o}))\nnet(torch.zeros{shape}).shape",
        wrong=tuple(
            dict.fromkeys(["raises", str((*shape[:-1], o)), str((o,)), str((b * t, o)), str((*shape[:-1], h))])
        ),
        why=f"The last dimension, {i}, becomes {o}; all before it is batch."
        if shape[-1] == i
        else f"The last dimension is {shape[-1]}, and the first layer takes {i}.",
    )


def containers(rng: Random) -> Ask:
    """ModuleList holds, ModuleDict names, Sequential also runs."""
    n = rng.randint(2, 5)
    layers = f"[nn.Linear(2, 2) for _ in range({n})]"
    text, why = rng.choice(
        [
            (f"nn.ModuleList({layers})(torch.zeros(2)).shape", "A ModuleList holds modules; it has no forward."),
            (f"nn.Sequential(*{layers})(torch.zeros(2)).shape", "A Sequential runs its modules one after the other."),
            (f"len(nn.ModuleList({layers}))", f"It behaves like a list of {n}."),
            (f"net = nn.Sequential(*{layers})\nlen(list(net.parameters()))", f"{n} layers, a weight and a bias each."),
            ("nn.ModuleDict({'a.b': nn.Linear(2, 2)})", "A dot parts the names of a path, so no name may hold one."),
        ]
    )
    return Ask(text="What comes of it?", code=text, wrong=("raises", "(2,)", f"({n}, 2)", str(n), str(2 * n)), why=why)
