"""Quiz deck of lesson 30: where time goes, what a GPU's numbers mean, NaN, gradients, and how to bisect a bug."""

from math import exp, log
from random import Random

from lessons import Ask


def self_total(rng: Random) -> Ask:
    """Total time has the calls inside in it; self time has not."""
    a, b, own, k = rng.randint(5, 9), rng.randint(12, 30), rng.randint(1, 3), rng.randint(1, 4)
    total = a + b + own
    label, outer = rng.choice(["forward", "block 3", "step"]), rng.choice(["aten::linear", "aten::matmul"])
    inner = "aten::addmm" if outer == "aten::linear" else "aten::mm"
    what, code, why = rng.choice(
        [
            (f"the total time of {label}", f"{a} + {b} + {own}", "Everything that runs inside counts."),
            (f"the self time of {label}", f"{total} - {a} - {b}", "Its total without what its calls took."),
            (f"the self time of {outer}", f"{b} - {b - k}", f"Its {b} ms without the {b - k} ms of {inner}."),
        ]
    )
    return Ask(
        text=f"A label {label} holds a softmax of {a} ms and {outer} of {b} ms in total, {b - k} ms of them in "
        f"{inner}; {own} ms go to Python. How many ms is {what}?",
        hidden=code,
        wrong=tuple(map(str, (total, own, b, k, a + b, b - k, total - b, 0))),
        why=why + " Sort by self to find the work, by total to find who ordered it.",
    )


def async_cost(rng: Random) -> Ask:
    """A launch returns at once: the time lands on the line that waits."""
    n, ms, launch = rng.randint(3, 8), rng.randint(4, 12), rng.choice([10, 20])
    line = rng.choice(["loss.item()", "print(loss)", "loss.cpu()"])
    if rng.random() < 0.5:
        return Ask(
            text=f"A GPU step launches {n} kernels of {ms} ms each, a launch takes {launch} µs; its last line is "
            f"{line}. A stopwatch around each line, without synchronize: how long does the last one seem to take?",
            answer=f"about {n * ms} ms",
            wrong=(f"about {launch} µs", f"about {ms} ms", "about 0 ms", f"about {n * launch} µs"),
            why=f"The launches return after {launch} µs each. {line} needs the number and waits for all {n} kernels.",
        )
    return Ask(
        text=f"A GPU step launches {n} kernels of {ms} ms each, a launch takes {launch} µs; nothing else. Read the "
        "clock, run the step, read the clock, without synchronize. What does it say, about?",
        hidden=f"f'{{{n} * {launch}}} µs'",
        wrong=(f"{n * ms} ms", f"{ms} ms", f"{launch} µs", f"{n * ms * 1000 + n * launch} µs"),
        why=f"Only the {n} launches were timed. torch.cuda.synchronize() before each reading gives {n * ms} ms.",
    )


def smi(rng: Random) -> Ask:
    """Utilization: a kernel was running. Not: the chip was busy."""
    peak, tokens = rng.choice([(312, 40_000), (989, 150_000), (312, 60_000), (989, 90_000)])
    gb, used = rng.choice([(40, 31), (80, 62), (24, 19)])
    case = rng.randrange(3)
    if case == 0:
        return Ask(
            text=f"nvidia-smi says 100 %. A model of 124M parameters trains at {tokens:,} tokens a second, with 6 · "
            f"124e6 operations a token; the chip can do {peak} TFLOP/s. Which share of that is used, in %?",
            hidden=f"round(100 * 6 * 124e6 * {tokens} / {peak}e12)",
            wrong=tuple(
                map(str, (100, round(100 * 2 * 124e6 * tokens / peak / 1e12), 50, round(6e-8 * 124e6 * tokens / peak)))
            ),
            why="Utilization is the share of time in which at least one kernel ran, however small. Compare the work "
            "done with the work possible.",
        )
    if case == 1:
        return Ask(
            text="One tiny kernel, which uses a hundredth of the chip, runs without a pause for a minute. What does "
            "nvidia-smi show for utilization?",
            answer="100 %",
            wrong=("1 %", "0 %", "50 %"),
            why="It counts the time in which anything runs, not how much of the chip it uses.",
        )
    return Ask(
        text=f"nvidia-smi shows {used} of {gb} GB in use by your process, and the sum of your tensors is "
        f"{used // 3} GB. What is the rest, for the most part?",
        answer="blocks that torch keeps for new tensors",
        wrong=("gradients that were never cleared", "memory of other processes", "a leak in the loader's workers"),
        why="The caching allocator does not give freed blocks back; nvidia-smi counts all that is reserved, and the "
        "CUDA context besides.",
    )


def anomaly(rng: Random) -> Ask:
    """detect_anomaly: NaN in backward, with the forward line; slow."""
    question, answer, wrong, why = rng.choice(
        [
            ("The gradient of a layer is inf, and nowhere NaN. What does detect_anomaly say?", "nothing",
             ("it raises and names the layer", "it raises and names an operation", "it warns, and goes on"),
             "It looks for NaN in what backward functions return. Infinity passes."),
            ("Under detect_anomaly SqrtBackward0 returns NaN. What do you get?",
             "an exception, and the line of that sqrt",
             ("an exception, and the name of its module", "a warning at the end of the step",
              "the gradient with zeros in place of NaN"),
             "It keeps a stack trace for each operation of the forward, and prints the one of the culprit."),
            ("Why is detect_anomaly not left on?", "it makes a step several times slower",
             ("it changes the gradients a little", "it works in float64 alone", "it keeps the graphs of all steps"),
             "Each operation keeps a stack trace, and each gradient is searched. Switch it on for one bad batch."),
            ("All outputs are finite; the loss becomes NaN one step later. Where does detect_anomaly look?",
             "in backward", ("in forward", "in the optimizer", "in the data"),
             "A NaN of the forward is found with forward hooks; this mode checks what backward functions return."),
        ]
    )  # fmt: skip
    n = rng.randint(2, 40)
    return Ask(text=f"A model of {n} layers. {question}", answer=answer, wrong=wrong, why=why)


def gradcheck_f64(rng: Random) -> Ask:
    """In float32 a small step drowns in rounding."""
    k = rng.choice([5, 6, 7])
    name, eps = rng.choice([("float32", 1.2e-7), ("float64", 2.2e-16), ("float16", 9.8e-4)])
    if rng.random() < 0.5:
        return Ask(
            text=f"f is about 1, in {name}: it is known to about {eps:.1g}. The difference quotient with h = 1e-{k} "
            "carries which error from rounding, about?",
            hidden=f"f'{{{eps} / 2e-{k}:.0e}}'",
            wrong=tuple(f"{v:.0e}" for v in (eps, eps * 10**-k, 10.0 ** (-2 * k), eps * 10 ** (2 * k), 10.0**-k)),
            why=f"f(x + h) − f(x − h) is off by about {eps:.1g}, and it is divided by 2h. float32 leaves no digit at "
            "1e-6; float64 leaves nine.",
        )
    v = rng.choice([1.0, 2.0, 3.0, 1.5])
    return Ask(
        text=f"What is (x + 1e-{k + 2}) − x, in {name}?",
        code=f"x = torch.tensor({v}, dtype=torch.{name})\n((x + 1e-{k + 2}) - x).item() == 0",
        wrong=("True", "False", "raises"),
        why=f"Near {v:g}, {name} has steps of about {eps * (2 if v >= 2 else 1):.1g}; less than half of one is "
        "rounded away.",
    )


def schedule(rng: Random) -> Ask:
    """wait skips, warmup records and throws away, active records."""
    wait, warmup, active, repeat = rng.randint(1, 4), rng.randint(1, 3), rng.randint(2, 5), rng.choice([1, 1, 2])
    cycle = wait + warmup + active
    what, code, why = rng.choice(
        [
            ("How many steps are in the results?", f"{active} * {repeat}", "Only active steps are kept."),
            ("How many steps must the loop make at least until it is through?", f"{cycle} * {repeat}",
             "wait + warmup + active, as often as repeat says."),
            ("Which step, counted from 0, is the first that is kept?", f"{wait} + {warmup}",
             "wait steps are skipped, warmup steps are recorded and thrown away."),
        ]
    )  # fmt: skip
    return Ask(
        text=f"schedule(wait={wait}, warmup={warmup}, active={active}, repeat={repeat}), and prof.step() at the end of "
        f"each step. {what}",
        hidden=code,
        wrong=tuple(
            map(
                str, (active, cycle, wait + warmup, cycle * repeat, warmup + active, wait + warmup + 1, active * repeat)
            )
        ),
        why=why,
    )


def data_wait(rng: Random) -> Ask:
    """Gaps on the GPU, a label that waits: the loader is too slow."""
    load, step = rng.randint(40, 90), rng.randint(20, 35)
    workers = rng.choice([2, 4])
    case = rng.randrange(3)
    if case == 0:
        return Ask(
            text=f"A batch takes {load} ms to load and {step} ms to train on. With one worker that loads ahead, how "
            "many ms does a step take in the long run?",
            hidden=f"max({load}, {step})",
            wrong=tuple(map(str, (load + step, step, load - step, (load + step) // 2))),
            why="Both go on at the same time; the slower one sets the pace. The GPU is idle for the difference.",
        )
    if case == 1:
        return Ask(
            text=f"A batch takes {load} ms to load in one process and {step} ms to train on. {workers} workers load "
            "ahead. How many ms does a step take in the long run, if there are cores enough?",
            hidden=f"max({load} / {workers}, {step})",
            wrong=tuple(f"{v:.4g}" for v in (load, load + step, load / workers + step, load / workers, step + 1)),
            why=f"{workers} workers bring a batch every {load / workers:g} ms; a step needs {step} ms.",
        )
    return Ask(
        text=f"A profile of a step of {load + step} ms: the GPU works for {step} ms and then has a gap of {load} ms, "
        "each time before the first kernel. What is it waiting for?",
        answer="the next batch",
        wrong=("the optimizer", "the backward pass", "a kernel that is being compiled"),
        why="Utilization goes up and down, and the label around the loader has the time as self time: more workers, "
        "or less work on each sample.",
    )


def alloc_reserved(rng: Random) -> Ask:
    """allocated: in tensors. reserved: held from the driver."""
    kept, freed = rng.randint(2, 9), rng.randint(3, 12)
    what, code, why = rng.choice(
        [
            ("memory_allocated()", f"{kept}", "Only tensors that live count."),
            (
                "memory_reserved()",
                f"{kept} + {freed}",
                "Freed blocks stay with torch's allocator for the next tensors.",
            ),
            (
                "memory_reserved() after empty_cache()",
                f"{kept}",
                "Blocks without any tensor in them go back to the driver.",
            ),
            ("max_memory_allocated()", f"{kept} + {freed}", "The peak remembers what was alive at one time."),
        ]
    )
    return Ask(
        text=f"A process makes tensors of {kept} GB and of {freed} GB on a GPU, each in blocks of its own, and deletes "
        f"the second ones. What does {what} say, in GB, about?",
        hidden=code,
        wrong=tuple(map(str, (kept, freed, kept + freed, 0, abs(freed - kept) or 1))),
        why=why + " nvidia-smi shows what is reserved, and the CUDA context.",
    )


def nan_causes(rng: Random) -> Ask:
    """0/0, inf − inf, 0 · inf, roots and logs of what they must not get."""
    a = rng.choice([2.0, 3.0, 5.0])
    expression = rng.choice(
        [
            "torch.tensor(0.0) / 0",
            f"torch.tensor({a}) / 0",
            "torch.tensor(0.0).log()",
            f"torch.tensor(-{a}).log()",
            f"torch.tensor(-{a}).sqrt()",
            "torch.tensor([-torch.inf, -torch.inf]).softmax(0)[0]",
            f"torch.tensor([-torch.inf, {a}]).softmax(0)[0]",
            f"torch.tensor({a}) * torch.inf",
            "torch.tensor(torch.inf) - torch.inf",
            "torch.tensor(0.0) * torch.inf",
            f"torch.tensor({a}e4).half() * 10",
            f"torch.tensor({a}).mul(100).exp()",
        ]
    )
    return Ask(
        text="What comes out?",
        code=f"({expression}).item()",
        wrong=("nan", "inf", "-inf", "0", "raises"),
        why="NaN is the answer to 0/0, inf − inf, 0 · inf, and to roots and logs of negative numbers. A number divided "
        "by 0, log 0 and an overflow give infinity; the next layer makes a NaN of it.",
    )


def seed_all(rng: Random) -> Ask:
    """Every source of dice has a seed of its own."""
    s = rng.randint(0, 99)
    case = rng.randrange(3)
    if case == 0:
        first, second = rng.choice([("random", "torch"), ("torch", "random"), ("torch", "torch")])
        seed = {"random": f"random.seed({s})", "torch": f"torch.manual_seed({s})"}[first]
        draw = {"random": "random.random()", "torch": "torch.rand(1).item()"}[second]
        return Ask(
            text="Are the two draws the same?",
            code=f"import random\n{seed}\na = {draw}\n{seed}\nb = {draw}\na == b",
            wrong=("True", "False", "raises"),
            why="Python's, NumPy's and torch's dice know nothing of each other; each is seeded by its own call.",
        )
    if case == 1:
        between = rng.choice(["torch.rand(1)", "torch.nn.Linear(2, 2)", "torch.nn.ReLU()", "torch.zeros(3)"])
        return Ask(
            text="Are the two draws the same?",
            code=f"torch.manual_seed({s})\na = torch.rand(1).item()\ntorch.manual_seed({s})\n{between}\n"
            "b = torch.rand(1).item()\na == b",
            wrong=("True", "False", "raises"),
            why="Whatever draws (a new Linear does, for its weights) moves the global dice on. Zeros and ReLU draw "
            "nothing.",
        )
    missing, answer = rng.choice(
        [
            ("torch.manual_seed alone; a transform in this process uses Python's random",
             "the augmented samples"),
            ("random.seed and np.random.seed alone", "the start values of the weights"),
            ("all seeds, at the same batch size; the GPU adds gradients with atomic additions",
             "the last digits of the gradients"),
        ]
    )  # fmt: skip
    return Ask(
        text=f"Two runs of one script, seeded by {missing}. What differs first?",
        answer=answer,
        wrong=("the augmented samples", "the start values of the weights", "the last digits of the gradients",
               "nothing"),
        why="Python, NumPy and torch have dice of their own; and sums in no fixed order differ by "
        "roundings, which training then makes larger.",
    )  # fmt: skip


def bisect(rng: Random) -> Ask:
    """Halve what may be guilty; shrink to one batch that must be learned."""
    n = rng.choice([8, 12, 16, 24, 48, 96])
    case = rng.randrange(3)
    if case == 0:
        return Ask(
            text=f"The output of layer {n} is wrong, the input is right, and one of {n} layers is guilty. A look at "
            "one layer's output tells whether it is right so far. How many looks are enough, at worst?",
            hidden=f"math.ceil(math.log2({n}))",
            wrong=tuple(map(str, (n, n // 2, n - 1, 1, max(2, n.bit_length() + 2)))),
            why=f"Look at the middle, and half of them is acquitted: log₂ {n}, rounded up.",
        )
    if case == 1:
        return Ask(
            text=f"A net of {n} layers learns badly. Which test takes a minute and separates bugs from hard data?",
            answer="can it learn one batch by heart?",
            wrong=(
                "is it better after ten times as long?",
                "is it better at half the rate?",
                "is a second seed better?",
            ),
            why="Any sane net can. If one batch cannot be learned, data, loss, gradients or steps do not fit together; "
            "no tuning mends that.",
        )
    k = rng.choice([100, 250, 1000])
    return Ask(
        text=f"It worked {k} commits ago. A test tells good from bad in a minute. How many minutes does git bisect "
        "need, about?",
        hidden=f"math.ceil(math.log2({k}))",
        wrong=tuple(map(str, (k, k // 2, k // 10, 2 * (k - 1).bit_length()))),
        why=f"Each test halves what is left: log₂ {k} is about {log(k, 2):.1f}.",
    )


def loss_start(rng: Random) -> Ask:
    """A new model knows nothing: ln V. Compare before you train."""
    v = rng.choice([10, 27, 65, 256, 1000, 50257])
    case = rng.randrange(3)
    if case == 0:
        return Ask(
            text=f"A new classifier over {v:,} classes. Which loss should the first step print, about?",
            hidden=f"math.log({v})",
            wrong=tuple(f"{x:.4g}" for x in (0.0, 1.0, log(v, 2), 1 / v, log(v) * 2, float(v))),
            why=f"All classes alike: −ln(1/{v:,}) = ln {v:,}.",
        )
    said = rng.choice([0.6, 1.9, 3.0]) * log(v)
    if case == 1:
        told = "less" if said < log(v) else "more"
        return Ask(
            text=f"A new model over {v:,} tokens prints a first loss of {said:.2f}. What does that suggest?",
            answer="it sees a part of the answer" if told == "less" else "its first logits are much too large",
            wrong=("it sees a part of the answer", "its first logits are much too large", "all is well",
                   "the learning rate is too high"),
            why=f"Knowing nothing costs ln {v:,} = {log(v):.2f}. Less cannot be known honestly; more are wrong "
            "convictions, from too wide a start.",
        )  # fmt: skip
    loss = round(rng.uniform(0.5, 0.9) * log(v), 2)
    return Ask(
        text=f"The loss is {loss:g}. Between how many equally likely tokens does the model waver, on the average?",
        hidden=f"round(math.exp({loss}), 2)",
        wrong=tuple(f"{x:.4g}" for x in (loss, 2**loss, loss**2, v / 2, exp(loss) + 2)),
        why=f"e^{loss:g}: the perplexity. It began with {v:,}.",
    )


def launch_blocking(rng: Random) -> Ask:
    """CUDA_LAUNCH_BLOCKING=1: each launch waits; the right line raises."""
    line, late = rng.randint(10, 40), rng.randint(50, 90)
    question, answer, wrong, why = rng.choice(
        [
            (f"An index out of range at line {line} on a GPU; the trace names line {late}, where .item() stands. With "
             "CUDA_LAUNCH_BLOCKING=1, which line does it name?", f"line {line}",
             (f"line {late}", "no line", f"line {line + 1}"),
             "Each launch then waits until its kernel is done, so the error rises where it was made."),
            (f"Without CUDA_LAUNCH_BLOCKING a device-side assert at line {line} is reported at line {late}. Why?",
             "the error is noticed at the first line that waits",
             (f"line {late} is the one that is wrong", "backward runs the lines in reverse",
              "Python counts lines from another file"),
             "Launches return at once. Set the variable before the process starts, or run the case on the CPU."),
            (f"A GPU step of {late} ms is run with CUDA_LAUNCH_BLOCKING=1. What happens to its speed?",
             "the whole run is slower",
             ("nothing", "it gets faster", "only the first step is slower"),
             "CPU and GPU no longer work at the same time. Good for finding a line, not for timing, not for a run."),
            (f"The same code, an index error at line {line}, is run on the CPU. Which line does the trace name?",
             f"line {line}", (f"line {late}", "no line", f"line {line + 1}"),
             "On the CPU nothing is launched ahead: the quickest way to a readable error is to move the case there."),
        ]
    )  # fmt: skip
    return Ask(text=question, answer=answer, wrong=wrong, why=why)
