"""Checks for ninja-atomic: the gradients from the loss back to the table, a few a rung, each against the reference."""

import torch

from graders.kit import equal, holds

CLOSE = equal(rtol=1e-8, atol=1e-10, because="float64: a missing path or factor changes the first digits")


def forward(draw):
    """A forward pass of the network, with sizes that all differ; returns everything in it by name."""
    n, v, wide = draw.random.choice([9, 11]), draw.integer(6, 7), draw.integer(13, 14)
    k, d = draw.random.choice([(2, 4), (2, 5), (3, 4), (3, 5)])
    normal = lambda *shape, **how: draw.normal(*shape, dtype=torch.float64, **how)  # noqa: E731
    c = {"X": draw.integers(0, v, n, k), "Y": draw.integers(0, v, n)}
    c["C"], c["W1"], c["b1"] = normal(v, d), normal(k * d, wide, scale=0.5), normal(wide, scale=0.5)
    c["W2"], c["b2"] = normal(wide, v, scale=0.6), normal(v, scale=0.5)
    c["bngain"], c["bnbias"] = normal(1, wide, scale=0.2, mean=1.1), normal(1, wide, scale=0.3, mean=0.2)
    c["emb"] = c["C"][c["X"]]
    c["embcat"] = c["emb"].view(n, -1)
    c["hprebn"] = c["embcat"] @ c["W1"] + c["b1"]
    c["bnmeani"] = c["hprebn"].mean(0, keepdim=True)
    c["bndiff"] = c["hprebn"] - c["bnmeani"]
    c["bndiff2"] = c["bndiff"] ** 2
    c["bnvar"] = c["bndiff2"].sum(0, keepdim=True) / (n - 1)
    c["bnvar_inv"] = (c["bnvar"] + 1e-5) ** -0.5
    c["bnraw"] = c["bndiff"] * c["bnvar_inv"]
    c["hpreact"] = c["bngain"] * c["bnraw"] + c["bnbias"]
    c["h"] = torch.tanh(c["hpreact"])
    c["logits"] = c["h"] @ c["W2"] + c["b2"]
    c["logit_maxes"] = c["logits"].max(1, keepdim=True).values
    c["norm_logits"] = c["logits"] - c["logit_maxes"]
    c["counts"] = c["norm_logits"].exp()
    c["counts_sum"] = c["counts"].sum(1, keepdim=True)
    c["counts_sum_inv"] = c["counts_sum"] ** -1
    c["probs"] = c["counts"] * c["counts_sum_inv"]
    c["logprobs"] = c["probs"].log()
    return c


HAND = holds("is_true", "autograd.grad did the work. Here you write each line yourself.")


def these(submission, draw, observe, *names):
    """Observe the gradients of these tensors, on a forward pass of their own."""
    found = submission.backward(forward(draw))
    for name in names:
        observe(f"the gradient of {name}", found.get(name), CLOSE)


def test_loss(submission, draw, observe):
    """logprobs and probs: the mean, the choice of one letter a row, the log"""
    with observe.operations() as ops:
        submission.backward(forward(draw))
    observe("autograd has no part in it", all(name != "grad" for name, _ in ops.calls), HAND)
    these(submission, draw, observe, "logprobs", "probs")


def test_softmax(submission, draw, observe):
    """counts_sum_inv, counts_sum and counts: what was broadcast is summed, what was used twice is added"""
    these(submission, draw, observe, "counts_sum_inv", "counts_sum", "counts")


def test_logits(submission, draw, observe):
    """norm_logits, logit_maxes and logits"""
    these(submission, draw, observe, "norm_logits", "logit_maxes", "logits")


def test_last_layer(submission, draw, observe):
    """h, W2 and b2: shapes decide what is transposed"""
    these(submission, draw, observe, "h", "W2", "b2")


def test_tanh(submission, draw, observe):
    """hpreact"""
    these(submission, draw, observe, "hpreact")


def test_gain(submission, draw, observe):
    """bngain, bnbias and bnraw"""
    these(submission, draw, observe, "bngain", "bnbias", "bnraw")


def test_variance(submission, draw, observe):
    """bnvar_inv, bnvar and bndiff2"""
    these(submission, draw, observe, "bnvar_inv", "bnvar", "bndiff2")


def test_mean(submission, draw, observe):
    """bndiff, bnmeani and hprebn: two paths each time"""
    these(submission, draw, observe, "bndiff", "bnmeani", "hprebn")


def test_first_layer(submission, draw, observe):
    """embcat, W1 and b1"""
    these(submission, draw, observe, "embcat", "W1", "b1")


def test_table(submission, draw, observe):
    """emb and C: a letter that occurs several times gets the sum"""
    these(submission, draw, observe, "emb", "C")


def test_whole(submission, draw, observe):
    """The dict has these 26 names and no others; the cache is as it was"""
    cache = forward(draw)
    before = {name: (t.clone(), t._version) for name, t in cache.items()}
    found = submission.backward(cache)
    observe("the names", sorted(found))
    touched = [k for k, (t, at) in before.items() if not torch.equal(cache[k], t) or cache[k]._version != at]
    says = "A tensor of the cache has been written to, or the cache itself was changed."
    same = not touched and list(cache) == list(before)
    observe("the cache is as it was", same, holds("is_true", says))
