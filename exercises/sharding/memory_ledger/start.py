"""What one rank must hold of a model in training, in bytes."""


def ledger(n_params: int, precision: str, optimizer: str, zero_stage: int, world: int) -> dict[str, float]:
    """Bytes of one rank for weights, gradients and optimizer; activations are left aside.

    n_params: how many parameters the model has, 1 or more
    precision: "f32": weights and gradients in float32, 4 bytes a number;
        "mixed": weights and gradients in bfloat16, 2 bytes a number. The optimizer then also keeps a float32 copy of
        the weights, the master copy, which counts as optimizer state
    optimizer: "adamw" holds two float32 moments for each parameter, "momentum" one float32 velocity, "sgd" nothing
    zero_stage: 0, every rank holds everything; 1, the optimizer's state is divided evenly among the ranks; 2, the
        gradients are too; 3, the weights are too
    world: how many ranks, 1 or more
    returns: numbers under the keys "weights", "gradients", "optimizer" and "total", the sum of the three. Numbers of
        any kind, not rounded: 3 bytes on 2 ranks are 1.5

    Example: ledger(100, "mixed", "momentum", 1, 2) is
        {"weights": 200, "gradients": 200, "optimizer": 400.0, "total": 800.0}
    """
    raise NotImplementedError  # TODO
