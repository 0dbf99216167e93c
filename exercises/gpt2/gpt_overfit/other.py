"""A second honest way: Adam, gradients from autograd.grad, the loss from log-probabilities."""

import torch


def overfit(model, x, y, steps, lr):
    params = [p for p in model.parameters() if p.requires_grad]
    opt = torch.optim.Adam(params, lr=lr)
    told = y != -100
    losses = torch.zeros(steps, dtype=torch.float64)
    for step in range(steps):
        logits = model(x)
        if not torch.is_tensor(logits):
            logits = logits[0]
        loss = -logits.log_softmax(-1)[told].gather(1, y[told][:, None]).mean()
        losses[step] = loss.detach()
        for p, g in zip(params, torch.autograd.grad(loss, params)):
            p.grad = g
        opt.step()
    return losses.tolist()
