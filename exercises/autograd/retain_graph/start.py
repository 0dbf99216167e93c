"""Several losses, one graph."""

import torch


def grads_per_loss(params: list[torch.Tensor], losses: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    """The gradient of each loss for each parameter.

    params: leaves that require a gradient, any shapes; a loss need not use all of them
    losses: 0-d tensors computed from the parameters; they share one trunk of the graph
    returns: rows[l][p] = d losses[l] / d params[p], with the shape and dtype of params[p]; zeros where the
        loss does not use the parameter. The tensors carry no graph.

    The forward has been run: do not run it again. Leave every .grad as it is, and leave no saved tensors behind:
    after the call, a backward on any of the losses raises.

    >>> w = torch.tensor(3.0, requires_grad=True); trunk = w * w
    >>> grads_per_loss([w], [2 * trunk, trunk + 1])
    [[tensor(12.)], [tensor(6.)]]
    """
    raise NotImplementedError  # TODO: about six lines
