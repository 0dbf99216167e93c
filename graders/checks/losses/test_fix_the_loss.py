"""Checks for fix-the-loss: without pads, slices, pads, rows of unequal length, large logits, gradients."""

import torch


def language_model(draw, v, dtype=torch.float32):
    """From each token and its place to V logits: places differ, so none can stand for another."""
    d = draw.integer(3, 6)

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.place = torch.nn.Embedding(v, d), torch.nn.Embedding(16, d)
            self.out = torch.nn.Linear(d, v)

        def forward(self, x):
            return self.out(self.table(x) + self.place.weight[: x.shape[1]])

    return draw.fill(Model().to(dtype), scale=1.0)


def tokens(draw, b, t, v, pad):
    """A batch without a single pad."""
    others = torch.tensor([k for k in range(v) if k != pad])
    return others[draw.integers(0, v - 1, b, t)], others[draw.integers(0, v - 1, b, t)]


def padded(draw, b, t, v, pad):
    """A batch whose rows end in pads, one also with a pad inside; the first row is whole, the last has no target."""
    x, y = tokens(draw, b, t, v, pad)
    x[draw.integers(0, 3, b, t) == 0] = pad
    for row in range(1, b - 1):
        y[row, draw.integer(1, t - 2) :] = pad
    y[0, draw.integer(1, t - 2)] = pad
    y[b - 1] = pad
    x[0, 0] = pad
    return x, y


def test_no_pads(submission, draw, observe):
    """Without pads it is the mean over all B·T places"""
    for b, t, v in (draw.sizes(3, low=3), (1, 4, 6), (4, 1, 5), (3, 5, 3)):
        name = f"lm_loss(model, x [{b}, {t}], y, pad_id=0), V = {v}"
        observe.call(name, submission.lm_loss, language_model(draw, v), *tokens(draw, b, t, v, 0), 0)


def test_slices(submission, draw, observe):
    """x and y may be slices of one tensor of tokens"""
    b, t, v = draw.sizes(3, low=4)
    _, text = tokens(draw, b, t + 1, v, 0)
    observe.call("lm_loss(model, tokens[:, :-1], tokens[:, 1:], pad_id=0)", submission.lm_loss,
                 language_model(draw, v), text[:, :-1], text[:, 1:], 0)  # fmt: skip


def test_pads(submission, draw, observe):
    """A target equal to pad_id counts neither in the sum nor in the number, whatever the row and the input are"""
    for _ in range(3):
        t, v = draw.sizes(2, low=4)
        b, pad = draw.integer(4, 6), draw.integer(1, v - 1)
        name = f"lm_loss(model, x [{b}, {t}], y with pads, pad_id={pad}), V = {v}"
        observe.call(name, submission.lm_loss, language_model(draw, v), *padded(draw, b, t, v, pad), pad)


def test_sure(submission, draw, observe):
    """A model that is surely right has a loss near 0, one that is surely wrong a large one"""
    for what, sign in (("right", 1), ("wrong", -1)):
        b, t, v = draw.sizes(3, low=4)
        model = language_model(draw, v)
        with torch.no_grad():
            model.out.weight.mul_(300)
            x, _ = tokens(draw, b, t, v, 1)
            y = (sign * model(x)).argmax(dim=-1)
        y[y == 1] = 0
        y[1:, -2:] = 1
        observe.call(f"lm_loss(model that is mostly {what}, x, y, pad_id=1)", submission.lm_loss, model, x, y, 1)


def test_gradients(submission, draw, observe):
    """Every parameter of the model gets its gradient"""
    t, v = draw.sizes(2, low=4)
    model, (x, y) = language_model(draw, v, torch.float64), padded(draw, 4, t, v, 2)
    loss = submission.lm_loss(model, x, y, 2)
    observe("lm_loss(model float64, x, y, pad_id=2)", loss.detach())
    if loss.requires_grad:
        loss.backward()
    for name, p in model.named_parameters():
        observe(f"gradient of {name}", p.grad)
