"""Pictures tell the truth in plain text, 76 columns wide at most."""

from __future__ import annotations

import math

import pytest
import torch

from graders.pictures import WIDTH, picture

THINGS = {
    "number": torch.tensor(3.5),
    "int": torch.arange(6).view(2, 3),
    "vector": torch.tensor([1.0, -2.0, 0.5, 0.0]),
    "long": torch.randn(500),
    "matrix": torch.randn(4, 5),
    "wide": torch.randn(70, 300),
    "tiny": torch.full((3, 3), 1e-9),
    "huge": torch.randn(12, 8) * 1e30,
    "zeros": torch.zeros(3, 3),
    "mask": torch.rand(50, 60) > 0.5,
    "flags": torch.tensor([True, False]),
    "cube": torch.randn(2, 3, 4, 5),
    "nan": torch.tensor([[math.nan, 1.0], [math.inf, -math.inf]]),
    "all nan": torch.full((2, 3), math.nan),
    "empty": torch.zeros(0, 3),
    "meta": torch.zeros(3, 3, device="meta"),
    "bf16": torch.ones(2, 2, dtype=torch.bfloat16),
    "curve": [4 * 0.9**i for i in range(200)],
    "short curve": [1.0, 2.0],
    "flat": [1.0, 1.0, 1.0],
    "one": [5.0],
    "broken curve": [1.0, math.nan, 3.0, math.inf],
    "curves": {"a": [1, 2, 3], "b": [3.0, 2.0]},
    "bars": {"wte": 38.6, "mlp": 56.7},
    "nothing": [],
    "other": object,
    "graph": (torch.ones(3, requires_grad=True) * 2).sum(),
}


@pytest.mark.parametrize("name", THINGS)
def test_everything_can_be_drawn_within_the_width(name: str) -> None:
    drawn = picture(THINGS[name], "title")
    assert drawn.strip()
    assert max(len(line) for line in drawn.split("\n")) <= WIDTH
    assert "\x1b" not in drawn


def test_a_mask_is_drawn_cell_by_cell() -> None:
    rows = picture(torch.ones(3, 3).tril().bool()).split("\n")
    assert [row[5:] for row in rows[2:5]] == ["■ · ·", "■ ■ ·", "■ ■ ■"]


def test_a_small_matrix_shows_shade_and_number() -> None:
    rows = picture(torch.tensor([[0.0, 1.0], [-4.0, 2.5]])).split("\n")
    assert rows[2].split() == ["0", "·", "0", "░", "1"]
    assert rows[3].split() == ["1", "█", "-4", "▓", "2.50"]


def test_a_large_matrix_tells_signs_apart_without_color() -> None:
    x = torch.ones(15, 20)
    x[3, 4] = -1
    row = picture(x).split("\n")[4]
    assert row.count("+█") == 19 and row.count("-█") == 1


def test_bars_are_as_long_as_values_are_large() -> None:
    rows = picture(torch.tensor([4.0, 2.0, -1.0])).split("\n")[1:]
    assert [r.count("█") for r in rows] == [40, 20, 0] and rows[2].count("-") == 10 + 1


def test_a_curve_has_its_ends_at_its_axis() -> None:
    drawn = picture([10.0, 5.0, 2.5]).split("\n")
    assert drawn[0].startswith("      10 │") and drawn[7].startswith("    2.50 │") and drawn[-1].split() == ["0", "2"]


def test_curves_share_one_scale() -> None:
    drawn = picture({"up": [0.0, 10.0], "down": [10.0, 0.0]}).split("\n")
    assert drawn[0].split("│")[1].strip() and set("".join(drawn[:10])) >= {"a", "b"}
    assert drawn[-1].split() == ["a", "up", "b", "down"]


def test_a_graph_names_its_leaves_and_a_node_met_again() -> None:
    w = torch.tensor(3.0, requires_grad=True)
    h = w * w
    drawn = picture(h + h, "out", {id(w): "w"})
    assert drawn.split("\n")[0] == "out = 18"
    assert drawn.count("MulBackward0") == 2 and drawn.count("the same node as above") == 1
    assert drawn.count("w  (a single number, gets .grad)") == 2


def test_a_deep_graph_is_cut() -> None:
    x = torch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(3000):
        y = y + 1
    assert len(picture(y).split("\n")) < 50


@pytest.mark.parametrize("name", THINGS)
def test_every_histogram_fits_too(name: str) -> None:
    drawn = picture(THINGS[name], "title", histogram=True)
    assert drawn.strip() and max(len(line) for line in drawn.split("\n")) <= WIDTH


def test_a_histogram_counts_every_value_once() -> None:
    x = torch.cat([torch.linspace(-3, 3, 49), torch.tensor([math.nan])]).view(5, 10)
    rows = picture(x, histogram=True).split("\n")
    assert rows[1].split()[:3] == ["-3", "to", "-2.50"] and rows[12].split()[:3] == ["2.50", "to", "3"]
    assert sum(int(row.split()[3]) for row in rows[1:13]) == 49
    assert rows[13] == "mean 0, spread 1.77" and rows[14] == "and 1 that are inf or nan"
    few = picture(torch.tensor([2, 0, 2, 2]), histogram=True).split("\n")
    assert [row.split()[:2] for row in few[1:3]] == [["0", "1"], ["2", "3"]]
