"""Checks for two-layer-mlp: names and count, leading dimensions, who takes part, where it bends, and XOR."""

import torch

from graders.kit import holds


def build(submission, draw, *widths):
    return draw.fill(submission.MLP(*widths), scale=0.5)


def test_names(submission, draw, observe):
    """The parameters are those of fc1 and fc2, with their shapes"""
    for widths in (draw.sizes(3), (10, 20, 5)):
        model = submission.MLP(*widths)
        shapes = {name: list(p.shape) for name, p in model.named_parameters()}
        observe(f"parameters of MLP{tuple(widths)}", shapes)
        observe("keys of its state_dict", sorted(model.state_dict()))
        observe("how many numbers that is", sum(p.numel() for p in model.parameters()))


def test_both_layers(submission, draw, observe):
    """Both layers take part, also where all widths are equal"""
    b, d = draw.sizes(2, low=3)
    model = build(submission, draw, d, d, d)
    model(draw.normal(8 * b, d)).sum().backward()
    for name, p in sorted(model.named_parameters()):
        observe(f"{name} gets a gradient", p.grad is not None and bool(p.grad.abs().sum() > 0))


def test_leading_dims(submission, draw, observe):
    """Any leading dimensions, or none, go through, and each vector goes its own way"""
    a, b, d_in, d_hid, d_out = draw.sizes(5)
    model = build(submission, draw, d_in, d_hid, d_out)
    for shape in ((b, d_in), (d_in,), (a, 1, b, d_in)):
        observe(f"shape of forward(x {list(shape)})", list(model(draw.normal(*shape)).shape))
    x = draw.normal(a, b, d_in)
    alone = torch.stack([torch.stack([model(v) for v in row]) for row in x])
    own = torch.allclose(model(x), alone, rtol=1e-3, atol=1e-4)
    observe("vectors alone and in a batch", own, holds("is_true", "A vector's result changes in a batch."))


def test_not_linear(submission, draw, observe):
    """The map between the layers is not linear"""
    d_in, d_hid, d_out = draw.sizes(3, low=3)
    model = build(submission, draw, d_in, 4 * d_hid, d_out)
    a, b = draw.normal(50, d_in, scale=2), draw.normal(50, d_in, scale=2)
    bend = model(a + b) + model(a * 0) - model(a) - model(b)
    bent = bend.abs().max().item() > 1e-2
    observe("f(a + b) + f(0) differs from f(a) + f(b)", bent, holds("is_true", "The whole network is one linear map."))


def test_last_layer(submission, draw, observe):
    """The last layer's outputs come out as they are"""
    d_in, d_hid, d_out = draw.sizes(3, low=3)
    model = build(submission, draw, d_in, d_hid, d_out)
    with torch.no_grad():  # the second output is the first with its sign turned
        model.fc2.weight[1], model.fc2.bias[1] = -model.fc2.weight[0], -model.fc2.bias[0]
    x = draw.normal(200, d_in, scale=2)
    before = model(x).detach()
    model.load_state_dict({k: v * (3 if k.startswith("fc2") else 1) for k, v in model.state_dict().items()})
    straight = torch.allclose(model(x), 3 * before, rtol=1e-3, atol=1e-4)
    says = "With fc2's weight and bias times 3, the output is not 3 times what it was: something bends it after fc2."
    observe("three times fc2, three times the output", straight, holds("is_true", says))
    signs = bool((before > 0).any() and (before < 0).any())
    observe("outputs of both signs", signs, holds("is_true", "All 200 outputs have the same sign."))
    observe("outputs between 0 and 1 alone", bool(((before > 0) & (before < 1)).all()))


def test_xor(submission, draw, observe):
    """300 steps of Adam teach it XOR, in one of three tries"""
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    best = 0
    for _ in range(3):
        torch.manual_seed(draw.integer(0, 10**6))
        model = submission.MLP(2, 16, 1)
        opt = torch.optim.Adam(model.parameters(), lr=0.05)
        for _ in range(300):
            opt.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(model(x), y).backward()
            opt.step()
        best = max(best, int(((model(x) > 0) == (y > 0.5)).sum()))
        if best == 4:
            break
    observe("of 4 right, in the best of three tries", best)
