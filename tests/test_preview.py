import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch import nn

from profundo.data.augment import NAMES, build
from profundo.data.dataset import Data
from profundo.errors import DataError, UsageError
from profundo.filters import filters_card, pictures
from profundo.preview import ROWS, TILE, VERSIONS, augment_card, preview, seen, sheet
from profundo.report.augment import seen_section
from profundo.schema import Boxes, Category, Image, Mask, Schema


def opened(png):
    return Pillow.open(io.BytesIO(png))


def made(target, y, augment="auto", channels=3):
    mean, std = ((0.4, 0.5, 0.3), (0.2, 0.25, 0.3)) if channels == 3 else ((0.1,), (0.3,))
    image = Image(channels=channels, height=24, width_pixels=32, mean=mean, std=std)
    schema = Schema({"image": image}, {"target": target})
    x = torch.randint(0, 256, (len(y), channels, 24, 32), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    rows = torch.arange(len(y))
    splits = {"train": rows, "validation": rows[:0], "test": rows[:0]}
    return Data("made", schema, "classification", x, y, rows, splits, augment=build(augment, schema))


def test_the_first_column_is_the_picture_itself():
    data = made(Category(("a", "b")), torch.arange(6) % 2, "shift+flip")
    page = np.asarray(sheet(data, seed=1, rows=3, versions=2, tile=224))
    assert page.shape == (3 * 168 + 2 * 4, 3 * 224 + 16 + 4, 3)
    order = data.order("train", 0)
    for row in range(3):
        tile = page[row * 172 : row * 172 + 168, :224]
        assert np.array_equal(tile[::7, ::7], data.x[order[row]].permute(1, 2, 0).numpy())
    versions = [page[:168, 240 + 228 * n : 464 + 228 * n] for n in range(2)]
    assert not np.array_equal(*versions)
    again = np.asarray(sheet(data, seed=1, rows=3, versions=2, tile=224))
    assert np.array_equal(page, again)


@pytest.mark.parametrize("masks", [False, True])
def test_boxes_and_masks_are_drawn(masks):
    y = torch.full((4, 2, 5), -1.0)
    y[:, 0] = torch.tensor([4.0, 4, 20, 16, 1])
    data = made(Boxes(("a", "b"), 2, masks), y, "flip")
    plain = made(Category(("a", "b")), torch.zeros(4, dtype=torch.int64), "flip")
    if masks:
        data.masks = torch.full((4, 2, 98), 255, dtype=torch.uint8)
    drawn, without = (np.asarray(sheet(d, seed=0, rows=2, versions=1, tile=224)) for d in (data, plain))
    differing = (drawn != without).any(2)[:168, :224].mean()
    assert (0.2 if masks else 0.01) < differing < (0.5 if masks else 0.15)  # the box is a quarter of the picture


def test_codes_of_pixels_are_drawn():
    y = torch.zeros(4, 24, 32, dtype=torch.uint8)
    y[:, :, 16:] = 255
    data = made(Mask(("a", "b")), y)
    page = np.asarray(sheet(data, seed=0, rows=1, versions=1, tile=224))
    picture = data.x[data.order("train", 0)[0]].permute(1, 2, 0).numpy()
    assert np.array_equal(page[:168:7, 112:224:7], picture[:, 16:])  # without a label, as it is
    assert not np.array_equal(page[:168:7, :112:7], picture[:, :16])


def test_preview_of_digits(tmp_path):
    found = preview("digits", augment="shift+scale:0.3", rows=200, out=tmp_path / "a.png")
    assert found["policy"] == "shift+scale:0.3"
    assert (found["rows"], found["versions"]) == (ROWS, VERSIONS)
    page = Pillow.open(tmp_path / "a.png")
    assert page.height == ROWS * (TILE + 4) - 4
    assert preview("digits", rows=200, out=tmp_path / "b.png")["policy"] == "shift"
    assert preview("digits", rows=200, augment="none", out=tmp_path / "c.png")["policy"] == "none"


def test_errors_say_what_to_type(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("a,b\n" + "".join(f"{i * i % 17},{i % 2}\n" for i in range(40)))
    with pytest.raises(DataError, match="holds no pictures"):
        preview(table, "b", out=tmp_path / "a.png")
    with pytest.raises(UsageError, match="Did you mean 'flip'"):
        preview("digits", augment="flpi", rows=200, out=tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_the_command(tmp_path, capfd):
    from profundo.cli import execute

    out = tmp_path / "a.png"
    assert execute(["augment", "digits", "--rows", "200", "--augment", "affine", "-o", str(out), "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == {
        "name": "digits",
        "policy": "affine",
        "rows": ROWS,
        "versions": VERSIONS,
        "out": str(out),
    }
    assert out.exists()
    assert execute(["augment"]) == 0
    listed = capfd.readouterr().out
    assert all(f"\n{name} " in listed for name in NAMES)
    assert execute(["augment", "digits", "--augment", "rotate:many"]) == 2
    assert "such as rotate:10" in capfd.readouterr().err


def test_what_is_stored_and_shown(tmp_path):
    data = made(Category(("a", "b")), torch.arange(6) % 2)
    torch.manual_seed(0)
    cards = seen(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), data)
    assert set(cards) == {"augment.png", "filters.png"}
    for name, card in cards.items():
        opened(card).load()
        (tmp_path / name).write_bytes(card)
    assert augment_card(made(Category(("a", "b")), torch.arange(6) % 2, "none")) is None

    run = SimpleNamespace(path=tmp_path, plan_values={"data": {"augment": "flip+<b>"}})
    page = seen_section(run)
    assert page.count("data:image/png;base64,") == 2
    assert "flip+&lt;b&gt;" in page
    told = SimpleNamespace(path=tmp_path, plan_values={}, schema=data.schema, scores=SimpleNamespace(task=data.task))
    assert "</code>, here shift+flip." in seen_section(told)
    (tmp_path / "augment.png").write_bytes(b"no picture")
    (tmp_path / "filters.png").unlink()
    assert seen_section(run) == ""


def test_filters_are_stretched_each_on_its_own():
    weight = torch.zeros(4, 3, 5, 5)
    weight[0, 0, 1, 2], weight[1, :, 0, 0], weight[2, 1, 3, 3] = 0.01, -5.0, 2.0
    found = pictures(weight)
    assert found.shape == (4, 5, 5, 3)
    assert found[0, 1, 2].tolist() == [255, 128, 128]
    assert found[1, 0, 0].tolist() == [0, 0, 0]
    assert (found[3] == 128).all()
    grey = pictures(torch.randn(6, 1, 3, 3))
    assert (grey == grey[..., :1]).all()
    assert len(pictures(torch.randn(64, 8, 3, 3))) == 96  # every channel is a kernel, up to a limit


def test_networks_with_and_without_kernels():
    assert filters_card(nn.Linear(3, 3)) is None
    assert filters_card(nn.Conv2d(3, 3, 1)) is None
    page = opened(filters_card(nn.Sequential(nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5))))
    assert page.size == (4 * 54 - 4, 2 * 54 - 4)
