"""The reference: tokens wait in a list until a shard is full."""

import numpy as np


def write_shards(docs, shard_size, eot, out_dir, val_shards=1):
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = []

    def write(ids):
        kind = "val" if len(paths) < val_shards else "train"
        path = out_dir / f"{kind}_{len(paths):06d}.npy"
        np.save(path, np.array(ids).astype(np.uint16))
        paths.append(path)

    waiting = []
    for doc in docs:
        ids = [eot, *doc]
        if min(ids) < 0 or max(ids) > 65535:
            raise ValueError("an id does not fit into 16 bits")
        waiting += ids
        while len(waiting) >= shard_size:
            write(waiting[:shard_size])
            waiting = waiting[shard_size:]
    if waiting:
        write(waiting)
    return paths
