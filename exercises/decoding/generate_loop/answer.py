"""The reference: show the model the window, look at the last position, filter, draw, append."""

import torch


def keep_k(logits: torch.Tensor, k: int) -> torch.Tensor:
    least = logits.topk(min(k, logits.shape[1])).values[:, -1:]
    return logits.masked_fill(logits < least, -torch.inf)


def keep_p(logits: torch.Tensor, p: float) -> torch.Tensor:
    shares, order = logits.softmax(1).sort()
    late = shares.cumsum(1) <= 1 - p
    late[:, -1] = False
    return logits.masked_fill(late.scatter(1, order, late), -torch.inf)


def pick(
    logits: torch.Tensor,
    temperature: float,
    top_k: int | None,
    top_p: float | None,
    generator: torch.Generator | None,
) -> torch.Tensor:
    # (B, V) to (B, 1)
    if temperature == 0:
        return logits.argmax(1, keepdim=True)
    logits = logits / temperature
    if top_k is not None:
        logits = keep_k(logits, top_k)
    if top_p is not None:
        logits = keep_p(logits, top_p)
    return torch.multinomial(logits.softmax(1), 1, generator=generator)


@torch.no_grad()
def generate(
    model: torch.nn.Module,
    idx: torch.Tensor,
    max_new: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_id: int | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    was_training = model.training
    model.eval()
    done = torch.zeros(len(idx), 1, dtype=torch.bool, device=idx.device)
    for _ in range(max_new):
        logits, _ = model(idx[:, -model.config.block_size :])  # (B, T, V)
        token = pick(logits[:, -1], temperature, top_k, top_p, generator)
        if eos_id is not None:
            token = token.masked_fill(done, eos_id)
            done = token == eos_id
        idx = torch.cat([idx, token], dim=1)
        if done.all():
            break
    model.train(was_training)
    return idx
