"""Checks for trace-backward: ten answers of the right form, then each against what really happens."""

from graders.kit import equal


def test_form(submission, observe):
    """Ten answers, each a number or None"""
    given = submission.answers()
    observe("the number of answers", len(given))
    kinds = [a in (None, ...) or type(a) in (int, float) for a in given]
    for number, (answer, fits) in enumerate(zip(given, kinds, strict=True), 1):
        observe(f"answer {number} is a number or None", True if fits else answer)


def test_answers(submission, observe):
    """Every answer is what really happens"""
    for number, answer in enumerate(submission.answers(), 1):
        observe(f"question {number}", answer if answer in (None, ...) else float(answer), equal(secret=True))
