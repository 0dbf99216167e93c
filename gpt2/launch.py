"""How a run is started on several devices: the torchrun command, and job files made from the run's own config."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from gpt2 import catalog, config, log

RESTARTS = 3  # times that torchrun starts all ranks again after one has died
PORT = 29500
PATIENCE = 100  # seconds for a step and a checkpoint once they are to end, within the two minutes that Slurm gives
CORES = 8  # that a job file asks for beside each GPU


@dataclass(frozen=True)
class Job:
    """A run and the machines it is to take."""

    run: Path
    words: tuple[str, ...] = ()  # NAME=VALUE, beside what the run's config.json says
    ranks: int = 1  # processes on each machine: one a GPU
    nodes: int = 1  # machines

    @property
    def begun(self) -> bool:
        """Whether the run knows its own options."""
        return (self.run / "config.json").exists()

    @property
    def name(self) -> str:
        """What the run is called where a name is one word."""
        return re.sub(r"[^\w.-]+", "-", self.run.resolve().name).strip("-.") or "run"


def environment(ranks: int, threads: int = 0) -> dict[str, str]:
    """Return what the ranks of one machine need in their environment; without `threads`, this machine's share."""
    share = os.environ.get("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // ranks)))
    return {
        "OMP_NUM_THREADS": str(threads or share),  # torchrun would say 1
        "PYTHONSAFEPATH": "1",  # as `python -P` for us: the folder one stands in holds no modules
        # Ranks that start again must not find the addresses of the dead; torch 2.13 lets them, unless:
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
        # Ranks that are told to end save first; torchrun would kill them after 30 seconds.
        "TORCH_ELASTIC_SHUTDOWN_TIMEOUT": str(PATIENCE),
    }


def arguments(job: Job, endpoint: str = "", name: str = "gradatim") -> list[str]:
    """Return torchrun's arguments: for one machine, or for each of several that meet at `endpoint`."""
    where = (
        ["--standalone"]
        if job.nodes == 1
        else [f"--nnodes={job.nodes}", "--rdzv-backend=c10d", f"--rdzv-endpoint={endpoint}", f"--rdzv-id={name}"]
    )
    ranks = [f"--nproc-per-node={job.ranks}", f"--max-restarts={RESTARTS}"]
    return [*where, *ranks, "-m", "gpt2.train", str(job.run), *job.words]


def line(job: Job, endpoint: str = "$HEAD", name: str = "gradatim", threads: int = 0) -> str:
    """Write the command for a shell; `$` stays what it is, so that a job file may fill it in."""
    settings = " ".join(f"{key}={value}" for key, value in environment(job.ranks, threads).items())
    words = " ".join(word if "$" in word else shlex.quote(word) for word in arguments(job, endpoint, name))
    return f"{settings} {shlex.quote(sys.executable)} -P -m torch.distributed.run {words}"


def explain(job: Job) -> str:
    """Say how to start a run by hand, and what each part of the command means."""
    total = job.nodes * job.ranks
    said = [
        f"# {total} ranks train as one: they share each step's tokens, so the run stays the same run.",
        f"# {job.ranks} on each machine (--nproc-per-node), one a GPU. If one dies, torchrun starts all of them again",
        f"# (at most {RESTARTS} times), and they go on from the last checkpoint.",
    ]
    if job.nodes > 1:
        said += [
            f"# Say the same on each of the {job.nodes} machines. HEAD is the address of one of them: there they meet.",
            "# All must see the run's folder under the same path, on a disk that they share.",
            f"HEAD=10.0.0.1:{PORT}",
        ]
    return "\n".join([*said, line(job)]) + "\n"


def slurm(job: Job) -> str:
    """Write a Slurm script: submit it with `sbatch`; when its time is up it saves, and submitted again it goes on."""
    name = job.name
    there = Job(job.run.resolve(), job.words, job.ranks, job.nodes)  # it may be submitted from anywhere
    inner = shlex.quote(line(there, "$HEAD", "$SLURM_JOB_ID", CORES))
    return f"""\
#!/bin/bash
#SBATCH --job-name=gradatim-{name}
#SBATCH --nodes={job.nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node={job.ranks}
#SBATCH --cpus-per-task={CORES * job.ranks}
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --output={name}-%j.out
# {about(job)}
# Two minutes before its end Slurm sends TERM: the run saves a checkpoint and stops. Submit again to go on.
set -eu
HEAD=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1):{PORT}
export HEAD
srun --kill-on-bad-exit=1 --cpus-per-task={CORES * job.ranks} bash -c {inner}
"""


def sky(job: Job) -> str:
    """Write a SkyPilot file: `sky launch FILE` finds a cloud that has the GPUs, installs, and trains."""
    name = job.name
    words, root = dict(word.split("=", 1) for word in spelled_out(job)), Path(__file__).parents[1]
    checkout = (root / "pyproject.toml").is_file()  # which is carried there, else the installed version is fetched
    mounts, workdir = [], f"workdir: {json.dumps(str(root))}" if checkout else "# without a workdir"
    package = "-c constraints.txt ." if checkout else f"gradatim=={metadata.version('gradatim')}"
    setup = [f"pip install {package}"]
    data = words.get("data", "docs")
    if data in catalog.CORPORA:
        setup.append(f"gradatim data get {data}  # of shards the first; say shards=N for more")
    elif data != "docs":
        words["data"] = f"/data/{Path(data).name}"
        mounts.append(f"  {words['data']}: {json.dumps(str(Path(data).expanduser().resolve()))}\n")
    given = tuple(f"{key}={value}" for key, value in words.items())
    inner = line(Job(Path("/runs") / name, given, job.ranks, job.nodes), "$HEAD", "$SKYPILOT_TASK_ID", CORES)
    inner = inner.replace(shlex.quote(sys.executable), "python", 1)
    install = "\n  ".join(setup)
    return f"""\
# {about(job)}
# The bucket keeps the run when the machines are gone; launched again, the run goes on. Cached, it takes what a run
# does in it: lines added to a log, folders renamed.
name: gradatim-{name}
num_nodes: {job.nodes}
{workdir}
resources:
  accelerators: H100:{job.ranks}
  use_spot: true
file_mounts:
{"".join(mounts)}  /runs:
    name: gradatim-runs
    mode: MOUNT_CACHED
setup: |
  {install}
run: |
  HEAD=$(echo "$SKYPILOT_NODE_IPS" | head -n 1):{PORT}
  {inner}
"""


def spelled_out(job: Job) -> tuple[str, ...]:
    """Return the words that begin this run where its config.json is not: what is stored there, and the job's own."""
    if not job.begun:
        return job.words
    stored, _ = config.load(job.run / "config.json")
    given = config.parse(list(job.words), stored)
    return tuple(
        f"{name}={getattr(given, name)}" for name, _, default, _ in config.fields() if getattr(given, name) != default
    )


FORMS = {"torchrun": explain, "slurm": slurm, "sky": sky}


def about(job: Job) -> str:
    """Sum up in a line what the run is, from its own config where it has begun."""
    if not job.begun:
        return f"A new run in {job.run}: {' '.join(job.words) or 'all options as the device suggests'}."
    options, shape = config.load(job.run / "config.json")
    size = f", {shape.parameters:,} parameters" if shape else ""
    return (
        f"{job.run.name}: preset {options.preset}{size}, {options.max_steps:,} steps of "
        f"{options.tokens_per_step:,} tokens, whatever the number of ranks."
    )


def check(job: Job, device: str = "") -> Job:
    """Return a job that can be, or raise ValueError with a sentence for the reader.

    `device` ("cpu", "cuda", "mps") is where a new run goes whose words do not say so; without one, what depends on it
    is left to the ranks, who will know.
    """
    if job.ranks < 1 or job.nodes < 1:
        raise ValueError("a run needs at least one rank on at least one machine")
    options, total = config.parse(list(job.words)), job.ranks * job.nodes
    if job.begun:
        options, _ = config.load(job.run / "config.json")
    else:
        place = options.device.partition(":")[0] if options.device != "auto" else device
        if not place:
            return job
        options = config.settle(options, place, total)
    windows = options.tokens_per_step // max(1, options.block_size)
    if options.tokens_per_step and windows % total:
        raise ValueError(
            f"a step of {options.tokens_per_step:,} tokens is {windows} windows, "
            f"which {total} ranks cannot share evenly"
        )
    return job


def hopeless(run: Path) -> bool:
    """Whether a run ended by what it computed: ranks that torchrun starts again would only come to the same end."""
    records, _ = log.read(run / "log.jsonl")
    steps = [record for record in records if record.get("event") == "step"]
    stopped = bool(records) and records[-1].get("event") == "stop"
    return stopped and bool(steps) and not math.isfinite(steps[-1]["loss"] + steps[-1]["norm"])
