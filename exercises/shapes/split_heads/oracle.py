"""The oracle: strides worked out by hand for the split, one head at a time for the merge."""


def split_heads(x, n):
    (B, T, C), (b, t, c) = x.shape, x.stride()
    if n not in range(1, C + 1) or n * (C // n) != C:
        raise ValueError(n)
    return x.as_strided((B, n, T, C // n), (b, C // n * c, t, c), x.storage_offset())


def merge_heads(y):
    B, n, T, h = y.shape
    out = y.new_zeros(B, T, n * h)
    for i in range(n):
        out[:, :, i * h : (i + 1) * h] = y[:, i]
    return out
