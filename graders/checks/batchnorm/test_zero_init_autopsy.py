"""Checks for zero-init-autopsy: nine answers of the right form, then each against what really happens."""

from graders.kit import equal

NAMES = {"E", "W1", "b1", "W2", "b2"}


def names(step):
    return set(step.replace(",", " ").split())


def listed(answer):
    """An answer as it is compared: names in order, numbers as floats."""
    if type(answer) in (list, tuple):
        return [" ".join(sorted(names(step))) for step in answer]
    return float(answer)


def fits(answer):
    if answer is ... or type(answer) in (int, float):
        return True
    steps = answer if type(answer) in (list, tuple) else []
    return len(steps) == 3 and all(type(step) is str and names(step) <= NAMES for step in steps)


def test_form(submission, observe):
    """Nine answers, each a list of three strings of names, or a number"""
    given = submission.answers()
    observe("the number of answers", len(given))
    for number, answer in enumerate(given, 1):
        observe(f"answer {number} is three strings of names, or a number", True if fits(answer) else answer)


def test_answers(submission, observe):
    """Every answer is what really happens"""
    for number, answer in enumerate(submission.answers(), 1):
        said = answer if answer is ... else listed(answer)
        observe(f"question {number}", said, equal(atol=0.011, secret=True))
