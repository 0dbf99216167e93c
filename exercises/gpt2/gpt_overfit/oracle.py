"""The oracle: the optimizer over groups, one parameter each; the loss as a sum over positions."""

import torch


def overfit(model, x, y, steps, lr):
    opt = torch.optim.AdamW([{"params": [p]} for p in model.parameters()], lr=lr, weight_decay=0.0)
    places = [(b, t) for b in range(len(y)) for t in range(y.shape[1]) if int(y[b, t]) != -100]

    def one():
        out = model(x)
        logits = out if isinstance(out, torch.Tensor) else out[0]
        shifted = logits - logits.logsumexp(-1, keepdim=True)
        b, t = (torch.tensor(each) for each in zip(*places))
        loss = -shifted[b, t, y[b, t]].sum() / len(places)
        model.zero_grad()
        loss.backward()
        return loss

    return [opt.step(one).item() for _ in range(steps)]
