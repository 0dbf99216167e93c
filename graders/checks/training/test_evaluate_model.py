"""Checks for evaluate-model: the numbers, then the weighting, the mode, the graph, and what must be as it was."""

import torch

from graders.kit import SpyModel, Tape, holds

LOSS = torch.nn.functional.cross_entropy


def classifier(draw, d, c, dropout=0.0):
    """A small classifier with a part that its owner keeps in eval mode."""
    frozen = torch.nn.Sequential(torch.nn.Linear(d, d + 1), torch.nn.BatchNorm1d(d + 1))
    model = torch.nn.Sequential(frozen, torch.nn.Tanh(), torch.nn.Dropout(dropout), torch.nn.Linear(d + 1, c))
    draw.fill(model, scale=1.0)
    frozen.eval()
    return model


def batches(draw, sizes, d, c):
    return [(draw.normal(b, d), draw.integers(0, c, b)) for b in sizes]


def test_equal_batches(submission, draw, observe):
    """Over batches of equal size, loss and accuracy are right, as plain numbers"""
    b, d, c = draw.sizes(3, low=4)
    result = submission.evaluate(classifier(draw, d, c), batches(draw, [b] * 3, d, c), LOSS)
    observe("evaluate(model, 3 equal batches)", result)
    result = submission.evaluate(classifier(draw, d, c), iter(batches(draw, [1], d, c)), LOSS)
    observe("evaluate(model, one batch of one sample)", result)


def test_ragged(submission, draw, observe):
    """A short last batch counts by its samples"""
    b, d, c = draw.sizes(3, low=5)
    result = submission.evaluate(classifier(draw, d, c), batches(draw, [b, b, 2, 1], d, c), LOSS)
    observe("evaluate(model, batches of different sizes)", result)


def test_eval_mode(submission, draw, observe):
    """The model evaluates: dropout is off, running statistics stand still"""
    b, d, c = draw.sizes(3, low=4)
    tape = Tape()
    inner = classifier(draw, d, c, dropout=0.5)
    model = SpyModel(inner, tape).train()
    before = {name: t.clone() for name, t in inner.named_buffers()}
    result = submission.evaluate(model, batches(draw, [b, 2], d, c), LOSS)
    says = "The model was in train mode while it was measured."
    observe("eval mode in every forward", all("eval" in e for e in tape.events), holds("is_true", says))
    same = all(torch.equal(t, before[name]) for name, t in inner.named_buffers())
    observe("buffers as before", same, holds("is_true", "A running statistic moved during the evaluation."))
    observe("one forward a batch", len(tape.events))
    observe("evaluate(model with dropout)", result)


def test_no_graph(submission, draw, observe):
    """No graph is recorded"""
    b, d, c = draw.sizes(3, low=4)
    tape = Tape()
    submission.evaluate(SpyModel(classifier(draw, d, c), tape), batches(draw, [b, 2], d, c), LOSS)
    quiet = all("no grad" in e for e in tape.events)
    observe("gradients off in every forward", quiet, holds("is_true", "A forward recorded a graph."))
    observe("gradients on again afterwards", torch.is_grad_enabled())


def test_modes_restored(submission, draw, observe):
    """Afterwards every submodule is in the mode that it was in"""
    b, d, c = draw.sizes(3, low=4)
    model = classifier(draw, d, c)
    submission.evaluate(model, batches(draw, [b], d, c), LOSS)
    flags = {name: m.training for name, m in model.named_modules()}
    says = "After the call a submodule is in another mode than before."
    asked = {"": True, "0": False, "0.0": False, "0.1": False, "1": True, "2": True, "3": True}
    observe("modes as before", flags == asked, holds("is_true", says))
    model.eval()
    submission.evaluate(model, batches(draw, [b], d, c), LOSS)
    still = not any(m.training for m in model.modules())
    observe("a model in eval mode stays in it", still, holds("is_true", says))


def test_after_an_exception(submission, draw, observe):
    """Also when a batch raises, and the exception reaches the caller"""
    b, d, c = draw.sizes(3, low=4)
    model = classifier(draw, d, c)
    before = [m.training for m in model.modules()]
    good, bad = batches(draw, [b], d, c), batches(draw, [b], d + 1, c)
    observe.raises("evaluate(model, a batch of the wrong width)", submission.evaluate, model, good + bad, LOSS)
    same = [m.training for m in model.modules()] == before
    observe("modes as before", same, holds("is_true", "The exception left the model in another mode."))
