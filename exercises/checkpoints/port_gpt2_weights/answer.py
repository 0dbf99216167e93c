"""The reference: names without their prefix, four kinds of matrices turned, the rest to load_state_dict."""

from gpt2.model import GPT

TURNED = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
MASKS = (".attn.bias", ".attn.masked_bias")


def from_hf(sd, config):
    state = {}
    for name, value in sd.items():
        name = name.removeprefix("transformer.")
        if not name.endswith(MASKS) and name != "lm_head.weight":
            state[f"transformer.{name}"] = value.T if name.endswith(TURNED) else value
    state["lm_head.weight"] = state["transformer.wte.weight"]
    model = GPT(config)
    model.load_state_dict(state)
    return model
