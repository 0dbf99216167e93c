"""The oracle: lists of ids, filters row by row in plain Python, the draw along the running sum."""

import math

import torch


def choices(row, temperature, top_k, top_p):
    """Pairs (token, probability), likeliest first."""
    top = max(row)
    powers = {v: math.exp((x - top) / temperature) for v, x in enumerate(row)}
    kept = sorted(powers, key=lambda v: -powers[v])[: top_k or None]
    total = sum(powers[v] for v in kept)
    if top_p is not None:
        mass, few = 0.0, []
        for v in kept:
            if few and mass >= top_p:
                break
            few.append(v)
            mass += powers[v] / total
        kept = few
        total = sum(powers[v] for v in kept)
    return [(v, powers[v] / total) for v in kept]


def generate(model, idx, max_new, temperature=1.0, top_k=None, top_p=None, eos_id=None, generator=None):
    training = model.training
    model.eval()
    texts, finished = idx.tolist(), [False] * len(idx)
    known = {}
    for _ in range(max_new):
        with torch.no_grad():
            window = torch.tensor([text[-model.config.block_size :] for text in texts], device=idx.device)
            rows = model(window)[0][:, -1].tolist()
        luck = torch.rand(len(texts), generator=generator, dtype=torch.float64).tolist()
        for b, row in enumerate(rows):
            if finished[b]:
                texts[b].append(eos_id)
                continue
            if temperature == 0:
                texts[b].append(row.index(max(row)))
            else:
                if tuple(row) not in known:
                    known[tuple(row)] = choices(row, temperature, top_k, top_p)
                rest = luck[b]
                for v, p in known[tuple(row)]:
                    token, rest = v, rest - p
                    if rest < 0:
                        break
                texts[b].append(token)
            finished[b] = texts[b][-1] == eos_id
        if all(finished):
            break
    model.train(training)
    return torch.tensor(texts, device=idx.device)
