"""What `show` tells a screen that draws pixels: the numbers of a picture, and no more of them than is allowed."""

from __future__ import annotations

import json

import pytest
import torch

from graders import fences
from graders.fences import run_page
from graders.pictures import parts, picture
from graders.plates import Plate
from tutor import plates
from tutor.plates import Palette, draw, read, scale, sheet

PALETTE = Palette((0, 0, 0), ((10, 10, 10), (100, 120, 140), (250, 250, 250)), ((200, 0, 0), (0, 200, 0)))


def told(code: str) -> list[plates.Plate]:
    """What the desk makes of what a page's code shows, after the way through JSON."""
    result = json.loads(json.dumps(run_page([code], 0)))
    assert result["raised"] is None
    found = read(result["plates"], result["output"].count("\n"))
    assert len(found) == len(result["plates"])
    for plate in found:
        lines = result["output"].split("\n")[plate.at : plate.at + plate.lines]
        assert all(lines), "a plate stands for whole lines of the output"
    return found


def test_the_pixels_of_a_heat_map_are_its_numbers() -> None:
    code = "import torch\ntorch.manual_seed(3)\nx = torch.randn(30, 40)\nprint('before')\nshow(x, 'x')"
    (plate,) = told(code)
    torch.manual_seed(3)
    x = torch.randn(30, 40)
    assert (plate.at, plate.rows, plate.columns) == (2, 30, 40)
    top = float(x.abs().max())
    cells = sheet(plate)
    width, height, rgb = draw(plate, cells, PALETTE, (10, 21))
    assert (width, height) == (cells.width * 10, cells.height * 21) and len(rgb) == 3 * width * height
    colors, body = scale(PALETTE), (cells.height - 1) * 21
    for i in range(30):
        for j in range(40):
            px, py = int((j + 0.5) * width / 40), int((i + 0.5) * body / 30)
            at = 3 * (py * width + px)
            level = colors.index(tuple(rgb[at : at + 3]), 1)
            assert abs(level - (1 + 254 * (float(x[i, j]) + top) / (2 * top))) <= 2.5  # of a mix of bytes
    assert float(plate.low) == pytest.approx(-top, abs=0.006) and plate.high == plate.low[1:]


def test_brightness_alone_tells_the_size() -> None:
    sums = [sum(color) for color in scale(PALETTE)[1:]]
    assert sums == sorted(sums) and sums[0] < sums[127] < sums[-1]


def test_a_mask_is_of_two_levels_and_a_small_one_stays_text() -> None:
    (plate,) = told("import torch\nshow(torch.ones(64, 64).tril().bool())")
    assert (plate.low, plate.high) == ("False", "True")
    assert [plate.levels[i * 64 : i * 64 + 64] for i in range(64)] == [
        b"\xff" * (i + 1) + b"\x01" * (63 - i) for i in range(64)
    ]
    assert not told("import torch\nshow(torch.ones(6, 6).tril().bool())")
    assert not told("import torch\nshow(torch.ones(3, 4))"), "numbers can be read in its cells"


def test_heads_of_attention_are_pictures_one_under_another() -> None:
    found = told("import torch\nshow(torch.randn(1, 3, 24, 24).softmax(-1), 'attention')")
    assert [plate.kind for plate in found] == ["heat"] * 3 and found[0].low == "0"


def test_a_large_matrix_is_averaged_and_says_so() -> None:
    (plate,) = told("import torch\nshow(torch.arange(1200.0).repeat(700, 1))")
    assert (plate.rows, plate.columns, plate.step) == (140, 240, 5)
    assert "mean of 5×5" in "\n".join(sheet(plate).below)
    assert plate.levels[1] - plate.levels[0] <= 2 and plate.levels[239] >= 254


def test_what_is_no_number_is_striped_and_says_so() -> None:
    (plate,) = told("import torch\nx = torch.ones(20, 20)\nx[3, 4] = torch.nan\nx[5, 6] = torch.inf\nshow(x)")
    assert [at for at, level in enumerate(plate.levels) if not level] == [64, 106]
    cells = sheet(plate)
    width, _, rgb = draw(plate, cells, PALETTE, (10, 20))
    column = {tuple(rgb[3 * (y * width + 90) :][:3]) for y in range(60, 80)}  # element [3, 4]
    assert column == {PALETTE.ground, PALETTE.scale[-1]} and "inf or nan" in cells.below[-1]


def test_a_curve_goes_where_its_numbers_go() -> None:
    (plate,) = told("show([float(i) for i in range(50)])")
    cells = sheet(plate)
    width, height, rgb = draw(plate, cells, PALETTE, (10, 20))

    def inked(x: int) -> list[int]:
        return [y for y in range(height) if tuple(rgb[3 * (y * width + x) :][:3]) != PALETTE.ground]

    assert all(inked(x) for x in range(width)), "it is drawn through"
    assert max(inked(0)) >= height - 3 and min(inked(width - 1)) <= 2
    middle = inked(width // 2)
    assert abs(sum(middle) / len(middle) - height / 2) < 3
    assert cells.left[0].split() == ["49", "│"] and cells.left[-1].split() == ["0", "│"]


def test_curves_differ_by_dashes_and_letters() -> None:
    (plate,) = told("show({'train': [3.0, 2.0, 1.0], 'val': [3.0, 2.5, 2.0]}, 'loss')")
    cells = sheet(plate)
    assert cells.right[-1] == " a" and " b" in cells.right and "a train   b val" in cells.below[-1]
    width, height, rgb = draw(plate, cells, PALETTE, (10, 20))
    pixels = [tuple(rgb[at : at + 3]) for at in range(0, len(rgb), 3)]
    gaps = [x for x in range(width) if not any(pixels[y * width + x][1] > 99 for y in range(height))]
    assert 50 < len(gaps) < width / 2, "the second is dashed"


@pytest.mark.parametrize("values", ["[1.0]", "[1.0, 1.0]", "[1.0, float('nan'), 3.0]", "[float('nan'), 2.0]"])
def test_a_curve_of_almost_nothing_is_drawn(values: str) -> None:
    (plate,) = told(f"show({values})")
    draw(plate, sheet(plate), PALETTE, (10, 20))


def test_a_long_curve_keeps_its_ends() -> None:
    (plate,) = told("show([float(i) for i in range(100_000)])")
    assert plate.columns == 2048 and (plate.levels[0], plate.levels[-1]) == (1, 255)
    assert sheet(plate).below[-1].split() == ["0", "99999"]


def test_a_flood_stays_text() -> None:
    result = run_page(["import torch\nfor i in range(500):\n    show(torch.randn(256, 256))"], 0)
    assert len(result["plates"]) <= fences.PLATES
    assert len(json.dumps(result["plates"])) < fences.LEVELS * 1.4 + 4000
    assert len(run_page(["for i in range(99):\n    show([1.0, 2.0])"], 0)["plates"]) <= fences.PLATES


def test_what_is_cut_off_or_begins_within_a_line_has_no_plate() -> None:
    assert not told("print('x' * 7990)\nshow([1.0, 2.0])")
    assert not told("print('x', end='')\nshow([1.0, 2.0])")


def test_what_goes_elsewhere_is_text() -> None:
    code = "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as f:\n    show([1.0, 2.0])\n"
    code += "print(f.getvalue())"
    assert not told(code)


def test_the_text_is_what_it_was() -> None:
    x = torch.randn(2, 30, 40)
    assert picture(x, "x") == "\n".join(map(str, parts(x, "x")))
    assert [type(part) for part in parts(x, "x")] == [str, str, Plate, str, Plate]
