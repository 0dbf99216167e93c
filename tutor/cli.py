"""Every command of `gradatim`; the screens are one of them."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated, NoReturn

import typer

from tutor.commands import (
    authors,
    capstone,
    check,
    coming,
    data,
    doctor,
    examples,
    keep,
    learn,
    milestones,
    place,
    plain,
    quiz,
    report,
    review,
    serve,
    settings,
    ticket,
    watch,
    zoo,
)
from tutor.commands.context import BROKEN, WRONG_USE, Refusal, desk, say

LEARN, WORK, MODEL, MORE = "Learn", "Work", "Your GPT-2", "More"

USAGE = """\
Gradatim opens its screens in a terminal; here is none, so use the commands:

  gradatim next              what to do now
  gradatim list              the whole course
  gradatim read L03          a lesson as plain text
  gradatim start EX          begin an exercise
  gradatim check EX          grade it

gradatim --help tells the rest."""

app = typer.Typer(
    name="gradatim",
    no_args_is_help=False,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        try:
            print(f"gradatim {metadata.version('gradatim')}")
        except metadata.PackageNotFoundError:
            print("gradatim (a checkout that is not installed)")
        raise typer.Exit()


@app.callback()
def gradatim(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks when something breaks.")] = False,
) -> None:
    """Step by step, in your terminal: from a first tensor to a GPT-2 that you wrote yourself.

    Without a command the screens open. All else is plain text, for scripts and screen readers.

    A first round: [bold]gradatim next[/], then [bold]gradatim read L03[/], [bold]gradatim start EX[/],
    edit your file, [bold]gradatim check[/].

    Exit codes: 0 passed, 1 not passed, 2 wrong use, 3 the grader itself failed.
    Your files are in ~/gradatim, or where GRADATIM_HOME says.
    """
    if context.invoked_subcommand is not None:
        return
    from tutor.commands import screens

    if not screens.possible():
        say(USAGE)
        raise typer.Exit(WRONG_USE)
    raise typer.Exit(screens.open_screens())


app.command("next", rich_help_panel=LEARN)(coming.next_)
app.command("list", rich_help_panel=LEARN)(learn.list_)
app.command("read", rich_help_panel=LEARN)(learn.read)
app.command("quiz", rich_help_panel=LEARN)(quiz.quiz)
app.command("review", rich_help_panel=LEARN)(review.review)
app.command("place", rich_help_panel=LEARN)(place.place)
app.command("start", rich_help_panel=WORK)(learn.start)
app.command("try", rich_help_panel=WORK)(examples.try_)
app.command("check", rich_help_panel=WORK)(check.check)
app.command("hint", rich_help_panel=WORK)(learn.hint)
app.command("solution", rich_help_panel=WORK)(learn.solution)
app.command("reset", rich_help_panel=WORK)(learn.reset)
app.command("zoo", rich_help_panel=WORK)(zoo.zoo)
app.command("history", rich_help_panel=WORK)(learn.history)
app.add_typer(keep.app, name="progress", rich_help_panel=WORK)
app.command("parts", rich_help_panel=MODEL)(milestones.parts)
app.command("capstone", rich_help_panel=MODEL)(milestones.capstone)
app.command("train", rich_help_panel=MODEL)(capstone.train)
app.command("launch", rich_help_panel=MODEL)(capstone.launch)
app.command("watch", rich_help_panel=MODEL)(watch.watch)
app.command("report", rich_help_panel=MODEL)(report.report)
app.command("sample", rich_help_panel=MODEL)(capstone.sample)
app.command("eval", rich_help_panel=MODEL)(capstone.eval_)
app.add_typer(data.app, name="data", rich_help_panel=MODEL)
capstone.model.command("assemble")(milestones.assemble)
app.add_typer(capstone.model, name="model", rich_help_panel=MODEL)
app.command("report-exercise", rich_help_panel=MORE)(ticket.report_exercise)
app.command("settings", rich_help_panel=MORE)(settings.settings)
app.command("serve", rich_help_panel=MORE)(serve.serve)
app.command("doctor", rich_help_panel=MORE)(doctor.doctor)
app.command("prove", rich_help_panel=MORE)(authors.prove)
app.add_typer(authors.new, name="new", rich_help_panel=MORE)


def main() -> None:
    """Run the command; whatever goes wrong ends in one sentence and the exit code that belongs to it."""
    desk.debug = "--debug" in sys.argv
    sys.argv[1:] = [word for word in sys.argv[1:] if word != "--debug"]  # it may stand anywhere
    try:
        plain.ready()
        app()
    except BaseException as error:
        desk.settle()
        end(error)


def end(error: BaseException) -> NoReturn:
    """Leave after an exception: with one sentence, or with the traceback where --debug was said."""
    from tutor import trouble
    from tutor.database import ProgressError

    if isinstance(error, SystemExit):
        raise error
    if isinstance(error, KeyboardInterrupt):
        sys.exit(130)
    if isinstance(error, BrokenPipeError):
        # The reader went away (`gradatim list | head`): nothing is wrong, and nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    if desk.debug:
        raise error
    if isinstance(error, (Refusal, ProgressError)):
        say(str(error))
        sys.exit(error.code if isinstance(error, Refusal) else BROKEN)
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        say("One of these names is longer than this system lets a file's name be; nothing was read or written.")
        sys.exit(WRONG_USE)
    if isinstance(error, OSError) and trouble.refused(error):
        where = error.filename or "A file"
        say(f"{where} cannot be written: {trouble.why(error)}. What was there before is unchanged.")
        sys.exit(BROKEN)
    say(f"Something in Gradatim broke: {type(error).__name__}: {error}\nWith --debug it says where.")
    sys.exit(BROKEN)


if __name__ == "__main__":
    main()
