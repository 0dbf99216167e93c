"""What moves the weights: parameter groups, AdamW or Muon, and the learning rate's course."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from gpt2 import distributed
from gpt2.config import Training


def groups(named: Iterable[tuple[str, nn.Parameter]], weight_decay: float) -> list[dict[str, object]]:
    """Split parameters into those that decay (matrices, embeddings) and those that do not.

    A bias or a norm's gain has nothing to gain from being small; so only 2-D tensors decay.
    """
    named = [(name, p) for name, p in named if p.requires_grad]
    decayed = [p for _, p in named if p.dim() >= 2]
    free = [p for _, p in named if p.dim() < 2]
    made = [{"params": decayed, "weight_decay": weight_decay}, {"params": free, "weight_decay": 0.0}]
    return [group for group in made if group["params"]]


def optimizers(
    model: nn.Module, options: Training, configure: Callable[..., torch.optim.Optimizer] | None = None
) -> list[torch.optim.Optimizer]:
    """Return the optimizers of a run: AdamW, or Muon for the blocks' matrices and AdamW for the rest.

    Muon came down to the loss that AdamW ended with in a quarter of the tokens (4.2 and 3.9 times as few, two seeds):
    `bench/muon.py --lrs 1e-3 2e-3 4e-3 --steps 200`, docs, 3 layers of 128 channels, 819,200 tokens, float32, November
    2026. AdamW's best rate was 2e-3 (1e-3 tried with the first seed alone); of Muon the greatest tried won. So short a
    run may flatter it: published are 1.70 against 2.95 billion tokens to one loss (modded-nanogpt, track 3).

    Where the learner's `configure` says which weights decay, its groups are taken over into our fused AdamW.
    Raises ValueError where this torch has no Muon (it came with 2.9).
    """
    named = list(model.named_parameters())
    made: list[torch.optim.Optimizer] = []
    if options.optimizer == "muon":
        if not hasattr(torch.optim, "Muon"):
            raise ValueError("optimizer=muon needs torch 2.9 or newer; optimizer=adamw works")
        hidden = [p for name, p in named if ".h." in name and p.dim() == 2]
        # Scaled to AdamW's usual size of step, so that one learning rate serves both (Liu et al., 2025).
        decay = options.weight_decay
        made.append(torch.optim.Muon(hidden, lr=options.lr, weight_decay=decay, adjust_lr_fn="match_rms_adamw"))
        taken = {id(p) for p in hidden}
        named = [(name, p) for name, p in named if id(p) not in taken]
    split = groups(named, options.weight_decay)
    if configure is not None:
        theirs = configure(model, options.weight_decay, options.lr, (options.beta1, options.beta2), "cpu")
        split = [{"params": g["params"], "weight_decay": g["weight_decay"]} for g in theirs.param_groups]
    adamw = torch.optim.AdamW(
        split,
        lr=options.lr,
        betas=(options.beta1, options.beta2),
        eps=1e-8,
        fused=True,  # one pass over memory instead of ten: three times as fast on a CPU, too
    )
    return [*made, adamw]


def clip_(parameters: Iterable[nn.Parameter], longest: float) -> Tensor:
    """Shorten the gradients, taken as one vector, to the longest that is allowed; return how long they were: ().

    As torch.nn.utils.clip_grad_norm_. But on a CPU the length comes from dot products, which take half the time of
    torch's norm and sum a long float32 vector to more digits (drawn at the size of GPT-2: 1e-5 off against 1e-3).
    """
    parameters = list(parameters)
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads or not all(_plain(g) for g in grads):
        return torch.nn.utils.clip_grad_norm_(parameters, longest)
    length = torch.stack([torch.dot(g.flatten(), g.flatten()) for g in grads]).sum().sqrt()
    if (share := float(longest / (length + 1e-6))) < 1:
        torch._foreach_mul_(grads, share)
    return length


def _plain(g: Tensor) -> bool:
    return type(g) is Tensor and g.device.type == "cpu" and g.dtype == torch.float32 and g.is_contiguous()


def rate(step: int, options: Training) -> float:
    """Return the learning rate of step 1, 2, …: a straight rise, then a half cosine down towards its floor."""
    done_before = step - 1
    if done_before < options.warmup_steps:
        return options.lr * step / options.warmup_steps
    floor = options.lr * options.min_lr
    if done_before >= options.max_steps:
        return floor
    done = (done_before - options.warmup_steps) / (options.max_steps - options.warmup_steps)
    return floor + (options.lr - floor) * 0.5 * (1 + math.cos(math.pi * done))


def set_rate(made: list[torch.optim.Optimizer], lr: float) -> None:
    """Give every group the learning rate of this step."""
    for optimizer in made:
        for group in optimizer.param_groups:
            group["lr"] = lr


def state(model: nn.Module, made: list[torch.optim.Optimizer]) -> dict[str, Tensor]:
    """Return the optimizers' memory as tensors named by parameter, such as "transformer.wpe.weight/exp_avg"."""
    names = {id(p): name for name, p in model.named_parameters()}
    return {
        f"{names[id(p)]}/{key}": distributed.whole(value.detach())
        for optimizer in made
        for p, values in optimizer.state.items()
        for key, value in values.items()
        if isinstance(value, Tensor)
    }


def restore(model: nn.Module, made: list[torch.optim.Optimizer], tensors: dict[str, Tensor]) -> None:
    """Put back what `state` gave. Raises ValueError where it belongs to another optimizer or model."""
    parameters = dict(model.named_parameters())
    own = {id(p): optimizer for optimizer in made for group in optimizer.param_groups for p in group["params"]}
    for label, tensor in tensors.items():
        name, _, key = label.rpartition("/")
        if name not in parameters:
            raise ValueError(f"the checkpoint's optimizer knows a parameter that is not here: {name}")
        p = parameters[name]
        fits = tensor.shape in (p.shape, torch.Size([]))
        if not fits or (key == "momentum_buffer") != (type(own[id(p)]).__name__ == "Muon"):
            raise ValueError(f"the checkpoint's {label} belongs to another optimizer or size")
        if tensor.shape == p.shape:
            kept = torch.empty_like(p, requires_grad=False)
            distributed.put(kept, tensor)
        else:
            kept = tensor.to(p.device, copy=True)
        own[id(p)].state[p][key] = kept
