"""The oracle: torch's own scaler, made for the CPU."""

import torch


class Scaler:
    def __init__(self, init=65536.0, growth=2.0, backoff=0.5, interval=2000):
        self.torch = torch.amp.GradScaler("cpu", init, growth, backoff, interval)
        self.torch.scale(torch.zeros(()))

    def __getattr__(self, name):
        return getattr(self.torch, name)
