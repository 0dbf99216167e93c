"""The oracle: row by row, token by token, in plain Python."""

import math

import torch


def top_k(logits, k):
    rows = []
    for row in logits.tolist():
        kept = sorted(range(len(row)), key=lambda v: -row[v])[:k]
        rows.append([x if v in kept else -math.inf for v, x in enumerate(row)])
    return torch.tensor(rows, dtype=logits.dtype, device=logits.device)


def top_p(logits, p):
    rows = []
    for row in logits.tolist():
        powers = [math.exp(x - max(row)) for x in row]
        total, mass, kept = sum(powers), 0.0, set()
        for v in sorted(range(len(row)), key=lambda v: -row[v]):
            if kept and mass >= p:
                break
            kept.add(v)
            mass += powers[v] / total
        rows.append([x if v in kept else -math.inf for v, x in enumerate(row)])
    return torch.tensor(rows, dtype=logits.dtype, device=logits.device)


def repetition_penalty(logits, ids, r):
    rows = logits.tolist()
    for row, used in zip(rows, ids.tolist(), strict=True):
        for v in set(used):
            row[v] = row[v] / r if row[v] > 0 else row[v] * r
    return torch.tensor(rows, dtype=logits.dtype, device=logits.device)
