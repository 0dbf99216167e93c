"""The oracle: module by module, by identity, vectors first."""

import torch


def configure_optimizers(model, weight_decay, lr, betas, device_type):
    known = {}
    for module in model.modules():
        for p in module._parameters.values():
            if p is not None and p.requires_grad:
                known[id(p)] = p
    rows = [p for p in known.values() if len(p.shape) in (0, 1)]
    rest = [p for p in known.values() if len(p.shape) not in (0, 1)]
    opt = torch.optim.AdamW([{"params": rows, "weight_decay": 0.0}], lr=lr, betas=betas, weight_decay=weight_decay,
                            fused=True if device_type == "cuda" else None)  # fmt: skip
    opt.add_param_group({"params": rest})
    return opt
