"""Checks for bigram-net: the table, the loss of the counts, the pull to zero, no product, nothing large."""

import torch

from graders.kit import at_most, equal, holds, noted

NEAR = equal(rtol=0, atol=3e-3, because="gradient descent comes near the optimum, and how near depends on the start")


def pairs(draw, v, n, even=True):
    """n pairs from a drawn table of probabilities; each symbol comes first equally often, or some more than others."""
    P = draw.normal(v, v, scale=1.3).softmax(1)
    x = torch.arange(n) % v if even else torch.multinomial(torch.linspace(1, 4, v), n, True, generator=draw.generator)
    x = x[torch.randperm(n, generator=draw.generator)]
    return x, torch.multinomial(P[x], 1, generator=draw.generator).squeeze(1)


def excess(W, x, y):
    """By how much the mean cross entropy under W is above the lowest one that any table has on these pairs, in nats."""
    v = len(W)
    counts = torch.bincount(x * v + y, minlength=v * v).view(v, v).double()
    best = torch.special.entr(counts / counts.sum(1, keepdim=True)).sum(1) @ counts.sum(1) / len(x)
    return (torch.nn.functional.cross_entropy(W.detach().double()[x], y) - best).item()


def looks(W, x, y):
    """How softmax(W) looks beside the shares in the pairs: flatter or surer, and sure of the right symbol or not."""
    v = len(W)
    counts = torch.bincount(x * v + y, minlength=v * v).view(v, v)
    mine, theirs = W.detach().softmax(1).max(1), (counts / counts.sum(1, keepdim=True)).max(1)
    off = (mine.values - theirs.values).mean().item()
    right = (mine.indices == theirs.indices).sum().item() >= v - 2
    return f"{'flatter' if off < -0.1 else 'surer' if off > 0.1 else 'alike'}, {'right' if right else 'wrong'}"


def test_table(submission, draw, observe):
    """W is [V, V] float32; row i speaks about what follows symbol i"""
    follows = draw.random.sample(range(5), 5)
    while any(follows[follows[i]] == i for i in range(5)):
        draw.random.shuffle(follows)
    x = torch.arange(5).repeat(3)
    W = submission.train_net(x, torch.tensor(follows)[x], 5, 80, 10.0)
    observe("shape and dtype of W", [list(W.shape), str(W.dtype)])
    observe(f"the largest in each row of W, after 0, 1, 2, 3, 4 always came {follows}", W.detach().argmax(1))


def test_counts(submission, draw, observe):
    """Without l2 the loss comes within 0.03 nats of the normalized counts', the lowest there is"""
    for steps, n in ((200, 3000), (200, 1400)):
        x, y = pairs(draw, 7, n)
        W = submission.train_net(x, y, 7, steps, 20.0)
        says = f"After {steps} steps with lr 20 the loss is still more than 0.03 nats above that of the counts."
        observe("rows of softmax(W) beside the counts'", looks(W, x, y), noted())
        observe("nats above the counts' loss", excess(W, x, y), at_most(bound=0.03, says=says))
    same = x.clone(), y.clone()
    submission.train_net(x, y, 7, 1, 1.0)
    still = torch.equal(x, same[0]) and torch.equal(y, same[1])
    observe("x and y stay as they were", still, holds("is_true", "x or y has been written to."))


def test_pull(submission, draw, observe):
    """With l2 the probabilities come to the optimum of the whole loss"""
    for n, steps, l2 in ((49, 400, 0.15), (400, 80, 0.5)):
        x, y = pairs(draw, 7, n, even=False)
        W = submission.train_net(x, y, 7, steps, 4.0, l2)
        observe(f"softmax(W) for {n} pairs, l2 = {l2}", W.detach().softmax(1), NEAR)
    x, y = pairs(draw, 5, 100)
    W = submission.train_net(x, y, V=5, steps=150, lr=4.0, l2=1.0)
    observe("softmax(W), arguments by name", W.detach().softmax(1), NEAR)


def test_no_product(submission, draw, observe):
    """No matrix product, forwards or backwards, and no one-hot vectors"""
    x, y = pairs(draw, 7, 210)
    with observe.operations() as ops:
        submission.train_net(x, y, 7, 3, 1.0, 0.1)
    products = ops.count("mm", "bmm", "addmm", "baddbmm", "addbmm", "mv", "addmv", "dot", "linear", "einsum")
    observe("matrix products", products == 0, holds("is_true", "A matrix product was made."))
    hot = any(name == "one_hot" for name, _ in ops.calls)
    observe("no one-hot vectors", not hot, holds("is_true", "one_hot was called."))


def test_small(submission, draw, observe):
    """Nothing larger than [N, V] is made on the way"""
    x, y = pairs(draw, v := draw.integer(9, 15), n := 300)
    with observe.operations() as ops:
        submission.train_net(x, y, v, 2, 1.0, 0.1)
    says = f"A tensor of more than N·V numbers was made (N = {n})."
    observe("numbers in the largest tensor, in N·V", ops.largest() / (n * v), at_most(bound=1.0, says=says))
