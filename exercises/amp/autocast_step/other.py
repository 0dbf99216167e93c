"""A second honest way: the forward decorated, logits widened by hand, clipping by a factor, clearing at the end."""

import torch


def amp_step(model, x, y, opt, device, dtype, max_norm) -> float:
    kind = str(device).split(":")[0]

    @torch.amp.autocast(kind, dtype=dtype)
    def forward():
        return model(x)

    logits = forward().float()
    loss = torch.nn.CrossEntropyLoss()(logits, y)
    torch.autograd.backward(loss)
    grads = [p.grad for p in model.parameters() if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.cat([g.flatten() for g in grads]))
    for g in grads:
        g.mul_((max_norm / norm).clamp(max=1))
    opt.step()
    for p in model.parameters():
        p.grad = None
    return float(loss)
