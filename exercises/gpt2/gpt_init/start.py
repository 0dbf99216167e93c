"""How GPT-2 is born."""

from torch import nn


def init_weights_(model: nn.Module) -> None:
    """Give every parameter of a GPT-2 its first value, whatever stood there before.

    model: a GPT-2 under its usual names: transformer.wte, transformer.wpe, transformer.h (a list of n_layer blocks,
        each with ln_1, attn.c_attn, attn.c_proj, ln_2, mlp.c_fc, mlp.c_proj), transformer.ln_f, and lm_head, whose
        weight is wte's. model.config.n_layer is there too, and each c_proj carries is_residual_output = True

    weights of all nn.Linear and nn.Embedding    independent draws from N(0, 0.02²)
    but those of the Linears named c_proj        N(0, (0.02 / √N)²), N the number of additions to the stream in all
    biases, also those of the norms              0
    weights of the norms                         1

    Changed in place: the parameters stay the same objects, the tie holds, nothing is recorded for backward. The draws
    come from torch's global generator: after the same torch.manual_seed they are the same, and otherwise new.

    Example: with 12 layers the weights of c_proj have a spread of 0.0041; the first loss is a little above ln V.
    """
    raise NotImplementedError  # TODO: about eight lines
