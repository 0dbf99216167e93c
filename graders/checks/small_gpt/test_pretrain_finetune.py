"""Checks for pretrain-finetune: the result, the steps and rates, repeatability, the validation part, what it brings."""

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from graders.kit import at_most, holds, noted

V = 16
CFG = {"V": V, "T": 16, "bs": 16, "lr": 1e-1, "ft_lr": 3e-3}


def texts(draw, big=8000, small=500):
    """Two texts of one kind: four times in five the two tokens before decide the next."""
    habits = [draw.random.sample(range(V), V) for _ in range(V)]

    def text(n):
        ids = [0, 1]
        for _ in range(n - 2):
            usual = habits[ids[-2]][ids[-1]]
            ids.append(usual if draw.random.random() < 0.8 else draw.random.randrange(V))
        return torch.tensor(ids)

    return text(big), text(small)


class Steps:
    """Notes the rate of every optimizer step, in order."""

    def __enter__(self):
        self.rates = []
        self.hook = register_optimizer_step_pre_hook(
            lambda opt, args, kwargs: self.rates.append(opt.param_groups[0]["lr"])
        )
        return self.rates

    def __exit__(self, *error):
        self.hook.remove()


def test_result(submission, draw, observe):
    """It returns two floats, "scratch" and "finetuned", and leaves the texts alone"""
    big, small = texts(draw, 400, 90)
    before = big.clone(), small.clone()
    result = submission.run(big, small, {**CFG, "seed": draw.integer(0, 99)}, 3)
    observe("keys and types", sorted((key, type(value).__name__) for key, value in result.items()))
    same = torch.equal(big, before[0]) and torch.equal(small, before[1])
    observe("the texts as they were", same, holds("is_true", "One of the two texts was written to."))


def test_steps(submission, draw, observe):
    """3 · steps optimizer steps in all: steps of them at exactly ft_lr, the others at lr"""
    for steps, lr, ft_lr in ((4, 2e-3, 5e-4), (7, 1e-3, 1e-5)):
        big, small = texts(draw, 400, 90)
        with Steps() as rates:
            submission.run(big, small, {**CFG, "seed": 1, "lr": lr, "ft_lr": ft_lr}, steps)
        observe(f"optimizer steps with steps={steps}", len(rates))
        observe(f"of these at rate {lr}", rates.count(lr))
        observe(f"of these at rate {ft_lr}", rates.count(ft_lr))


def test_seed(submission, draw, observe):
    """The same seed gives the same result, another seed another"""
    big, small = texts(draw, 400, 90)
    one, two, other = (submission.run(big, small, {**CFG, "seed": s}, 5) for s in (3, 3, 4))
    observe("the same seed, the same result", one == two, holds("is_true", "The same seed gave two results."))
    observe("another seed, another result", one != other, holds("is_true", "Another seed gave the same result."))


def test_clearing(submission, draw, observe):
    """Each step uses the gradient of its own batch alone"""
    norms = []
    hook = register_optimizer_step_pre_hook(lambda opt, args, kwargs: norms.append(norm_of(opt)))
    try:
        same = torch.full((200,), draw.integer(1, V - 1))  # every window is the same
        submission.run(same, same.clone(), {**CFG, "seed": draw.integer(0, 99), "lr": 0.0, "ft_lr": 0.0}, 4)
    finally:
        hook.remove()
    smallest, largest = min(norms), max(norms)
    says = "On a text of one token, at a rate of 0, the gradients of a training's four steps are not the same."
    observe("gradients stay as large as they are", largest < 2 * smallest, holds("is_true", says))


def norm_of(opt):
    """The joint norm of all gradients of an optimizer."""
    grads = [p.grad for group in opt.param_groups for p in group["params"] if p.grad is not None]
    return sum(float(g.square().sum()) for g in grads) ** 0.5


def test_validation(submission, draw, observe):
    """Nobody trains on the last tenth: where it contradicts the rest, both losses are high"""
    a, b, c, d = draw.random.sample(range(V), 4)
    usual = torch.tensor([a, b, c, d])
    small = torch.cat([usual.repeat(90), torch.tensor([a, b, d, c]).repeat(10)])
    cfg = {**CFG, "seed": draw.integer(0, 99), "ft_lr": 5e-2}
    result = submission.run(usual.repeat(300), small, cfg, 120)
    for name in ("scratch", "finetuned"):
        says = f"{name}: the validation part contradicts everything that may be trained on, and yet the model knows it."
        observe(f"{name} is above 1.2", result[name] > 1.2, holds("is_true", says))
        observe(f"{name} is near 0", result[name] < 0.3, noted())


def test_all_of_it(submission, draw, observe):
    """All of the small text in front of the last tenth is trained on"""
    a, b, c, d, e, f = draw.random.sample(range(V), 6)
    usual = torch.tensor([a, b, c, d])
    end = torch.tensor([e, f])  # only in the last 20 tokens of what is trained on, and in the validation part
    small = torch.cat([usual.repeat(85), end.repeat(30)])
    result = submission.run(usual.repeat(300), small, {**CFG, "seed": draw.integer(0, 99), "ft_lr": 5e-2}, 80)
    for name in ("scratch", "finetuned"):
        says = f"{name}: what stands last in front of the validation part is not known."
        observe(f"{name} knows the end", result[name] < 1.5, holds("is_true", says))


def test_transfer(submission, draw, observe):
    """Finetuned is clearly lower than scratch, and than fresh weights trained on the small text at ft_lr"""
    both = [texts(draw), texts(draw)]
    seed = draw.integer(0, 99)
    results = [submission.run(*pair, {**CFG, "seed": seed}, 150) for pair in both]
    tuned, scratch = (sum(r[name] for r in results) for name in ("finetuned", "scratch"))
    says = "Over two texts, the finetuned models are not clearly better than those from scratch."
    observe("finetuned / scratch, over two texts", tuned / scratch, at_most(bound=0.9, says=says))
    slow = submission.run(*both[0], {**CFG, "lr": CFG["ft_lr"], "seed": seed}, 150)["scratch"]
    says = "Fresh weights trained on the small text at ft_lr do as well: nothing came over from the big text."
    observe("finetuned / fresh weights at ft_lr", results[0]["finetuned"] / slow, at_most(bound=0.85, says=says))
    worse = results[0]["finetuned"] > 1.25 * slow
    observe("finetuned is clearly worse than fresh weights at ft_lr", worse, noted())
