"""Checks for distill-loss: the soft term at T = 1, then temperatures, the hard term, both, extremes, gradients."""

import torch


def case(draw, dtype=torch.float32, scale=2.0):
    """Logits of a student and of a teacher, and right classes; the sizes differ."""
    n, c = draw.sizes(2, low=3)
    student = draw.normal(n, c, scale=scale, mean=0.5, dtype=dtype)
    teacher = draw.normal(n, c, scale=scale, mean=-1, dtype=dtype)
    return student, teacher, draw.integers(0, c, n)


def test_soft(submission, draw, observe):
    """At T = 1 and alpha = 1: the mean over the batch of KL(teacher ‖ student); 0 where they agree"""
    for _ in range(3):
        observe.call("kd(…, T=1, alpha=1)", submission.kd, *case(draw), 1.0, 1.0)
    student, _, y = case(draw)
    observe.call("the teacher's logits are the student's, plus 3", submission.kd, student, student + 3, y, 1.0, 1.0)


def test_temperature(submission, draw, observe):
    """At other temperatures: both are divided by T, and the term is multiplied with T²"""
    for T in (2.0, 5, draw.number(2.5, 4.5)):
        observe.call(f"kd(…, T={T:.4g}, alpha=1)", submission.kd, *case(draw), T, 1.0)
    student, _, y = case(draw)
    observe.call("equal logits, T=4", submission.kd, student, student.clone(), y, 4.0, 1)


def test_hard(submission, draw, observe):
    """At alpha = 0: the student's cross entropy with y, at temperature 1"""
    for T in (1.0, 3.0):
        observe.call(f"kd(…, T={T:g}, alpha=0)", submission.kd, *case(draw), T, 0.0)


def test_mixed(submission, draw, observe):
    """Both terms, weighed by alpha and 1 − alpha"""
    for T, alpha in ((2.0, 0.3), (4, 0.9), (1.5, draw.number(0.2, 0.8))):
        observe.call(f"kd(…, T={T:g}, alpha={alpha:.4g})", submission.kd, *case(draw), T, alpha)


def test_shapes(submission, draw, observe):
    """One row, two classes, many classes, one class; float64; memory with gaps"""
    for n, c in ((1, 5), (6, 2), (3, 300), (4, 1)):
        args = draw.normal(n, c, scale=2), draw.normal(n, c, scale=2), draw.integers(0, c, n)
        observe.call(f"[{n}, {c}]", submission.kd, *args, 2.0, 0.6)
    student, teacher, y = case(draw, dtype=torch.float64)
    observe.call("float64", submission.kd, student, teacher, y, 3.0, 0.4)
    student, teacher, y = case(draw)
    observe.call("strided", submission.kd, draw.strided(student), draw.strided(teacher), draw.strided(y), 2.0, 0.7)


def test_large(submission, draw, observe):
    """Logits in the hundreds and thousands, a temperature below 1: no inf, no nan"""
    for scale in (300.0, 4000.0):
        student, teacher, y = case(draw, scale=scale)
        observe.call(f"logits of size {scale:g}", submission.kd, student, teacher, y, 2.0, 0.5)
    observe.call("T=0.5", submission.kd, *case(draw), 0.5, 0.8)


def test_gradients(submission, draw, observe):
    """The student's logits get their gradient, the teacher's none"""
    for T, alpha in ((1.0, 1.0), (3.0, 0.6)):
        student, teacher, y = case(draw, dtype=torch.float64)
        names = ["student", "teacher", "y"]
        how = {"T": T, "alpha": alpha}
        observe.gradients(f"kd(…, T={T:g}, alpha={alpha:g})", submission.kd, student, teacher, y, names=names, **how)
