"""The oracle: torch's own functions."""

from torch import log_softmax, softmax

__all__ = ["log_softmax", "softmax"]
