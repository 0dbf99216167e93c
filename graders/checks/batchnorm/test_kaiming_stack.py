"""Checks for kaiming-stack: spreads, biases, what is written in place, fresh draws, and stacks of twenty layers."""

import math

import torch
from torch import nn

from graders.kit import holds, law, noted

GAINS = {"linear": 1.0, "relu": math.sqrt(2), "tanh": 5 / 3}
ACTS = {"linear": nn.Identity(), "relu": nn.ReLU(), "tanh": nn.Tanh()}


def layers(draw, *shapes, bias=True):
    """Linear layers (in, out) that have been filled with other numbers before."""
    return [draw.fill(nn.Linear(i, o, bias=bias), 0.5) for i, o in shapes]


def test_spread(submission, draw, observe):
    """Weights have mean 0 and spread gain / √fan_in, in wide and in tall layers"""
    for nonlinearity in ("linear", "relu", "tanh"):
        shapes = ((480, 120), (draw.integer(120, 180), draw.integer(300, 400)), (200, 200))
        stack = layers(draw, *shapes)
        submission.init_stack_(stack, nonlinearity)
        for layer in stack:
            o, i = layer.weight.shape
            name = f"weight [{o}, {i}] for {nonlinearity}"
            observe(name, layer.weight.detach(), law(mean=0.0, std=GAINS[nonlinearity] / math.sqrt(i)))
        if nonlinearity != "tanh":
            steps = 2 * math.log2(stack[0].weight.std().item() * math.sqrt(480) + 1e-30)
            observe(f"the spread for {nonlinearity}, coarsely", round(steps), noted())


def test_bias(submission, draw, observe):
    """Biases are zero; a layer may have none"""
    a, b, c = draw.sizes(3)
    stack = layers(draw, (a, b)) + layers(draw, (b, c), bias=False) + layers(draw, (c, a))
    submission.init_stack_(stack, "tanh")
    observe("biases", [layer.bias if layer.bias is None else layer.bias.detach() for layer in stack])


def test_in_place(submission, draw, observe):
    """The parameters are the same objects, and still ask for gradients"""
    a, b, c = draw.sizes(3)
    stack = layers(draw, (a, b), (b, c))
    before = [(layer.weight, layer.bias) for layer in stack]
    submission.init_stack_(stack, "relu")
    same = all(
        layer.weight is weight and layer.bias is bias for layer, (weight, bias) in zip(stack, before, strict=True)
    )
    observe("the parameters", same, holds("is_true", "A layer holds another Parameter than before."))
    trains = all(p.requires_grad and p.is_leaf for layer in stack for p in layer.parameters())
    observe("they train", trains, holds("is_true", "A parameter no longer asks for gradients."))


def test_fresh(submission, draw, observe):
    """Each layer, and each call, has a draw of its own"""
    a, b = draw.sizes(2, low=5)
    stack = layers(draw, (a, b), (a, b))
    submission.init_stack_(stack, "relu")
    one, two = (layer.weight.detach().clone() for layer in stack)
    says = "Two layers of the same shape have the same weights."
    observe("two layers", not torch.equal(one, two), holds("is_true", says))
    submission.init_stack_(stack, "relu")
    says = "A second call has drawn the same weights again."
    observe("two calls", not torch.equal(one, stack[0].weight), holds("is_true", says))


def test_depth(submission, draw, observe):
    """After twenty layers the signal has kept its size"""
    bands = {"linear": (0.6, 1.6), "relu": (0.5, 2.0), "tanh": (0.5, 0.8)}
    for nonlinearity, (low, high) in bands.items():
        logs = []
        stack = [nn.Linear(256, 256) for _ in range(20)]
        for _ in range(8):
            submission.init_stack_(stack, nonlinearity)
            x = draw.normal(32, 256)
            with torch.no_grad():
                for layer in stack:
                    x = ACTS[nonlinearity](layer(x))
            logs.append(math.log(x.square().mean().sqrt().item() + 1e-30))
        size = math.exp(sum(logs) / len(logs))
        says = (
            f"Behind 20 layers with {nonlinearity} the root mean square, over 8 stacks, is not within {low} … {high}."
        )
        observe(f"20 layers, {nonlinearity}", low <= size <= high, holds("is_true", says))
