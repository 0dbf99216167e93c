"""A second honest way: a buffer for the whole text, places instead of masks, and a race of exponentials as the draw."""

import torch


def draw(logits, generator):
    """Token v wins the race with probability softmax(logits)[v]."""
    noise = torch.rand(logits.shape, generator=generator, device=logits.device, dtype=torch.float64)
    return (logits.double() - (-noise.clamp_min(1e-300).log()).log()).argmax(-1)


@torch.inference_mode()
def write(model, idx, max_new, temperature, top_k, top_p, eos_id, generator):
    B, T0 = idx.shape
    size = model.config.block_size
    text = torch.empty(B, T0 + max_new, dtype=torch.long, device=idx.device)
    text[:, :T0] = idx
    going = torch.ones(B, dtype=torch.bool, device=idx.device)
    for at in range(T0, T0 + max_new):
        logits = model(text[:, max(0, at - size) : at])[0][:, -1, :]
        if temperature == 0:
            new = logits.max(dim=-1).indices
        else:
            ordered, ids = (logits / temperature).sort(dim=-1, descending=True)
            if top_k:
                ordered, ids = ordered[:, :top_k], ids[:, :top_k]
            if top_p:
                shares = ordered.softmax(-1)
                ordered = ordered.masked_fill(shares.cumsum(-1) - shares >= top_p, -torch.inf)
            new = ids.gather(1, draw(ordered, generator)[:, None])[:, 0]
        if eos_id is not None:
            new = torch.where(going, new, eos_id)
            going &= new != eos_id
        text[:, at] = new
        if not going.any():
            return text[:, : at + 1]
    return text


def generate(model, idx, max_new, temperature=1.0, top_k=None, top_p=None, eos_id=None, generator=None):
    before = model.training
    model.train(False)
    try:
        return write(model, idx, max_new, temperature, top_k, top_p, eos_id, generator).clone()
    finally:
        model.train(before)
