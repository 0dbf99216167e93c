"""The oracle: number by number, in plain Python."""

import torch


def pack(q):
    if q.shape[1] % 2:
        raise ValueError("odd")
    rows = [[(r[j] % 16) + 16 * (r[j + 1] % 16) for j in range(0, len(r), 2)] for r in q.tolist()]
    return torch.tensor(rows, dtype=torch.uint8)


def unpack(packed):
    rows = []
    for row in packed.tolist():
        rows.append([])
        for byte in row:
            for four in (byte % 16, byte // 16):
                rows[-1].append(four - 16 if four >= 8 else four)
    return torch.tensor(rows, dtype=torch.int8)


def quantize(w, group=32):
    if w.shape[1] % group:
        raise ValueError("no whole groups")
    whole, scales = [], []
    for row in w.tolist():
        whole.append([])
        scales.append([])
        for start in range(0, len(row), group):
            part = row[start : start + group]
            scale = max(abs(v) for v in part) / 7 or 1.0
            scales[-1].append(scale)
            whole[-1] += [round(v / scale) for v in part]
    return pack(torch.tensor(whole, dtype=torch.int8)), torch.tensor(scales)


def dequantize(packed, scale, group=32):
    rows = [[v * s[j // group] for j, v in enumerate(r)] for r, s in zip(unpack(packed).tolist(), scale.tolist())]
    return torch.tensor(rows)
