"""`gradatim progress`: what is done, and carrying it to another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tutor import paths
from tutor.commands.context import Refusal, desk, put_json, short, so_far

app = typer.Typer(invoke_without_command=True, help="Show what is done; carry it to another machine.")


@app.callback()
def progress(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print progress as JSON, and nothing else.")] = False,
) -> None:
    """Show what is done; carry it to another machine."""
    if context.invoked_subcommand is not None:
        return
    course = desk.course
    done, total = course.totals()
    tested = course.tested_out()
    if json:
        rows = [
            {
                "id": entry.exercise.id,
                "name": entry.name,
                "status": entry.status,
                "stale": entry.stale,
                "mastered": entry.mastered,
                "required": entry.required,
                "attempts": len(desk.progress.attempts(entry.exercise.id)),
                "hints": desk.progress.hints(entry.exercise.id),
            }
            for entry in course.entries()
        ]
        put_json(
            {
                "done": done,
                "total": total,
                "minutes_left": course.minutes_left(),
                "tested_out": sorted(tested),
                "exercises": rows,
            }
        )
        return
    for lesson in course.lessons():
        entries = course.entries(lesson)
        answers = desk.progress.answers(lesson.id)
        quiz = f"   quiz {sum(a.correct for a in answers)} of {len(answers)} right" if answers else ""
        finished = sum(entry.done for entry in entries)
        bar = "█" * finished + "░" * (len(entries) - finished)
        best = sum(entry.mastered for entry in entries)
        quiz = (f"   ✦ {best} mastered" if best else "") + quiz
        known = "   ◇ tested out" if lesson.id in tested else ""
        print(f"{lesson.id}  {bar:<6} {finished}/{len(entries)}  {lesson.title}{known}{quiz}")
    print(f"\n{so_far(course)}")
    print(f"Kept in {short(paths.database())}")


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; JSON.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Write all your progress, attempts and their texts included, to one file."""
    if file.exists() and not force:
        raise Refusal(f"{file} exists; choose another name, or say --force.")
    try:
        count = desk.progress.export(file)
    except OSError as error:
        raise Refusal(f"{file} cannot be written: {error.strerror}.") from None
    print(f"{count} entries written to {file}")


@app.command("import")
def import_(file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that export wrote.")]) -> None:
    """Add the progress in a file to yours; what you have already is not added twice."""
    print(f"{desk.progress.import_(file)} new entries added.")


@app.command("ladder")
def ladder(
    json: Annotated[bool, typer.Option("--json", help="Print the ladder as JSON, and nothing else.")] = False,
) -> None:
    """Show the ten rungs and the minimum required: what you have proven, and which exercise proves the rest."""
    from dataclasses import asdict

    from tutor import mygpt
    from tutor.ladder import rungs

    climbed = rungs(desk.course, mygpt.standings(paths.home() / "mygpt"))
    if json:
        rows = [
            {**asdict(r), "done": r.done, "lines": [{**asdict(x), "done": x.done} for x in r.lines]} for r in climbed
        ]
        put_json({"rungs": rows})
        return
    for rung in climbed:
        print(f"{'✓' if rung.done else '·'} {'' if rung.id == 'min' else rung.id + '  '}{rung.title}")
        for line in rung.lines:
            print(f"    {'✓' if line.done else '·'} {line.says}")
            print(f"        {', '.join(('✓ ' if proof.done else '') + proof.name for proof in line.proofs)}")
    ten = [rung for rung in climbed if rung.id != "min"]
    print(f"\nYou stand on {sum(rung.done for rung in ten)} of {len(ten)} rungs.")
