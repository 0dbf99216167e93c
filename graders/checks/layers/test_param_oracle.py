"""Checks for param-oracle: twelve answers of the right form, then each shape and count against the layer itself."""

from graders.kit import equal


def listed(shape):
    return list(shape) if type(shape) is tuple else shape


def test_form(submission, observe):
    """Twelve answers, each a shape and a count"""
    given = submission.answers()
    observe("the number of answers", len(given))
    for number, answer in enumerate(given, 1):
        fits = answer is ...
        if type(answer) in (list, tuple) and len(answer) == 2:
            shape, count = listed(answer[0]), answer[1]
            fits = type(shape) is list and all(type(n) is int for n in (*shape, count))
        observe(f"answer {number} is a shape and a count", True if fits else answer)


def test_answers(submission, observe):
    """Every shape and every count is that of the layer"""
    for number, answer in enumerate(submission.answers(), 1):
        said = answer if answer is ... else [listed(answer[0]), answer[1]]
        observe(f"question {number}", said, equal(secret=True))
