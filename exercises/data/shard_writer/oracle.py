"""The oracle: a stream of single tokens, cut by islice; the two bytes of each written by struct, the header by hand."""

import struct
from itertools import islice


def write_shards(docs, shard_size, eot, out_dir, val_shards=1):
    out_dir.mkdir(parents=True, exist_ok=True)

    def stream():
        for doc in docs:
            yield eot
            yield from doc

    tokens, paths = stream(), []
    while ids := list(islice(tokens, shard_size)):
        header = f"{{'descr': '<u2', 'fortran_order': False, 'shape': ({len(ids)},), }}".ljust(117) + "\n"
        path = out_dir / f"{'val' if len(paths) < val_shards else 'train'}{len(paths):09}.npy"
        path.write_bytes(
            b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header.encode() + struct.pack(f"<{len(ids)}H", *ids)
        )
        paths.append(path)
    return paths
