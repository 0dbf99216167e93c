"""Quiz deck of lesson 24: collectives, DDP, and the loop under torchrun."""

from random import Random

from lessons import Ask


def dp_ddp_fsdp(rng: Random) -> Ask:
    """Copies where they fit, slices where they do not."""
    k, memory, billions = rng.choice([2, 4, 8]), rng.choice([24, 40, 80]), rng.choice([0.5, 1, 2, 3, 7, 13, 30, 70])
    names = ("DDP: a whole copy on each", "FSDP: a slice on each", "neither, on these GPUs")
    need = 16 * billions
    why = f"16 bytes each are {need:g} GB. A copy needs all of it on every GPU, {k} slices {need / k:g} GB each. "
    why += (
        "FSDP sends more, so take it only when a copy does not fit; DataParallel (one process) is left behind by both."
    )
    return Ask(
        text=f"A model of {billions:g} billion parameters takes 16 bytes each (weights, gradients, Adam). There are "
        f"{k} GPUs of {memory} GB; leave activations aside. What do you train with?",
        hidden=f"need = 16 * {billions}\nnames = {names!r}\n"
        f"names[0] if need <= {memory} else names[1] if need / {k} <= {memory} else names[2]",
        wrong=names,
        why=why,
    )


def gil(rng: Random) -> Ask:
    """Threads of one process share one interpreter lock."""
    k = rng.randint(3, 8)
    one = rng.random() < 0.5
    wrapper = "DataParallel" if one else "DDP, started by torchrun,"
    return Ask(
        text=f"{wrapper} trains on the {k} GPUs of one machine. How many Python interpreters, each with a lock of its "
        "own, launch the kernels?",
        hidden="1" if one else f"{k}",
        wrong=("1", str(k), str(k - 1), str(k + 1), str(2 * k)),
        why=f"DataParallel is one process with {k} threads, which wait for one lock; and it copies weights to every "
        "GPU at each step."
        if one
        else f"{k} processes, {k} interpreters: no rank waits for another's Python. One reason why DataParallel "
        "lags behind.",
    )


def mean_grad(rng: Random) -> Ask:
    """Before the step every rank holds the same gradient."""
    w = rng.randint(3, 4)
    xs = rng.sample(range(1, 16), w)
    rank = rng.randrange(w)
    mean = sum(xs) / w
    return Ask(
        text=f"The model is y = w·x with one weight, the loss is y. {w} ranks under DDP have x = "
        f"{', '.join(map(str, xs))}. What is w.grad on rank {rank} after backward?",
        hidden=f"grads = []\nfor x in {xs}:\n    w = torch.tensor(1., requires_grad=True)\n    (w * x).backward()\n"
        "    grads.append(w.grad)\ntorch.stack(grads).mean().item()",
        wrong=(str(xs[rank]), str(sum(xs)), f"{(sum(xs) - xs[rank]) / (w - 1):.4g}", f"{xs[rank] / w:.4g}"),
        why=f"The slopes are the x; their mean over all ranks is {mean:.4g}, and it stands on every rank. Equal "
        "weights and equal gradients: equal weights again.",
    )


def set_epoch(rng: Random) -> Ask:
    """The order depends on seed + epoch, and you have to say the epoch."""
    n, w, seed = rng.randint(20, 40), rng.choice([2, 4]), rng.randint(1, 9)
    how, why = rng.choice(
        [
            ("", "Nobody said that an epoch was over, so seed + epoch is as before: the same order again."),
            (
                "sampler.set_epoch(1)\n",
                "seed + 1 gives another order. All ranks call it alike, so none is dealt twice.",
            ),
            ("sampler.set_epoch(0)\n", "Epoch 0 is what it began with: seed + 0, the same order."),
        ]
    )
    return Ask(
        text="Is the second epoch in the order of the first?",
        code="from torch.utils.data import DistributedSampler\n"
        f"sampler = DistributedSampler(range({n}), {w}, rank=0, seed={seed})\n"
        f"first = list(sampler)\n{how}second = list(sampler)\nfirst == second",
        wrong=("True", "False", "raises"),
        why=why,
    )


def torchrun(rng: Random) -> Ask:
    """What a process reads from its environment."""
    nodes, each = rng.randint(2, 4), rng.choice([4, 5, 6, 8])
    rank = rng.randint(each + 1, nodes * each - 1)
    return Ask(
        text=f"On each of {nodes} machines runs\n  torchrun --nnodes {nodes} --nproc-per-node {each} … train.py\n"
        f"What are WORLD_SIZE and LOCAL_RANK of the process with RANK {rank}?",
        hidden=f"({nodes} * {each}, {rank} % {each})",
        wrong=(
            f"({nodes * each}, {rank})",
            f"({each}, {rank % each})",
            f"({nodes}, {rank % each})",
            f"({nodes * each}, {rank // each})",
            f"({nodes + each}, {rank % nodes})",
        ),
        why=f"{nodes}·{each} processes in all. RANK counts through, LOCAL_RANK begins at 0 on each machine: {rank} is "
        f"number {rank % each} on machine {rank // each}.",
    )


def nccl_gloo(rng: Random) -> Ask:
    """Who carries the bytes."""
    k = rng.randint(2, 8)
    where, answer, why = rng.choice(
        [
            (f"{k} NVIDIA GPUs", "nccl", "NCCL moves data between NVIDIA GPUs directly, over NVLink or the network."),
            (
                f"{k} processes on a laptop without a GPU",
                "gloo",
                "gloo works on CPU tensors, everywhere; NCCL needs GPUs.",
            ),
            (
                f"{k} machines with one NVIDIA GPU each",
                "nccl",
                "NCCL also speaks between machines; gloo would take every gradient through main memory.",
            ),
            (f"{k} CPU machines, tensors in main memory", "gloo", "NCCL cannot see main memory; gloo is made for it."),
        ]
    )
    return Ask(
        text=f"You train with DDP on {where}. Which backend belongs into init_process_group?",
        answer=answer,
        wrong=("nccl", "gloo", "cuda", "rpc"),
        why=why,
    )


def sync_flag(rng: Random) -> Ask:
    """Real DDP decides in the forward what its backward will send."""
    a = rng.randint(3, 16)
    return Ask(
        text=f"A step accumulates over {a} micro-batches with DDP. What belongs under model.no_sync(), so that exactly "
        "one exchange is left?",
        answer=f"forward and backward of the first {a - 1}",
        wrong=(
            f"the backward alone of the first {a - 1}",
            f"forward and backward of all {a}",
            f"forward and backward of the last {a - 1}",
            f"the forward alone of all {a}",
        ),
        why="The forward prepares the buckets that its backward sends, so the flag must be down before it. The last "
        f"backward, number {a}, averages what has been added up in .grad by then.",
    )


def overlap(rng: Random) -> Ask:
    """Gradients travel in buckets, while backward goes on."""
    millions = rng.choice([30, 60, 124, 200, 355, 774, 1558])
    size = rng.choice([10, 25, 50])
    numbers = millions * 10**6
    buckets = -(-4 * numbers // (size << 20))
    return Ask(
        text=f"{millions} million float32 gradients travel in buckets of {size} MiB (2**20 bytes), the last one not "
        "full. How many all-reduces is that in one backward?",
        hidden=f"math.ceil({numbers} * 4 / ({size} * 2**20))",
        wrong=("1", str(-(-numbers // (size << 20))), str(-(-8 * numbers // (size << 20))), str(buckets * 2 + 1)),
        why=f"4 bytes each: {4 * millions} MB. One message for each tensor would be many small ones, and one for all "
        "could only start when backward is over. A full bucket travels while the next gradients are computed.",
    )


def master(rng: Random) -> Ask:
    """Rank 0 speaks for all; local rank 0 is there once on each machine."""
    nodes, each, lines = rng.randint(2, 4), rng.choice([5, 6, 8]), rng.randint(2, 9)
    test, why = rng.choice(
        [
            ("if rank == 0:", "RANK is 0 once in the world."),
            ("if local_rank == 0:", "LOCAL_RANK is 0 once on each machine: fine for a download, wrong for a log."),
            ("if True:", "Every rank runs the same file, and prints."),
        ]
    )
    return Ask(
        text=f"{nodes} machines of {each} GPUs run this for {lines} steps. How many lines are printed in all?\n"
        f"  {test} print(step, loss)",
        hidden=f"count = 0\nfor rank in range({nodes} * {each}):\n    local_rank = rank % {each}\n"
        f"    for step in range({lines}):\n        {test} count += 1\ncount",
        wrong=(str(lines), str(lines * nodes), str(lines * nodes * each), str(lines * each)),
        why=why + " The same test belongs around whatever saves a checkpoint; no collective may stand inside of it.",
    )


def elastic(rng: Random) -> Ask:
    """A restart begins at the top of the file."""
    every = rng.choice([100, 250, 500])
    died = every * rng.randint(2, 9) + rng.randint(10, every - 10)
    loads = rng.random() < 0.7
    last = died // every * every
    return Ask(
        text=f"torchrun --max-restarts 3 … train.py\ntrain.py saves a checkpoint every {every} steps and "
        f"{'loads the newest one at its start' if loads else 'never loads one'}. A rank of eight dies in step {died}. "
        "In which step does training go on?",
        hidden=f"{died} // {every} * {every}" if loads else "0",
        wrong=(str(died), str(last), "0", str(last + every), str(died + 1)),
        why="All ranks are stopped and started again, at the top of the file. "
        + (f"The newest checkpoint is that of step {last}." if loads else "Without loading, that is a new beginning."),
    )


def rpc(rng: Random) -> Ask:
    """Not every job is the same program on other data."""
    k = rng.randint(4, 64)
    names = (
        "RPC: call a function in another process",
        "DDP: a copy each, gradients averaged",
        "FSDP: a slice of the model each",
    )
    job, number, why = rng.choice(
        [
            (f"{k} processes play a game and ask one process, which learns, for their moves.", 0, "different roles"),
            (f"{k} workers look up rows of a huge table that one server holds.", 0, "different roles"),
            (f"{k} GPUs, a model that fits on one, more data than one can read in time.", 1, "copies of one program"),
            (f"{k} GPUs, and a model whose optimizer state fits on none of them.", 2, "one model in slices"),
        ]
    )
    return Ask(
        text=f"{job} Which part of torch.distributed is made for it?",
        answer=names[number],
        wrong=(*names, "DataParallel: threads in one process"),
        why=f"This is about {why}. Collectives want every rank to do the same thing at the same time; where they do "
        "different things, one calls the other.",
    )


def multi_node(rng: Random) -> Ask:
    """One torchrun on each machine; they meet at one address."""
    nodes, each = rng.choice([2, 3, 4]), rng.choice([5, 6, 8])
    return Ask(
        text=f"{nodes} machines with {each} GPUs each shall train one model, a rank per GPU. How often do you start "
        "torchrun, and with which --nproc-per-node?",
        hidden=f"machines, gpus = {nodes}, {each}\n(machines, gpus)",
        wrong=(f"({nodes * each}, 1)", f"(1, {nodes * each})", f"({each}, {nodes})", f"({nodes}, {nodes * each})"),
        why=f"Once on each machine, all with --nnodes {nodes} and the same --rdzv-endpoint: they meet there "
        f"(rendezvous) and agree on the ranks 0 … {nodes * each - 1}.",
    )


def finetune_multi(rng: Random) -> Ask:
    """What is frozen still has to be somewhere."""
    billions, millions, k = rng.choice([3, 7, 8, 13]), rng.choice([10, 20, 50, 100]), rng.choice([2, 4, 8])
    sliced = rng.random() < 0.5
    whole = 2 * billions + 0.016 * millions
    return Ask(
        text=f"{billions} billion frozen weights in bfloat16 and {millions} million trained at 16 bytes each (with "
        f"gradients and Adam) are fine-tuned on {k} GPUs with {'FSDP' if sliced else 'DDP'}. How many GB are that on "
        "each GPU, activations left aside?",
        hidden=f"(2 * {billions} + 16 * {millions} / 1000)" + (f" / {k}" if sliced else ""),
        wrong=(
            f"{whole / k:.4g}",
            f"{whole:.4g}",
            f"{16 * billions + 0.016 * millions:.4g}",
            f"{0.016 * millions:.4g}",
            f"{whole * k:.4g}",
        ),
        why=f"2·{billions} + 16·{millions}/1000 = {whole:.4g} GB "
        + (f"in {k} slices." if sliced else "on every GPU: DDP keeps whole copies, frozen or not.")
        + " Frozen weights have no gradient, so DDP sends only those of the trained ones.",
    )
