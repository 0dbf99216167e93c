"""The oracle: one entry at a time, in Python's own numbers."""

import torch


def row_normalise(counts, alpha=0.0):
    table = []
    for row in counts.tolist():
        total = sum(row) + alpha * len(row)
        table.append([(c + alpha) / total if total else 0.0 for c in row])
    return torch.tensor(table, dtype=torch.float32)
