"""What a shell completes behind a command: exercises, lessons, questions, texts, milestones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import typer

Words = Iterator[tuple[str, str]]
"""What can stand there, each with what it means; shells that can show that do."""


def exercise_names(incomplete: str) -> Words:
    """Bare names; behind ``L03/`` or ``l3`` those of a lesson, in full."""
    from exercises import exercises
    from lessons import lessons

    known = exercises()
    for lesson in lessons():
        for name in lesson.exercises:
            if name in known:
                bare, title = known[name].name, known[name].title
                full = f"{lesson.id}/{bare}"
                yield from _beginning(incomplete, [(bare, title)])
                if incomplete[:1] in ("L", "l") and incomplete[1:2].isdigit():
                    yield from _beginning(incomplete, [(full, title)])


def lesson_names(incomplete: str) -> Words:
    """Ids such as ``L03``, and their short names."""
    from lessons import lessons

    for lesson in lessons():
        if incomplete[:1] in ("L", "l", "") and incomplete[1:2] in ("", *"0123456789"):
            yield from _beginning(incomplete, [(lesson.id, lesson.title)])
        if incomplete:
            yield from _beginning(incomplete, [(lesson.slug, lesson.title)])


def question_names(context: typer.Context, incomplete: str) -> Words:
    """Of the lesson that stands before."""
    import lessons
    from tutor.commands.context import desk

    try:
        found = lessons.lesson(context.args[0])
    except (KeyError, IndexError):
        return
    names = desk.course.quiz_items(found)
    yield from _beginning(incomplete, [(name.replace("_", "-"), "") for name in names])


def texts(incomplete: str) -> Words:
    """What can be fetched."""
    from gpt2 import catalog

    yield from _beginning(incomplete, [(offer.name, offer.says) for offer in catalog.OFFERS.values()])


def milestones(incomplete: str) -> Words:
    """Of the learner's GPT-2."""
    from tutor.mygpt import MILESTONES

    yield from _beginning(incomplete, [(one.name, one.title) for one in MILESTONES])


def _beginning(incomplete: str, words: Iterable[tuple[str, str]]) -> Words:
    """Those that begin so, as they were begun: shells pass over what does not."""
    typed = _plain(incomplete)
    yield from ((incomplete + word[len(typed) :], says) for word, says in words if _plain(word).startswith(typed))


def _plain(word: str) -> str:
    return word.lower().replace("_", "-")
