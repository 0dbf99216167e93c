"""A second honest way: floors first, what is left over goes to the largest remainders; a NumPy draw."""

import numpy as np
import torch


def split_indices(n, fracs, seed):
    wanted = n * np.asarray(fracs)
    sizes = np.floor(wanted + 1e-9).astype(int)
    for k in np.argsort(sizes - wanted)[: n - sizes.sum()]:
        sizes[k] += 1
    order = np.random.default_rng(seed).permutation(n)
    return [torch.from_numpy(np.sort(part)) for part in np.split(order, sizes.cumsum()[:-1])]
