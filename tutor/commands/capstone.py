"""The capstone on the command line: train, launch, sample, eval, and models to and from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tutor.commands.context import Refusal, desk, say

RUN = typer.Option("--run", metavar="DIR", help="The run's folder: config, log, checkpoints, samples.")

model = typer.Typer(help="Put your own together; carry models to and from transformers.", no_args_is_help=True)


def train(
    run: Annotated[Path, RUN],
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]…", help="Options, such as preset=nano max_steps=20."),
    ] = None,
    ranks: Annotated[
        int, typer.Option("--ranks", min=1, help="Train on so many processes at once: one for each GPU.")
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only forecast: parameters, memory, time.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --dry-run: the forecast as JSON.")] = False,
) -> None:
    """Train your GPT-2 into a folder, or go on where that folder's run stopped.

    A new run is built from the pieces that you have passed, and from ours for the rest; its start says which.
    Ctrl-C saves a checkpoint and stops; the same command goes on from there, with as many ranks as you like:
    they share the tokens of a step, whose number stays. For several machines see `gradatim launch`.
    """
    if json and not dry_run:
        raise Refusal("--json goes with --dry-run; a run writes its records to log.jsonl.")
    job = _job(run, options, ranks)
    flags = [f"--{flag}" for flag, on in (("dry-run", dry_run), ("json", json)) if on]
    if not dry_run:
        _give_parts(run)
    if dry_run and ranks > 1:
        flags.append(f"--ranks={ranks}")
    if ranks == 1 or dry_run:
        raise typer.Exit(_call("gpt2.train", str(run), *(options or []), *flags))
    from gpt2 import launch as launching

    say(f"{ranks} ranks; by hand it would be:\n{launching.line(job)}")
    raise typer.Exit(_call("gpt2.local_ranks", str(run), str(ranks), *job.words))


def launch(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="The run's folder, there or still to come.")],
    options: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]…", help="Options of the run, as for `train`.")
    ] = None,
    form: Annotated[str, typer.Option("--as", metavar="FORM", help="torchrun, slurm or sky.")] = "torchrun",
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="How many machines.")] = 1,
    ranks: Annotated[int, typer.Option("--ranks", min=1, help="Processes on each machine: one for each GPU.")] = 8,
) -> None:
    """Print how to train on several devices or machines: a command, a Slurm script, or a SkyPilot file.

    It is made from the run's own config where the run has begun; the folder of a new one is given the pieces that
    you have passed. Nothing is started:
    `gradatim launch runs/big --nodes 2 --as slurm > big.sh`, look at it, then `sbatch big.sh`.
    """
    from gpt2 import config
    from gpt2 import launch as launching

    if form not in launching.FORMS:
        raise Refusal(f"--as {form}: {config.nearest(form, list(launching.FORMS))}")
    job = _job(run, options, ranks, nodes, "cuda")
    _give_parts(run)
    print(launching.FORMS[form](job), end="")


def _give_parts(run: Path) -> None:
    """Put the learner's pieces into a new run, and say so. Raises Refusal where its folder cannot be written."""
    from tutor.jobs import write_parts

    parts = desk.course.parts()
    try:
        if write_parts(run, parts):
            say(f"Yours in this run: {', '.join(parts)}. Ours for the rest.")
    except OSError as error:
        raise Refusal(f"{run} cannot be written: {error.strerror}.") from None


def _job(run: Path, options: list[str] | None, ranks: int, nodes: int = 1, device: str = "") -> Any:
    """The run and its devices, of this kind where it is known. Raises Refusal where they do not fit together."""
    from gpt2 import launch as launching

    try:
        return launching.check(launching.Job(run, tuple(options or ()), ranks, nodes), device)
    except ValueError as error:
        raise Refusal(f"{error}") from None


def sample(
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What the text begins with.")],
    run: Annotated[Path, RUN],
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]…", help="Options, such as tokens=200 top_k=50 precision=int8."),
    ] = None,
    top: Annotated[
        bool, typer.Option("--top", help="A line for each token: its rank, its share, and what else was likely.")
    ] = False,
) -> None:
    """Let a trained model go on writing from a prompt."""
    needs_model(run)
    raise typer.Exit(_call("gpt2.sample", str(run), prompt, *(options or []), *(["--top"] if top else [])))


def eval_(
    run: Annotated[Path, RUN],
    tokens: Annotated[int | None, typer.Option(min=2, help="Read this many validation tokens; else all.")] = None,
    hellaswag: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Score HellaSwag's items: a JSON-lines file, or `hellaswag` once fetched."),
    ] = None,
    items: Annotated[int | None, typer.Option("--items", min=1, help="Only so many of the items.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
) -> None:
    """Measure a run's latest checkpoint on its validation text, beside the lines to beat."""
    needs_model(run)
    words = ["--tokens", str(tokens)] if tokens is not None else []
    words += ["--hellaswag", str(hellaswag)] if hellaswag is not None else []
    words += ["--items", str(items)] if items is not None else []
    raise typer.Exit(_call("gpt2.evaluate", str(run), *words, *(["--json"] if json else [])))


@model.command("export")
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; transformers can open it.")],
) -> None:
    """Write a run's model as a folder that transformers opens."""
    needs_model(run)
    raise typer.Exit(_call("gpt2.weights", "export", str(run), str(folder)))


@model.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A GPT-2 folder of transformers, or gpt2-weights.")],
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder to make.")],
) -> None:
    """Make a run's folder from a GPT-2 that transformers wrote, or from OpenAI's own.

    OpenAI's weights come with `gradatim data get gpt2-weights`. Then sample from the run, evaluate it, or train on.
    """
    raise typer.Exit(_call("gpt2.weights", "import", str(folder), str(run)))


def needs_run(run: Path) -> Path:
    """The run's log. Raises Refusal where there is none."""
    path = run / "log.jsonl"
    if not path.exists():
        raise Refusal(f"There is no run in {run}: it has no log.jsonl. Begin one: gradatim train --run {run}")
    return path


def needs_model(run: Path) -> None:
    """Raises Refusal where there is no run. One that was imported has no log before it trains."""
    if not (run / "config.json").exists():
        needs_run(run)


def not_begun(run: Path) -> Refusal:
    """What is to be said of a run whose log is empty."""
    return Refusal(f"The run in {run} has not begun: its log is empty. Begin it: gradatim train --run {run}")


def _call(module: str, *words: str) -> int:
    """Run one of the gpt2 programs here; its words are for the reader, its exit code is ours."""
    from tutor.jobs import call

    return call(module, *words)
