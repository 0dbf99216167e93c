"""Questions about the training loop, evaluation and the learning rate: every draw has fresh numbers."""

from math import ceil, log
from random import Random

from lessons import Ask


def _fit(calls: list[str], lr: float, steps: int, x: int) -> str:
    """Code of a loop that fits w·x to 0 from w = 1, making these calls in this order at each step."""
    return (
        f"w = torch.tensor(1., requires_grad=True)\nopt = torch.optim.SGD([w], lr={lr})\n"
        f"for _ in range({steps}):\n    loss = (w * {x}.) ** 2 / 2\n"
        + "".join(f"    {c}\n" for c in calls)
        + "round(w.item(), 4)"
    )


def order(rng: Random) -> Ask:
    """Zero, forward, loss, backward, clip, step."""
    b, norm = rng.choice([16, 32, 64]), rng.choice([0.5, 1.0, 2.0])
    lines = {
        "zero": "opt.zero_grad()",
        "loss": f"loss = loss_fn(model(x), y)  # {b} samples",
        "back": "loss.backward()",
        "clip": f"clip_grad_norm_(model.parameters(), {norm})",
        "step": "opt.step()",
    }
    right = rng.choice(
        [
            ["zero", "loss", "back", "clip", "step"],
            ["loss", "zero", "back", "clip", "step"],
            ["loss", "back", "clip", "step", "zero"],
        ]
    )
    wrong = rng.sample(
        [
            ["zero", "loss", "back", "step", "clip"],
            ["loss", "back", "zero", "clip", "step"],
            ["zero", "loss", "clip", "back", "step"],
            ["loss", "back", "clip", "zero", "step"],
            ["zero", "loss", "step", "back", "clip"],
        ],
        3,
    )
    letters = "ABCDE"
    names = list(lines)
    rng.shuffle(names)
    tag = dict(zip(names, letters, strict=True))
    listing = "\n".join(f"# {tag[n]}: {lines[n]}" for n in names)
    return Ask(
        text="Which order trains as it should?",
        code=listing,
        answer=" ".join(tag[n] for n in right),
        wrong=tuple(" ".join(tag[n] for n in w) for w in wrong),
        why="Clearing may stand anywhere but between backward and step; clipping only there. "
        "The loss comes before backward, backward before step.",
    )


def zero_where(rng: Random) -> Ask:
    """Clear before backward or after step, never between."""
    x, steps = rng.choice([1, 2]), rng.choice([2, 3])
    lr = {1: 0.5, 2: 0.1}[x]
    zero, back, step = "opt.zero_grad()", "loss.backward()", "opt.step()"
    calls, why = rng.choice(
        [
            ([zero, back, step], "Cleared before backward: each step uses its own gradient."),
            ([back, step, zero], "Cleared after step, which is before the next backward: all is well."),
            ([back, zero, step], "Cleared between backward and step: step finds None and changes nothing."),
            ([back, step], "Never cleared: the second step also uses the first gradient."),
        ]
    )
    shrink = 1 - lr * x * x
    fresh = round(shrink**steps, 4)
    w, total = 1.0, 0.0
    for _ in range(steps):
        total += w * x * x
        w -= lr * total
    return Ask(
        text="What is w at the end?",
        code=_fit(calls, lr, steps, x),
        wrong=(f"{fresh:.4g}", "1", f"{round(w, 4):.4g}", "0", f"{round(shrink, 4):.4g}"),
        why=why,
    )


def eval_vs_nograd(rng: Random) -> Ask:
    """eval() changes layers, no_grad stops the recording: two switches."""
    n, p = rng.randint(3, 6), rng.choice([0.2, 0.5, 0.8])
    is_eval, is_off = rng.choice([(True, False), (False, True), (True, True), (False, False)])
    lines = [f"model = nn.Sequential(nn.Linear({n}, 50), nn.Dropout({p}))", f"x = torch.ones(1, {n})"]
    lines += ["model.eval()"] * is_eval
    lines += [f"with torch.set_grad_enabled({not is_off}):", "    once, again = model(x), model(x)"]
    lines += ["(torch.equal(once, again), once.requires_grad)"]
    return Ask(
        text="Are the two outputs equal, and do they carry a graph?",
        code="\n".join(lines),
        wrong=("(True, True)", "(True, False)", "(False, True)", "(False, False)"),
        why=f"Dropout is {'off in eval mode' if is_eval else 'on in train mode'}; recording is "
        f"{'switched off' if is_off else 'on'}. Neither switch touches the other.",
    )


def steplr(rng: Random) -> Ask:
    """StepLR multiplies by gamma after every step_size of its own steps."""
    size, gamma = rng.choice([3, 5, 10]), rng.choice([0.1, 0.5])
    lr = rng.choice([0.001, 0.01, 0.4])
    epoch = rng.randint(1, 3 * size)
    rates = [lr * gamma**k for k in range(4)]
    return Ask(
        text=f"With which rate do the batches of epoch {epoch} run (counting from 1)?",
        code=f"opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr={lr})\n"
        f"plan = torch.optim.lr_scheduler.StepLR(opt, step_size={size}, gamma={gamma})\n"
        f"for epoch in range(1, {epoch}):  # the epochs before it\n"
        "    opt.step()\n    plan.step()\nopt.param_groups[0]['lr']",
        wrong=tuple(f"{r:.4g}" for r in rates),
        why=f"Epochs 1 to {size} run at {lr:g}, the next {size} at {lr * gamma:.4g}, and so on: after "
        f"{epoch - 1} steps of the schedule the number of times the factor was applied is {(epoch - 1) // size}.",
    )


def sched_unit(rng: Random) -> Ask:
    """A schedule counts its own steps, epochs or batches as you call it."""
    n, b = rng.choice([(1000, 100), (640, 64), (500, 50), (320, 16), (900, 30)])
    per = n // b
    size = rng.choice([2, 3]) * per
    unit = rng.choice(["epoch", "batch"])
    epochs = (size // per if unit == "batch" else size) + 2
    where = "    for batch in range({}):\n        opt.step()\n{}".format(
        per, "        plan.step()\n" if unit == "batch" else "    plan.step()\n"
    )
    return Ask(
        text=f"{n} samples in batches of {b}. In which epoch (from 0) is the rate first lower?",
        code="opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)\n"
        f"plan = torch.optim.lr_scheduler.StepLR(opt, step_size={size}, gamma=0.1)\nrates = []\n"
        f"for epoch in range({epochs}):\n    rates.append(opt.param_groups[0]['lr'])\n{where}"
        "[r < 0.5 for r in rates].index(True)",
        wrong=(str(size), str(size // per), str(per), str(size * per), str(size + 1)),
        why=f"plan.step() is called once {'a batch' if unit == 'batch' else 'an epoch'}; it lowers the rate "
        f"after {size} calls. There are {per} batches in an epoch.",
    )


def sched_order(rng: Random) -> Ask:
    """The optimizer steps first, then the schedule."""
    lr, gamma = rng.choice([0.1, 0.2, 0.4]), rng.choice([0.5, 0.1])
    steps = rng.choice([2, 3])
    right = rng.random() < 0.5
    two = ["    opt.step()\n", "    plan.step()\n"]
    moved = [sum(lr * gamma ** (k + shift) for k in range(steps)) for shift in (0, 1)]
    return Ask(
        text="The gradient is always 1. What is w at the end?",
        code=f"w = torch.zeros((), requires_grad=True)\nw.grad = torch.ones(())\n"
        f"opt = torch.optim.SGD([w], lr={lr})\n"
        f"plan = torch.optim.lr_scheduler.ExponentialLR(opt, gamma={gamma})\n"
        f"for _ in range({steps}):\n" + "".join(two if right else two[::-1]) + "round(w.item(), 6)",
        wrong=(
            f"{-moved[0]:.4g}",
            f"{-moved[1]:.4g}",
            f"{-steps * lr:.4g}",
            f"{-lr * gamma**steps:.4g}",
            f"{moved[0]:.4g}",
        ),
        why=f"The first rate, {lr}, is used for the first step."
        if right
        else f"The schedule stepped first, so the rate {lr} was never used. torch warns of this.",
    )


def sched_kinds(rng: Random) -> Ask:
    """Each schedule lowers the rate by another rule."""
    n, gamma = rng.choice([5, 10, 20]), rng.choice([0.1, 0.5])
    kinds = {
        "StepLR": f"times {gamma}, every {n} steps",
        "MultiStepLR": f"times {gamma}, at steps {n}, {3 * n} and {4 * n}",
        "ExponentialLR": f"times 0.{rng.randint(90, 99)}, at every step",
        "CosineAnnealingLR": f"down half a wave, from its peak to nearly 0, in {10 * n} steps",
        "ReduceLROnPlateau": f"times {gamma}, when the validation loss has not fallen for {n} epochs",
    }
    kind = rng.choice(list(kinds))
    return Ask(
        text=f"Which schedule changes the rate like this: {kinds[kind]}?",
        answer=kind,
        wrong=tuple(k for k in kinds if k != kind),
        why="ReduceLROnPlateau alone must be told something: its step takes a metric. The others only count.",
    )


def epoch_def(rng: Random) -> Ask:
    """An epoch is once through all samples."""
    b = rng.choice([16, 32, 50, 64])
    n = b * rng.randint(5, 30) + rng.randint(1, b - 1)
    drop = rng.random() < 0.5
    epochs = rng.randint(2, 5)
    up, down = ceil(n / b) * epochs, n // b * epochs
    return Ask(
        text=f"How many optimizer steps do {epochs} epochs take?",
        code=f"data = torch.utils.data.TensorDataset(torch.zeros({n}, 1))\n"
        f"loader = torch.utils.data.DataLoader(data, batch_size={b}, drop_last={drop})\n{epochs} * len(loader)",
        wrong=(str(up), str(down), str(ceil(n / b)), str(n * epochs), str(ceil(n * epochs / b) + 1)),
        why=f"{n} / {b} is {n / b:.2f}: "
        + (f"{n // b} full batches, the rest is dropped." if drop else f"{ceil(n / b)}, the last one short."),
    )


def loss_item(rng: Random) -> Ask:
    """A kept loss keeps its whole graph; a number keeps nothing."""
    k, steps = rng.randint(2, 9), rng.randint(3, 6)
    form, why = rng.choice(
        [
            ("loss", "Each kept tensor holds its grad_fn, and behind it all that the step computed."),
            ("loss.item()", "item() gives a Python number; the graph can go."),
            ("loss.detach()", "A detached tensor has no grad_fn: the graph can go. item() gives a plain number."),
        ]
    )
    return Ask(
        text="How many graphs does the list keep alive?",
        code=f"w = torch.ones({k}, requires_grad=True)\nkept = []\nfor _ in range({steps}):\n"
        f"    loss = (w * {k}).sum()\n    kept.append({form})\n"
        "sum(getattr(v, 'grad_fn', None) is not None for v in kept)",
        wrong=("0", "1", str(steps), str(steps * k), "raises"),
        why=why,
    )


def adam_sgd(rng: Random) -> Ask:
    """Adam's first step does not depend on the size of the gradient."""
    lr, g = rng.choice([0.1, 0.01]), rng.choice([0.001, 5, 40, 300])
    name = rng.choice(["Adam", "SGD"])
    return Ask(
        text="How far does w move in this first step?",
        code=f"w = torch.zeros((), requires_grad=True)\nw.grad = torch.tensor({float(g)})\n"
        f"torch.optim.{name}([w], lr={lr}).step()\nabs(w.item())",
        wrong=(f"{lr:.4g}", f"{lr * g:.4g}", f"{float(g):.4g}", f"{lr * g * g:.4g}", f"{lr * 2:.4g}"),
        why=f"SGD moves by lr times the gradient: {lr * g:g}. Adam divides the gradient by its running size, "
        f"which in the first step is the gradient itself: about lr = {lr}.",
    )


def fit_vs_loop(rng: Random) -> Ask:
    """A library's fit() holds the loop that you write here."""
    who = {
        "your loop, in plain PyTorch": "every clear, backward and step is a line that you can read and change",
        "Keras' model.fit()": "compile names the loss and the optimizer; one call then trains, and callbacks hook in",
        "the Trainer of transformers": "one object takes model, data and arguments; its train() also saves, "
        "logs and resumes",
        "scikit-learn's fit(X, y)": "one call on arrays; most of its models fit in one go, with no batches in sight",
    }
    name = rng.choice(list(who))
    return Ask(
        text=f"Whose way is this? {who[name][0].upper()}{who[name][1:]}.",
        answer=name,
        wrong=tuple(n for n in who if n != name),
        why="The same steps run in each of them. Writing the loop once tells you where to look when a fit() "
        "goes wrong.",
    )


def lr_high_low(rng: Random) -> Ask:
    """Read the curve: too low, good, at the edge, too high."""
    start = rng.uniform(2.5, 11)
    curves = {
        "far too low": [start * (1 - 0.004 * k) for k in range(6)],
        "about right": [start * f for f in (1, 0.62, 0.44, 0.35, 0.30, 0.27)],
        "at the edge: it jumps, then falls": [start * f for f in (1, 1.4, 0.8, 1.1, 0.5, 0.4)],
        "far too high": [start * f for f in (1, 3.1, 9.0, 41.0, 180.0, 790.0)],
    }
    kind = rng.choice(list(curves))
    shown = ", ".join(f"{v * rng.uniform(0.995, 1.005):.2f}" for v in curves[kind])
    if kind == "far too low":
        shown = ", ".join(f"{v:.3f}" for v in curves[kind])
    return Ask(
        text=f"The loss, every 50 steps: {shown}. How was the learning rate?",
        answer=kind,
        wrong=tuple(c for c in curves if c != kind),
        why="Flat means too small steps; growing means that each step overshoots by more than it gains. "
        "The best rate is found a little below the edge.",
    )


def overfit_first(rng: Random) -> Ask:
    """Crush one batch before the long run."""
    b, start = rng.choice([4, 8, 16, 32]), rng.choice([65, 1000, 50257])
    outcome, answer = rng.choice(
        [
            (
                f"stays near ln {start} = {log(start):.2f}",
                "the code is wrong somewhere between the targets and the step",
            ),
            (
                f"falls from {log(start):.2f} to 0.01",
                "the code works together; nothing is known about new data",
            ),
            (
                "is 0.01 at the very first step",
                "the model can see its answer, as when the target is also its input",
            ),
        ]
    )
    return Ask(
        text=f"You train on one batch of {b} samples, 300 steps. The loss {outcome}. What does that say?",
        answer=answer,
        wrong=(
            "the code is wrong somewhere between the targets and the step",
            "the code works together; nothing is known about new data",
            "the model can see its answer, as when the target is also its input",
            "the model will do well on new data: it has learned the task",
        ),
        why="One batch can always be learned by heart, though not before the first step. It costs a minute "
        "and finds most faults of code.",
    )


def random_labels(rng: Random) -> Ask:
    """A loss below that of guessing, on labels without meaning, is memory."""
    k = rng.choice([3, 5, 8, 10])
    low = rng.uniform(0.05, 0.4)
    guess = f"{log(k):.4g}"
    if rng.random() < 0.5:
        return Ask(
            text=f"{k} classes, labels drawn by dice. Which mean loss has a model that always guesses evenly?",
            code=f"F.cross_entropy(torch.zeros(6, {k}), torch.arange(6) % {k}).item()",
            wrong=(f"{1 / k:.4g}", f"{float(k):.4g}", f"{log(k) / log(2):.4g}", f"{1 - 1 / k:.4g}"),
            why=f"Each class gets 1/{k}, and −ln(1/{k}) = ln {k} = {guess}.",
        )
    return Ask(
        text=f"{k} classes, labels drawn by dice (ln {k} = {guess}). After training, the loss on these samples "
        f"is {low:.2f}. On fresh samples with labels drawn alike you expect",
        answer=f"more than {guess}: it is sure of itself, and no better than dice",
        wrong=(
            f"about {low:.2f}: it has learned the rule",
            f"exactly {guess}: it knows that it knows nothing",
            f"about {log(k) / 2:.2f}: half of it carries over",
        ),
        why="There is no rule. The model learned its samples by heart, and is now confident about fresh ones "
        "for no reason, which costs more than guessing evenly.",
    )


def ckpt_content(rng: Random) -> Ask:
    """To go on as if nothing had happened, a run needs more than its weights."""
    step = rng.randint(2, 90) * 100
    lost = {
        "the optimizer's state": "momentum and averages start from 0: the loss jumps at first",
        "the schedule's step": "the rate is that of the first steps again, warm-up and all",
        "the place in the data": "some samples are seen twice in this epoch and others never",
        "the random state": "dropout and shuffling go another way, no worse than before",
    }
    what = rng.choice(list(lost))
    return Ask(
        text=f"A run stopped at step {step} is resumed. Everything was saved but {what}. What follows?",
        answer=lost[what],
        wrong=tuple(v for k, v in lost.items() if k != what),
        why="Weights are enough to use a model. To continue a run exactly, save all that the next step reads.",
    )
