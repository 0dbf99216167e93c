"""A second honest way: padded to equal rows, two loops, and a thread that sends while this rank receives."""

import threading

import torch


def swap(comm, row):
    sender = threading.Thread(target=comm.send, args=(row, (comm.rank + 1) % comm.world))
    sender.start()
    came = comm.recv((comm.rank + comm.world - 1) % comm.world)
    sender.join()
    return came


def all_reduce(comm, x, op="sum"):
    n, world = len(x), comm.world
    rows = torch.nn.functional.pad(x, (0, -n % world)).reshape(world, -1).clone()
    at = comm.rank
    for _ in range(world - 1):
        came = swap(comm, rows[at])
        at = (at - 1) % world
        rows[at] += came
    for _ in range(world - 1):
        came = swap(comm, rows[at])
        at = (at - 1) % world
        rows[at] = came
    total = rows.flatten()[:n]
    return total / world if op == "mean" else total
