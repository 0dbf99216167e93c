"""What each piece promises its neighbors: tokenizer, shards, loader, model, optimizer, sampler, checkpoint."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from mygpt import checkpoint, clip, device, evaluate, glue, groups, loader, port, schedule, score, shards, step

TINY = glue.Config(2, 2, 16, 8, 32)


def test_the_tokenizer_gives_ids_that_fit_the_table() -> None:
    bpe = glue.encoder()
    text = "Returns the mean, naïvely: 3.14 ≈ π\n"
    ids = bpe.encode(text, allowed="none")
    assert bpe.decode(ids) == text and max(ids) < glue.VOCAB - 1 < glue.PADDED
    assert bpe.encode(glue.END, allowed="all") == [glue.VOCAB - 1]


def test_shards_hold_what_the_loader_reads(tmp_path: Path) -> None:
    files = shards.write_shards(iter([[1, 2, 3], [4] * 40]), 16, 9, tmp_path, val_shards=0)
    row = np.concatenate([np.load(file) for file in files])
    assert row.tolist() == [9, 1, 2, 3, 9, *[4] * 40] and row.dtype == np.uint16
    x, y = loader.DataLoaderLite(torch.from_numpy(row.astype(np.int64)), 2, 8).next_batch()
    assert x.shape == y.shape == (2, 8) and torch.equal(x.flatten()[1:], y.flatten()[:-1])


def test_the_loader_goes_on_where_its_state_says() -> None:
    data = torch.arange(100)
    one, two = loader.DataLoaderLite(data, 2, 8), loader.DataLoaderLite(data, 2, 8)
    one.next_batch()
    two.load_state_dict(one.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(one.next_batch(), two.next_batch(), strict=True))


def test_the_model_maps_ids_to_logits_and_a_loss_and_looks_only_back() -> None:
    model = glue.build(TINY)
    idx = torch.randint(32, (2, 8))
    logits, loss = model(idx, idx)
    assert logits.shape == (2, 8, 32) and abs(float(loss) - math.log(32)) < 0.3
    changed = idx.clone()
    changed[:, -1] = (changed[:, -1] + 1) % 32
    assert torch.allclose(model(changed)[0][:, :-1], logits[:, :-1], atol=1e-6)
    assert model.lm_head.weight is model.transformer.wte.weight


def test_the_optimizer_holds_each_weight_once_and_a_step_moves_them() -> None:
    model = glue.build(TINY)
    opt = groups.configure_optimizers(model, 0.1, 1e-2, (0.9, 0.95), "cpu")
    assert sum(len(g["params"]) for g in opt.param_groups) == len(list(model.parameters()))
    idx = torch.randint(32, (4, 8))
    before = float(model(idx, idx)[1])
    for _ in range(5):
        step.accum_step(model, [(idx[:2], idx[:2]), (idx[2:], idx[2:])], opt, 1.0)
    assert float(model(idx, idx)[1]) < before - 0.05


def test_clipping_shortens_what_the_loss_made() -> None:
    model = glue.build(TINY)
    model(torch.zeros(1, 8, dtype=torch.long), torch.ones(1, 8, dtype=torch.long))[1].backward()
    norm = float(clip.clip_(list(model.parameters()), 0.1))
    left = math.sqrt(sum(float(p.grad.square().sum()) for p in model.parameters()))
    assert norm > 0.1 and abs(left - 0.1) < 1e-3


def test_the_rate_rises_and_falls() -> None:
    rates = [schedule.lr_at(s, 1.0, 0.1, 10, 100) for s in range(101)]
    assert max(rates) == rates[9] == 1.0 and rates[100] == 0.1 and rates[0] > 0


def test_the_sampler_writes_on_within_the_context() -> None:
    model = glue.build(TINY)
    idx = torch.randint(32, (2, 3))
    out = glue.generate(model, idx, 12, temperature=0)
    assert out.shape == (2, 15) and torch.equal(out[:, :3], idx)


def test_a_checkpoint_brings_model_optimizer_and_loader_back(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        model = glue.build(TINY, seed=len(made))
        opt = groups.configure_optimizers(model, 0.1, 1e-2, (0.9, 0.95), "cpu")
        made.append((model, opt, loader.DataLoaderLite(torch.arange(200) % 32, 2, 8)))
    model, opt, batches = made[0]
    model(*batches.next_batch())[1].backward()
    opt.step()
    checkpoint.save(tmp_path / "state.pt", model, opt, 1, batches, {})
    other, opt2, batches2 = made[1]
    assert checkpoint.load(tmp_path / "state.pt", other, opt2, batches2, "cpu") == 1
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))
    assert torch.equal(batches.next_batch()[0], batches2.next_batch()[0])


def test_weights_from_transformers_fit() -> None:
    model = glue.build(TINY)
    turned = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
    theirs = {n: (t.T if n.endswith(turned) else t).clone() for n, t in model.state_dict().items()}
    theirs.pop("lm_head.weight")
    ported = port.from_hf(theirs, TINY)
    idx = torch.randint(32, (1, 8))
    assert torch.allclose(ported(idx)[0], model(idx)[0], atol=1e-5)


def test_evaluation_and_scoring_read_the_same_logits() -> None:
    logits, y = torch.randn(6, 5), torch.randint(5, (6,))
    found = evaluate.evaluate(torch.nn.Identity(), [(logits, y)], F.cross_entropy)
    assert abs(found["loss"] - float(F.cross_entropy(logits, y))) < 1e-6
    tokens = torch.randint(32, (4, 8))
    mask = torch.zeros(4, 8, dtype=torch.bool)
    mask[:, 4:] = True
    assert len(score.score(torch.randn(4, 8, 32), tokens, mask)) == 2


def test_batches_go_where_the_device_is() -> None:
    place = device.pick_device(False, False)
    assert device.move(torch.ones(2), place).device.type == "cpu"


def test_nothing_of_the_tutor_is_needed() -> None:
    assert not {"tutor", "lessons", "exercises", "graders", "gpt2"} & set(sys.modules)
