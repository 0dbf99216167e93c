"""Checks for shape-oracle: fourteen answers of the right form, then each against what really happens."""

from graders.kit import equal


def test_form(submission, observe):
    """Fourteen answers, each a list of sizes or the word "error\""""
    given = submission.answers()
    observe("the number of answers", len(given))
    for number, answer in enumerate(given, 1):
        sizes = type(answer) in (list, tuple) and all(type(n) is int for n in answer)
        fits = sizes or answer is ... or (type(answer) is str and answer == "error")
        observe(f"answer {number} is a shape or error", True if fits else answer)


def test_answers(submission, observe):
    """13 of the 14 answers, at least, are what really happens"""
    for number, answer in enumerate(submission.answers(), 1):
        shape = list(answer) if type(answer) is tuple else answer
        observe(f"question {number}", shape, equal(secret=True, slips=1))
