"""A second honest way: a group for each parameter, every option written into it."""

import torch


def configure_optimizers(model, weight_decay, lr, betas, device_type):
    groups = []
    for _, p in model.named_parameters():
        if not p.requires_grad:
            continue
        decay = weight_decay if p.ndim > 1 else 0.0
        groups.append({"params": [p], "weight_decay": decay, "lr": lr, "betas": betas})
    extra = {"fused": True} if device_type == "cuda" else {}
    return torch.optim.AdamW(groups, **extra)
