"""The capstone's milestones on the command line: whose each piece is, and the learner's own GPT, run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tutor.commands import completion
from tutor.commands.context import NOT_PASSED, PASSED, Refusal, desk, put_json, say
from tutor.commands.paper import indented


def parts(
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON, and nothing else.")] = False,
) -> None:
    """Show the parts of your GPT-2: which are yours by now, and which are still borrowed."""
    from gpt2.slots import SLOTS
    from tutor.mygpt import pieces

    table = pieces(desk.course)
    if json:
        rows = [
            {"slot": p.slot, "owner": p.owner, "does": p.does, "exercise": p.exercise, "trains": SLOTS[p.slot].trains}
            for p in table
        ]
        put_json({"parts": rows})
        return
    for piece in table:
        entry = desk.course.find(piece.exercise)
        sign, by = ("★", "yours   ") if piece.source is not None else ("·", "borrowed")
        trains = "  (trains in `gradatim train`)" if piece.source is not None and SLOTS[piece.slot].trains else ""
        print(f"{sign} {piece.slot:<11} {by}  {piece.does}  [{entry.name}]{trains}")
    print(f"\n{sum(p.source is not None for p in table)} of {len(table)} are yours.")
    print()
    indented("All of them work in your own package (gradatim capstone). Of these `gradatim train` keeps ours:", 0)
    for piece in table:
        if not SLOTS[piece.slot].trains:
            indented(f"{piece.slot:<11} {SLOTS[piece.slot].stays}", 2)


def capstone(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[MILESTONE]",
            help="assemble, corpus, pretrain, resume, write or full-size.",
            autocompletion=completion.milestones,
        ),
    ] = None,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]…", help="Handed on: prompts for write, a GPU for full-size.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Run all six, one after the other.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print where you stand as JSON, and nothing else.")] = False,
) -> None:
    """Build the GPT you wrote, and take it through its six milestones.

    Your passed files are put together in ~/gradatim/mygpt, a package that runs without Gradatim; what you have not
    written yet is borrowed, and said to be. Without a name: where you stand. Exit code 0: passed, 1: not yet.
    """
    from tutor import mygpt, paths
    from tutor.processes import run_here

    folder = paths.home() / "mygpt"
    if name is None and not everything:
        show(folder, json)
        return
    try:
        chosen = mygpt.MILESTONES if everything else (mygpt.milestone(name or ""),)
    except KeyError as error:
        raise Refusal(str(error.args[0])) from None
    build(folder)
    for one in chosen:
        say(f"\n{one.title}: {one.says}")
        if run_here(mygpt.command(one, *([] if everything else words or [])), mygpt.environment(folder), folder) != 0:
            raise typer.Exit(NOT_PASSED)
    raise typer.Exit(PASSED)


def show(folder: Path, json: bool) -> None:
    """Print the six milestones and how each stood when it was last run."""
    from tutor import mygpt

    found = mygpt.standings(folder)
    if json:
        rows = [
            {"milestone": m.name, "title": m.title, "status": mygpt.status(found, m.name), "result": found.get(m.name)}
            for m in mygpt.MILESTONES
        ]
        put_json({"folder": str(folder), "milestones": rows})
        return
    signs = {"passed": "✓", "not yet": "✗", "new": "·"}
    for one in mygpt.MILESTONES:
        status = mygpt.status(found, one.name)
        mine = [slot for slot, whose in found.get(one.name, {}).get("owners", {}).items() if whose == "yours"]
        whose = f"  with {len(mine)} pieces of yours" if status == "passed" else ""
        print(f"{signs[status]} {one.name:<10} {one.title:<24} {one.says}{whose}")
    say("\nRun one: gradatim capstone assemble. Whose the pieces are: gradatim parts.")


def assemble(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
) -> None:
    """Write your GPT as a package of its own, which needs torch and nothing of Gradatim, and run its contracts."""
    from tutor import mygpt
    from tutor.processes import run_here

    build(folder)
    code = run_here(mygpt.command(mygpt.milestone("assemble")), mygpt.environment(folder), folder)
    raise typer.Exit(PASSED if code == 0 else NOT_PASSED)


def build(folder: Path) -> None:
    """Put the package together and hand out its corpus. Raises Refusal where the disk refuses."""
    from tutor import mygpt
    from tutor.processes import child_environment, run_here

    try:
        made = mygpt.assemble(desk.course, folder)
    except OSError as error:
        raise Refusal(f"{folder} cannot be written: {error.strerror}.") from None
    mine = [piece.slot for piece in made if piece.source is not None]
    say(f"{folder}: {len(mine)} of {len(made)} pieces are yours" + (f" ({', '.join(mine)})." if mine else "."))
    if (handout := mygpt.handout(folder)) is not None:
        say("Collecting the documentation that came with Python and torch, as text to learn from (once)…")
        if run_here(handout, child_environment(), folder) != 0:
            raise Refusal("The corpus could not be written; what went wrong stands above.")
