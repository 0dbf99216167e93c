"""For authors: `gradatim prove` and `gradatim new exercise`."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from tutor import paths
from tutor.commands.completion import exercise_names
from tutor.commands.context import Refusal, desk

new = typer.Typer(help="Make the files of something new, ready to be filled in.", no_args_is_help=True)


def prove(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[EX]…", help="Exercises; without one, all.", autocompletion=exercise_names),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Also on many seeds, and against automatic one-edit variants; takes long.")
    ] = False,
    quiz: Annotated[bool, typer.Option("--quiz", help="Also draw every quiz item 200 times.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")] = False,
) -> None:
    """Prove exercises: the stub fails, right answers pass, every known mistake fails under its own name."""
    from tutor.jobs import call

    words = [desk.entry(name).exercise.id for name in names or []]
    words += [f"--{flag}" for flag, on in (("full", full), ("quiz", quiz), ("json", json)) if on]
    raise typer.Exit(call("graders.proof", *words))


FILES = {
    "exercise.toml": '''title = "TITLE"
kind = "implement"
tier = "B"
minutes = 15
difficulty = 2
importance = 3
needs = []
entry = ["FUNCTION"]
task = """
TODO: one or two sentences: what to do, and what it is for.
"""
hints = [
    "TODO: a nudge, best a question.",
    "TODO: the idea in words.",
    "TODO: nearly the code, with gaps.",
]
after = """
TODO: why it works, what it costs, what production code calls it.
"""

[[mistakes]]
name = "plus-one"
check = "test_values"
says = "TODO: what you see, then a question that leads to the cause."
edits = [["return x * 2", "return x * 2 + 1"]]
''',
    "start.py": '''"""TITLE."""

import torch


def FUNCTION(x: torch.Tensor) -> torch.Tensor:
    """TODO: what it returns, with shapes and dtypes.

    x: floating point, any shape
    returns: same shape and dtype as x
    """
    raise NotImplementedError  # TODO: about one line
''',
    "answer.py": '''"""The reference: TODO say how."""

import torch


def FUNCTION(x: torch.Tensor) -> torch.Tensor:
    return x * 2
''',
    "other.py": '''"""A second honest way: TODO another algorithm or API, not other names."""

import torch


def FUNCTION(x):
    return torch.add(x, x)
''',
    "oracle.py": '''"""The oracle: TODO torch's own function, or a float64 loop."""

import torch


def FUNCTION(x: torch.Tensor) -> torch.Tensor:
    return torch.stack([v + v for v in x.flatten()]).view(x.shape)
''',
}
CHECK = '''"""Checks of NAME, in the order of causes."""


def test_shape(submission, draw, observe):
    """The result has the shape of x."""
    observe.call("FUNCTION(x).shape", lambda x: submission.FUNCTION(x).shape, draw.normal(3, 5))


def test_values(submission, draw, observe):
    """The values are right."""
    observe.call("FUNCTION(x)", submission.FUNCTION, draw.normal(3, 5))
'''


@new.command("exercise")
def exercise(
    name: Annotated[str, typer.Argument(metavar="LESSON/EX", help="For example L03/masked-mean.")],
) -> None:
    """Make an exercise's folder and its check, small but whole: change them step by step."""
    lesson_name, slash, bare = name.rpartition("/")
    if not slash:
        raise Refusal("Name the lesson too: gradatim new exercise L03/masked-mean")
    lesson = desk.lesson(lesson_name)
    identity = bare.replace("-", "_").lower()
    if not re.fullmatch(r"[a-z][a-z0-9_]*[a-z0-9]", identity):
        raise Refusal(f"{bare!r} is no name for an exercise: use letters, digits and dashes.")
    from exercises import exercises

    if identity in exercises():
        raise Refusal(f"There is an exercise called {identity.replace('_', '-')} already.")
    dashed = identity.replace("_", "-")
    folder = paths.ROOT / "exercises" / lesson.slug / identity
    check = paths.ROOT / "graders" / "checks" / lesson.slug / f"test_{identity}.py"
    if folder.exists() or check.exists():
        raise Refusal(f"{folder if folder.exists() else check} exists already.")
    words = {"TITLE": dashed.replace("-", " ").capitalize(), "FUNCTION": identity, "NAME": dashed}
    folder.mkdir(parents=True)
    check.parent.mkdir(parents=True, exist_ok=True)
    for file, text in {**{folder / n: t for n, t in FILES.items()}, check: CHECK}.items():
        for placeholder, word in words.items():
            text = re.sub(rf"\b{placeholder}\b", word, text)
        file.write_text(text, encoding="utf-8")
        print(f"made  {file}")
    print("\nNext:")
    print(f"  1. Name it on a page of {lesson.path.name}: [Exercise: {words['TITLE']}](exercise:{dashed})")
    print("  2. Change the files; every TODO is yours.")
    print(f"  3. gradatim prove {dashed}")
