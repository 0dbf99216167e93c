"""Checks for weight-tying: the tie at birth, its gradient, after to and copy, apply, to_empty, loading, assigning."""

import copy
from types import SimpleNamespace

import torch
from torch import nn

from graders.kit import holds, noted

BROKEN = "wte and lm_head are two Parameters now."


def config(draw):
    n_head, head, n_layer = draw.sizes(3, high=4)
    return SimpleNamespace(
        n_embd=n_head * head, n_head=n_head, n_layer=n_layer, block_size=7, vocab_size=19, dropout=0.0
    )


def named(model):
    """The model's parameters by name, the matrix under wte's alone: which of its two names comes first is free."""
    found = dict(model.named_parameters(remove_duplicate=False))
    head = found.pop("lm_head.weight", None)
    apart = {"untied head": head} if head is not None and head is not model.transformer.wte.weight else {}
    return sorted(found.items()) + list(apart.items())


def fill(draw, model, scale=0.4):
    """Fresh values by name: nothing zero, no two alike."""
    with torch.no_grad():
        for _, p in named(model):
            p.copy_(draw.normal(*p.shape, scale=scale, mean=0.1, dtype=p.dtype))
    return model


def build(submission, draw):
    return fill(draw, submission.GPT(config(draw)))


def tied(observe, model, after):
    """Observe that both names still mean one Parameter."""
    same = model.transformer.wte.weight is model.lm_head.weight
    observe(f"one Parameter under both names after {after}", same, holds("is_true", BROKEN))
    count = sum(p is model.transformer.wte.weight for p in model.parameters())
    observe(f"how often parameters() yields it after {after}", count)
    observe(f"parameters after {after}", len(list(model.parameters())))


def fresh_parameters(module):
    """For apply: a new Parameter in the place of each that the module owns."""
    for name, p in list(module.named_parameters(recurse=False)):
        setattr(module, name, nn.Parameter(torch.full_like(p, 0.25)))


def other_state(draw, model):
    """A state of the right shapes whose two matrices differ."""
    return {key: draw.normal(*value.shape, scale=0.3) for key, value in sorted(model.state_dict().items())}


def works(observe, draw, model, after):
    """Observe logits, and the gradient of the matrix."""
    v = model.config.vocab_size
    idx, targets = draw.integers(0, v, 2, 5), draw.integers(0, v, 2, 5)
    logits, loss = model(idx, targets)
    observe(f"logits after {after}", logits.detach())
    observe(f"loss after {after}", loss.detach())
    model.zero_grad()
    loss.backward()
    observe(f"gradient of the matrix after {after}", model.transformer.wte.weight.grad)


def test_born(submission, draw, observe):
    """A new model has one Parameter under two names, both in the state_dict"""
    model = submission.GPT(config(draw))
    same_values = torch.equal(model.transformer.wte.weight, model.lm_head.weight)
    observe("equal values", same_values, noted())
    memory = model.transformer.wte.weight.data_ptr() == model.lm_head.weight.data_ptr()
    observe("shared memory", memory, noted())
    fill(draw, model)
    observe("logits", model(draw.integers(0, 19, 2, 3))[0].detach(), noted())
    tied(observe, model, "GPT(config)")
    observe("state_dict", {k: v for k, v in sorted(model.state_dict().items())})
    count = len({id(p) for group in torch.optim.SGD(model.parameters(), lr=0.1).param_groups for p in group["params"]})
    observe("parameters in an optimizer", count)


def test_forward(submission, draw, observe):
    """Logits, loss, and the gradient from both uses are right"""
    model = build(submission, draw)
    observe("logits alone", model(draw.integers(0, 19, 3, 4))[0].detach())
    observe.stays_on_device("forward(idx)", lambda m, i: m(i), model, draw.integers(0, 19, 3, 4))
    observe("no loss without targets", model(draw.integers(0, 19, 3, 7))[1])
    works(observe, draw, model, "GPT(config)")


def test_to(submission, draw, observe):
    """to(torch.float64) keeps the tie"""
    model = build(submission, draw)
    observe("to returns the model", model.to(torch.float64) is model)
    tied(observe, model, "to(torch.float64)")
    works(observe, draw, model, "to(torch.float64)")


def test_apply(submission, draw, observe):
    """apply with a function that makes new Parameters keeps the tie, asked directly or through a parent"""
    model = build(submission, draw)
    observe("apply returns the model", model.apply(fresh_parameters) is model)
    tied(observe, model, "apply")
    observe("what the function has put in place", all(bool((p == 0.25).all()) for p in model.parameters()))
    parent = nn.Sequential(build(submission, draw), nn.Linear(2, 3))
    parent.apply(fresh_parameters)
    tied(observe, parent[0], "a parent's apply")
    fill(draw, parent[0], scale=0.4)
    works(observe, draw, parent[0], "a parent's apply")


def test_to_empty(submission, draw, observe):
    """to_empty keeps the tie, from the meta device too, asked directly or through a parent"""
    with torch.device("meta"):
        first, second = submission.GPT(config(draw)), submission.GPT(config(draw))
    observe("to_empty returns the model", first.to_empty(device="cpu") is first)
    tied(observe, first, "to_empty")
    parent = nn.ModuleDict({"inner": second})
    parent.to_empty(device="cpu")
    tied(observe, second, "a parent's to_empty")
    fill(draw, second, scale=0.4)
    works(observe, draw, second, "a parent's to_empty")
    observe("keys of the state_dict after to_empty", sorted(second.state_dict()))


def test_load(submission, draw, observe):
    """load_state_dict keeps the tie; of two different matrices wte's is taken; the caller's state stays as it is"""
    for wrapped in (False, True):
        model = build(submission, draw)
        state = other_state(draw, model)
        whole = {f"0.{key}": value for key, value in state.items()} if wrapped else state
        before = {key: value.clone() for key, value in whole.items()}
        missing, unexpected = (nn.Sequential(model) if wrapped else model).load_state_dict(whole)
        after = "a parent's load_state_dict" if wrapped else "load_state_dict"
        observe(f"missing and unexpected keys of {after}", [list(missing), list(unexpected)])
        tied(observe, model, after)
        observe(f"state_dict after {after}", {k: v for k, v in sorted(model.state_dict().items())})
        same = sorted(whole) == sorted(before) and all(torch.equal(whole[k], v) for k, v in before.items())
        observe("the caller's state", same, holds("is_true", "The state that was given has been changed."))
        works(observe, draw, model, after)


def test_assign(submission, draw, observe):
    """load_state_dict(assign=True) keeps the tie, asked directly or through a parent"""
    for wrapped in (False, True):
        with torch.device("meta" if wrapped else "cpu"):
            model = submission.GPT(config(draw))
        state = {key: torch.empty(value.shape) for key, value in model.state_dict().items()}
        for key in sorted(state):
            state[key] = draw.normal(*state[key].shape, scale=0.3)
        whole = {f"0.{key}": value for key, value in state.items()} if wrapped else state
        (nn.Sequential(model) if wrapped else model).load_state_dict(whole, assign=True)
        after = f"{'a parent' * wrapped}{chr(39) + 's ' if wrapped else ''}load_state_dict(assign=True)"
        tied(observe, model, after)
        observe(f"state_dict after {after}", {k: v.detach() for k, v in sorted(model.state_dict().items())})
        works(observe, draw, model, after)


def test_copy(submission, draw, observe):
    """A deep copy is tied, shares nothing, and stays tied in all that is done to it"""
    model = build(submission, draw)
    twin = copy.deepcopy(model)
    tied(observe, twin, "deepcopy")
    apart = not {p.data_ptr() for p in model.parameters()} & {p.data_ptr() for p in twin.parameters()}
    observe("nothing is shared", apart, holds("is_true", "The copy shares a parameter with the original."))
    fill(draw, twin, scale=0.5)
    works(observe, draw, twin, "deepcopy")
    twin.load_state_dict(other_state(draw, twin), assign=True)
    tied(observe, twin, "deepcopy and load_state_dict(assign=True)")
    twin.to("meta").to_empty(device="cpu").apply(fresh_parameters)
    tied(observe, twin, "all of that, to_empty and apply")
    tied(observe, model, "work on its copy")
    works(observe, draw, model, "work on its copy")
