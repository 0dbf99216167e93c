"""Is a learner's piece equal to ours? Each is held against ours on inputs of its own before a run may use it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gpt2 import decode, device, equal, optim, theirs
from gpt2.batches import Batches
from gpt2.config import Model, Training
from gpt2.equal import Refused, dressed, guarded, mark, race
from gpt2.model import GPT
from gpt2.slots import SLOTS


def prove(slot: str, file: ModuleType, model: Model, options: Training) -> None:
    """Hold a part against ours, for a run of this shape. Raises Refused with the first difference."""
    if slot in equal.MODULES:
        equal.prove_module(slot, getattr(file, SLOTS[slot].entry[0]), model)
    elif slot == "gpt":
        prove_gpt(file, model, options)
    else:
        FUNCTIONS[slot](file)


def small() -> GPT:
    """Return a GPT-2 in which no two sizes are alike."""
    return GPT(Model(n_layer=3, n_head=5, n_embd=40, block_size=17, vocab_size=201))


# --- first weights, optimizer, decoding ------------------------------------------------------------


def prove_init(file: ModuleType) -> None:
    """Every weight of a small model must follow the law that ours follow, whatever stood there before."""
    model = small()
    mark(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(7.0)
    before = {name: id(parameter) for name, parameter in model.named_parameters()}
    with dressed(model):
        guarded("it", file.init_weights_, model)
    if {name: id(parameter) for name, parameter in model.named_parameters()} != before:
        raise Refused("it replaces parameters instead of filling them")
    for name, parameter in model.named_parameters():
        values = parameter.detach().double()
        if parameter.dim() < 2:
            wanted = 0.0 if name.endswith("bias") else 1.0
            if not bool((values == wanted).all()):
                raise Refused(f"{name} does not begin at {wanted:g}")
            continue
        std = 0.02 / math.sqrt(2 * model.config.n_layer) if name.endswith("c_proj.weight") else 0.02
        n = values.numel()
        if not abs(float(values.mean())) < 6 * std / math.sqrt(n):
            raise Refused(f"{name} is not centered on 0")
        if not abs(float(values.std()) / std - 1) < 6 / math.sqrt(2 * n):
            raise Refused(f"{name} has a spread of {float(values.std()):.4f}, wanted is {std:.4f}")


def prove_groups(file: ModuleType) -> None:
    """Every trainable parameter once, decay for matrices alone, the rate and the betas as given."""
    model = small()
    frozen = next(iter(model.transformer.h[0].parameters())).requires_grad_(False)
    made = guarded("it", file.configure_optimizers, model, 0.1, 3e-4, (0.9, 0.95), "cpu")
    if not isinstance(made, torch.optim.AdamW):
        raise Refused(f"it returns {type(made).__name__}, wanted is a torch.optim.AdamW")
    names = {id(p): name for name, p in model.named_parameters()}
    held = [(p, group) for group in made.param_groups for p in group["params"]]
    if frozen is not None and any(p is frozen for p, _ in held):
        raise Refused("a frozen parameter is among them")
    wanted = [id(p) for p in model.parameters() if p.requires_grad]
    if sorted(id(p) for p, _ in held) != sorted(wanted):
        raise Refused("not every trainable parameter is there exactly once")
    for p, group in held:
        decay = 0.1 if p.dim() >= 2 else 0.0
        if group["weight_decay"] != decay:
            raise Refused(f"{names[id(p)]} decays by {group['weight_decay']}, wanted is {decay}")
        if group["lr"] != 3e-4 or tuple(group["betas"]) != (0.9, 0.95):
            raise Refused("lr or betas are not those given")


def prove_clip(file: ModuleType) -> None:
    """The norm returned and the gradients left, for gradients longer and shorter than the limit."""
    for seed, limit in ((0, 0.5), (1, 1.0), (2, 1e4)):
        generator = torch.Generator().manual_seed(seed)
        made = [nn.Parameter(torch.zeros(shape)) for shape in ((7, 5), (3,), (2, 4, 3), (6,))]
        for p in made[:-1]:  # the last has no gradient
            p.grad = torch.randn(p.shape, generator=generator)
        grads = [p.grad.clone() for p in made[:-1] if p.grad is not None]
        norm = math.sqrt(sum(float(g.double().square().sum()) for g in grads))
        got = float(guarded("it", file.clip_, made, limit))
        if not abs(got - norm) < 1e-5 * norm:
            raise Refused(f"it returns {got:.6f} for a norm of {norm:.6f}")
        factor = min(1.0, limit / norm)
        for p, g in zip(made[:-1], grads, strict=True):
            if p.grad is None or not torch.allclose(p.grad, g * factor, rtol=1e-4, atol=1e-7):
                raise Refused(f"at norm {norm:.3f} and limit {limit:g} its gradients are not those wanted")
        if made[-1].grad is not None:
            raise Refused("it makes up a gradient where there was none")


def prove_schedule(file: ModuleType) -> None:
    """The rate of every step of three runs."""
    for warmup, total, low in ((0, 9, 0.1), (4, 23, 0.0), (50, 50, 0.2)):
        options = Training(lr=0.7, min_lr=low, warmup_steps=warmup, max_steps=total)
        for step in range(total + 3):
            want = optim.rate(step + 1, options)
            got = float(guarded("it", file.lr_at, step, 0.7, 0.7 * low, warmup, total))
            if not abs(got - want) < 1e-9:
                raise Refused(f"at step {step} of {total} with warmup {warmup} it says {got:.6g}, wanted is {want:.6g}")


def prove_filters(file: ModuleType) -> None:
    """The same logits left, lowered or ruled out."""
    generator = torch.Generator().manual_seed(5)
    logits = 3 * torch.randn(4, 37, generator=generator)
    ids = torch.randint(37, (4, 9), generator=generator)
    seen = torch.zeros(4, 37, dtype=torch.bool).scatter(1, ids, True)
    tried: list[tuple[str, Callable[..., Any], tuple[Any, ...], Tensor]] = [
        *(("top_k", file.top_k, (logits, k), decode.filtered(logits, k, 1.0)) for k in (1, 5, 99)),
        *(("top_p", file.top_p, (logits, p), decode.filtered(logits, 0, p)) for p in (0.1, 0.8)),
        ("repetition_penalty", file.repetition_penalty, (logits, ids, 1.3), decode.penalize(logits, seen, 1.3)),
    ]
    kept = logits.clone()
    for what, work, given, want in tried:
        got = guarded(what, work, *given)
        if not (isinstance(got, Tensor) and got.shape == want.shape and torch.allclose(got, want, rtol=1e-6)):
            raise Refused(f"{what} differs from ours")
        if not torch.equal(logits, kept):
            raise Refused(f"{what} changes the logits that it is given")


# --- loader, sampler, model ------------------------------------------------------------------------


def prove_loader(file: ModuleType) -> None:
    """Every rank's share of every step of two epochs and more, and a place that is kept and found again."""
    generator = torch.Generator().manual_seed(6)
    for n, B, T, world in ((64, 3, 5, 1), (97, 2, 4, 3), (31, 3, 2, 5)):  # the last: one step, nothing left over
        ids = torch.randint(50_000, (n,), generator=generator)
        kept, width = ids.clone(), world * B * T
        steps = (n - 1) // width
        loaders = [guarded("it", file.DataLoaderLite, ids, B, T, rank, world) for rank in range(world)]
        for step in range(2 * steps + 2):
            if step == 1:
                state = guarded("state_dict", loaders[0].state_dict)
            for rank, loader in enumerate(loaders):
                served(f"step {step}, rank {rank} of {world}", loader, kept, step % steps * width + rank * B * T, B, T)
        found = guarded("it", file.DataLoaderLite, ids, B, T, 0, world)
        guarded("load_state_dict", found.load_state_dict, state)
        served("the step after load_state_dict", found, kept, 1 % steps * width, B, T)
        guarded("reset", found.reset)
        served("the step after reset", found, kept, 0, B, T)
        if not torch.equal(ids, kept):
            raise Refused("it changes the tokens that it is given")
        if error_of(file.DataLoaderLite, ids[:width], B, T, 0, world) is not ValueError:
            raise Refused("with fewer tokens than a step needs it raises no ValueError")
    ids, B, T = torch.randint(50_000, (1 << 18,), generator=generator), 16, 256
    loader, ours = file.DataLoaderLite(ids, B, T), Batches([ids.numpy().astype(np.uint16)], T, seed=0)
    race(loader.next_batch, lambda: ours.get(0, B), f"B = {B}, T = {T}")


def error_of(work: Callable[..., Any], *given: Any) -> type[Exception] | None:
    """Return the type of the error that some work raises; None where it raises none."""
    try:
        work(*given)
    except Exception as error:
        return type(error)
    return None


def served(what: str, loader: Any, ids: Tensor, start: int, B: int, T: int) -> None:
    """Raise Refused where the loader's next batch is not the one that begins at token `start`."""
    pair = guarded(f"at {what} it", loader.next_batch)
    if not (isinstance(pair, tuple | list) and len(pair) == 2):
        raise Refused(f"at {what} it returns no pair")
    for name, got, at in zip(("inputs", "targets"), pair, (start, start + 1), strict=True):
        want = ids[at : at + B * T].view(B, T)
        if not (isinstance(got, Tensor) and got.dtype == torch.int64 and torch.equal(got, want)):
            raise Refused(f"at {what} its {name} are not those wanted")


def plain(model: theirs.Answering, idx: Tensor, count: int) -> Tensor:
    """Write on without a cache, always the likeliest: what a sampler of the exercises has to come up to."""
    with torch.inference_mode():
        for _ in range(count):
            logits = model(idx[:, -model.config.block_size :])[0]
            idx = torch.cat([idx, logits[:, -1].argmax(-1, keepdim=True)], dim=1)
    return idx


def prove_sampler(file: ModuleType) -> None:
    """The likeliest text past the context's end, what may be drawn and how often, stops, seeds, and the mode."""
    torch.manual_seed(8)
    model = theirs.Answering(GPT(Model(n_layer=2, n_head=2, n_embd=16, block_size=12, vocab_size=29)).train())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(8)  # so that some tokens are much likelier than others
    idx = torch.randint(29, (3, 5))
    state = torch.get_rng_state()

    def wrote(idx: Tensor, count: int, **how: Any) -> Tensor:
        kept = idx.clone()
        got = guarded("it", lambda: file.generate(model, idx, count, **how))
        if not (isinstance(got, Tensor) and got.dtype == torch.int64 and got.dim() == 2 and len(got) == len(idx)):
            raise Refused("it returns no ids, a row for each prompt")
        if not (torch.equal(idx, kept) and torch.equal(got[:, : idx.shape[1]], idx)):
            raise Refused("the prompts do not stand in front of what it wrote")
        if not all(module.training for module in model.modules()):
            raise Refused("it leaves the model in another mode")
        return got

    want = plain(model.eval(), idx, 20)
    model.train()
    if not torch.equal(wrote(idx, 20, temperature=0), want):
        raise Refused("at temperature 0 its text is not the likeliest")
    end = int(want[0, 8])
    first = wrote(idx[:1], 20, temperature=0, eos_id=end)[0, 5:].tolist()
    if first != want[0, 5 : 6 + want[0, 5:].tolist().index(end)].tolist():
        raise Refused("it does not stop right behind the end of the text")
    seeded = [wrote(idx, 12, generator=torch.Generator().manual_seed(seed)) for seed in (3, 3, 4)]
    if not torch.equal(seeded[0], seeded[1]) or torch.equal(seeded[0], seeded[2]):
        raise Refused("the generator that it is given does not lead its draws")
    many = idx[:1].expand(2000, -1).contiguous()
    with torch.inference_mode():
        logits = model(idx[:1])[0][:, -1]
    for how in ({"temperature": 1.0}, {"temperature": 0.7, "top_k": 5}, {"temperature": 1.3, "top_p": 0.8}):
        drawn = wrote(many, 1, generator=torch.Generator().manual_seed(5), **how)[:, -1]
        allowed = decode.filtered(logits / how["temperature"], int(how.get("top_k", 0)), how.get("top_p", 1.0))
        shares, found = allowed.softmax(-1)[0], torch.bincount(drawn, minlength=29) / len(many)
        if bool((found[shares == 0] > 0).any()):
            raise Refused(f"with {spelled(how)} it draws what is ruled out")
        if not bool(((found - shares).abs() <= 6 * (shares * (1 - shares) / len(many)).sqrt() + 1e-9).all()):
            raise Refused(f"with {spelled(how)} it does not draw as the model says")
    if not torch.equal(torch.get_rng_state(), state):
        raise Refused("with a generator of its own it still takes torch's random numbers")
    race(lambda: file.generate(model, idx, 7, temperature=0), lambda: plain(model, idx, 7), "7 tokens without a cache")


def spelled(how: dict[str, float]) -> str:
    """Write options as NAME=VALUE."""
    return ", ".join(f"{name}={value:g}" for name, value in how.items())


MOST_LOGITS = 1 << 30  # bytes of logits, of their softmax and of their gradient, that a learner's model may take


def prove_gpt(file: ModuleType, model: Model, options: Training) -> None:
    """The loss and every gradient, put together as a run will, in float64 and in the run's precision; the speed."""
    if model.dropout:
        raise Refused(f"it knows no dropout, and this run has dropout={model.dropout:g}")
    taken = 3 * 4 * max(1, options.micro_batch) * model.block_size * model.vocab_size
    if taken > MOST_LOGITS:
        raise Refused(
            f"its loss holds all logits at once, {taken / 1e9:.1f} GB at micro_batch={options.micro_batch}; "
            "ours never does"
        )
    precision = device.DTYPES.get(options.dtype, torch.float32)
    odd = Model(n_layer=3, n_head=5, n_embd=40, block_size=17, vocab_size=201)
    for dtype, within in ((torch.float64, 1e-10), *([(precision, 2e-3)] if precision != torch.float32 else [])):
        ours = GPT(odd).train()
        generator = torch.Generator().manual_seed(21)
        with torch.no_grad():
            for parameter in ours.parameters():
                parameter.normal_(std=0.3, generator=generator)
        ours.clear_padding()
        if dtype == torch.float64:
            ours.double()
        else:
            ours.compute_dtype = dtype
        whole = guarded("building it", theirs.Whole, file.GPT, ours)
        if whole.theirs.lm_head.weight is not ours.transformer.wte.weight:
            raise Refused("its head has a weight of its own, wanted is the table's")
        for T in (1, 7, 17):
            idx = torch.randint(201, (2, T + 1), generator=generator)
            want = ours(idx[:, :-1], idx[:, 1:])
            got = guarded(f"at T = {T} it", whole, idx[:, :-1], idx[:, 1:])
            if not (isinstance(got, Tensor) and got.dim() == 0):
                raise Refused(f"at T = {T} it returns no loss")
            found, wanted = float(got.detach()), float(want.detach())
            if not abs(found - wanted) < within * wanted:
                in_half = f" in {options.dtype}" if dtype != torch.float64 else ""
                raise Refused(f"at T = {T} its loss{in_half} is {found:.6f}, ours {wanted:.6f}")
            if dtype == torch.float64:
                gradients(ours, got, want, T)
    ours = GPT(dataclasses.replace(model, n_layer=1))
    whole = theirs.Whole(file.GPT, ours)
    idx = torch.randint(model.vocab_size, (1, min(model.block_size, 256)))
    race(lambda: whole(idx, idx).backward(), lambda: ours(idx, idx).backward(), f"T = {idx.shape[1]}")


def gradients(ours: GPT, got: Tensor, want: Tensor, T: int) -> None:
    """Raise Refused where two losses of one model have other gradients."""
    parameters = dict(ours.named_parameters())
    wanted = torch.autograd.grad(want, list(parameters.values()))
    found = guarded(
        f"at T = {T} its backward", lambda: torch.autograd.grad(got, list(parameters.values()), allow_unused=True)
    )
    for name, q, p in zip(parameters, wanted, found, strict=True):
        equal.differs(f"the gradient of {name}", T, p, q)


FUNCTIONS: dict[str, Callable[[ModuleType], None]] = {
    "init": prove_init, "groups": prove_groups, "clip": prove_clip, "schedule": prove_schedule,
    "filters": prove_filters, "loader": prove_loader, "sampler": prove_sampler,
}  # fmt: skip
