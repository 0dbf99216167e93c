"""The oracle: a flat row without a pad; a hook on the gathered copy of the weights deals the mean out."""

import torch


def everybody(comm, x):
    return [
        x
        if src == comm.rank and not any(comm.send(x, dst) for dst in range(comm.world) if dst != src)
        else comm.recv(src)
        for src in range(comm.world)
    ]


class ShardedLinear(torch.nn.Module):
    def __init__(self, linear, comm):
        super().__init__()
        self.comm = comm
        self.bias_too = linear.bias is not None
        whole = linear.weight.data
        if self.bias_too:
            whole = torch.cat([whole, linear.bias.data[:, None]], 1)
        self.count = whole.numel()
        self.slice = torch.nn.Parameter(whole.flatten().tensor_split(comm.world)[comm.rank].clone())
        self.out = len(whole)
        del linear.weight, linear.bias

    def forward(self, x):
        flat = torch.cat(everybody(self.comm, self.slice.detach()))
        if torch.is_grad_enabled():
            flat.requires_grad_()
            flat.register_hook(self.back)
        whole = flat.view(self.out, -1)
        if not self.bias_too:
            return x @ whole.T
        return torch.nn.functional.linear(x, whole[:, :-1], whole[:, -1])

    def back(self, grad):
        mean = sum(everybody(self.comm, grad)) / self.comm.world
        mine = mean.tensor_split(self.comm.world)[self.comm.rank]
        old = self.slice.grad
        self.slice.grad = mine.clone() if old is None else old + mine
