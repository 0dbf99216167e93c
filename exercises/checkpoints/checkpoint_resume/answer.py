"""The reference: one dict of states, written under another name and then renamed; loaded to the CPU first."""

import os

import torch


def save(path, model, opt, step, loader, extra):
    state = {
        "model": model.state_dict(),
        "opt": opt.state_dict(),
        "loader": loader.state_dict(),
        "step": step,
        "extra": extra,
        "rng": [torch.get_rng_state(), torch.cuda.get_rng_state_all()],
    }
    part = f"{path}.part"
    torch.save(state, part)
    os.replace(part, path)


def load(path, model, opt, loader, device):
    # load_state_dict copies to wherever the model is; the generators want their states on the CPU anyway
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    opt.load_state_dict(state["opt"])
    loader.load_state_dict(state["loader"])
    for set_state, rng in zip((torch.set_rng_state, torch.cuda.set_rng_state_all), state["rng"]):
        set_state(rng)
    return state["step"]
