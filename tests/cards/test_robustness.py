"""Nuisances and the robustness card, on planted networks whose accuracy must fall, and on pages."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from profundo.cards.nuisances import HIDDEN, NUISANCES, SEVERITIES, background, centred, sample
from profundo.cards.robustness import half_lost, robustness_card, robustness_lines
from profundo.charts import fixed
from profundo.data import load
from profundo.data.dataset import Data
from profundo.errors import UsageError
from profundo.files import write_json
from profundo.metrics import compare_classifiers
from profundo.report.robustness import robustness_section
from profundo.report.stored import read_run
from profundo.schema import Category, Image, Schema
from profundo.tasks import build_task
from run_folders import EVIL, table_run

BY_NAME = {n.name: n for n in NUISANCES}


def shapes(seed: int = 0, n: int = 400, channels: int = 1, side: tuple[int, int] = (24, 24)) -> tuple[Data, Tensor]:
    """Pictures of one blob at one of ten places on a ring, each of its own strength; returns the templates as well."""
    random = np.random.default_rng(seed)
    angle, strength = torch.arange(10) * (2 * np.pi / 10), torch.linspace(0.5, 1, 10)
    across, down = centred(torch.zeros(1, 1, *side))
    from_x, from_y = (0.65 * f(angle)[:, None, None] for f in (torch.cos, torch.sin))
    blob = torch.exp(-((across - from_x) ** 2 + (down - from_y) ** 2) / 0.03) * strength[:, None, None]
    templates = blob[:, None].expand(-1, channels, -1, -1) * 200
    y = torch.from_numpy(random.integers(0, 10, n))
    noise = torch.from_numpy(random.normal(0, 12, (n, channels, *side))).float()
    x = (templates[y] + 20 + noise).clamp(0, 255).to(torch.uint8)
    image = Image(channels, *side, (0.0,) * channels, (1.0,) * channels)
    schema = Schema({"image": image}, {"shape": Category(tuple("abcdefghij"))})
    half = n // 4
    splits = {"train": torch.arange(half, n), "validation": torch.arange(0), "test": torch.arange(half)}
    return Data("shapes", schema, "classification", x, y, torch.arange(n), splits), (templates + 20) / 255


class Nearest(nn.Module):
    """Template matching: the score of a class is minus the squared distance to its template."""

    def __init__(self, templates: Tensor) -> None:
        super().__init__()
        self.templates = nn.Parameter(templates.flatten(1))

    def forward(self, x: Tensor) -> Tensor:
        return -(torch.cdist(x.flatten(1), self.templates) ** 2)


def card_of(data: Data, templates: Tensor, **options) -> dict:
    return robustness_card(Nearest(templates), build_task("classification", data.schema), data, **options)


@pytest.fixture(scope="module")
def planted() -> dict:
    data, templates = shapes(n=1600)
    return card_of(data, templates)


# --- the changes ----------------------------------------------------------------------------------------------------


def pictures(channels: int = 3, side: tuple[int, int] = (20, 30)) -> Tensor:
    return torch.from_numpy(np.random.default_rng(0).random((6, channels, *side), np.float32))


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("channels", [1, 3])
def test_severity_nought_changes_nothing_and_more_changes_more(name, channels):
    x, nuisance = nn.functional.avg_pool2d(pictures(channels, (60, 90)), 3), BY_NAME[name]
    drawn = nuisance.draw(len(x), 0)
    found = [nuisance.apply(x, s, drawn, x.roll(1, 0)) for s in SEVERITIES]
    assert torch.allclose(found[0], x, atol=1e-5)
    away = [float((f - x).square().mean()) for f in found]
    assert 0 < away[1] < away[5]
    assert away == sorted(away) or name in ("viewpoint", "scale", "deformation")  # these move what is there
    assert all(f.shape == x.shape and f.min() >= 0 and f.max() <= 1 for f in found)
    assert all(nuisance.setting(s) for s in SEVERITIES)


def test_the_draw_is_a_function_of_seed_and_name_and_no_picture_depends_on_another():
    x = pictures()
    for nuisance in NUISANCES:
        drawn, others = nuisance.draw(6, 3), x.roll(1, 0)
        assert torch.equal(drawn, nuisance.draw(6, 3)) and not torch.equal(drawn, nuisance.draw(6, 4))
        whole = nuisance.apply(x, 3, drawn, others)
        parts = [nuisance.apply(x[i : i + 2], 3, drawn[i : i + 2], others[i : i + 2]) for i in (0, 2, 4)]
        assert torch.allclose(whole, torch.cat(parts), atol=1e-6)


def test_occlusion_hides_the_share_it_says_and_a_larger_square_holds_the_smaller():
    x = torch.zeros(8, 1, 50, 50)
    drawn = BY_NAME["occlusion"].draw(8, 0)
    hidden = [BY_NAME["occlusion"].apply(x, s, drawn, x) == 0.5 for s in SEVERITIES]
    for severity, where in enumerate(hidden):
        assert where.float().mean((1, 2, 3)).numpy() == pytest.approx(HIDDEN * severity, abs=0.03)
    assert all(bool((small <= large).all()) for small, large in itertools.pairwise(hidden))


def test_half_of_the_pictures_shrink_and_half_grow():
    x = torch.zeros(40, 1, 40, 40)
    x[:, :, 12:28, 12:28] = 1
    drawn = BY_NAME["scale"].draw(40, 1)
    area = BY_NAME["scale"].apply(x, 2, drawn, x).mean((1, 2, 3)) / x.mean()
    grown = drawn[:, 0] < 0.5  # the factor is 1.45 either way
    assert area[grown].numpy() == pytest.approx(1.45**2, rel=0.05)
    assert area[~grown].numpy() == pytest.approx(1.45**-2, rel=0.05)


def test_a_view_from_the_side_is_narrower_by_its_cosine():
    x = torch.zeros(1, 1, 200, 200)
    x[:, :, 95:105, 80:120] = 1
    seen = BY_NAME["viewpoint"].apply(x, 0, torch.zeros(1, 2), x)
    assert torch.allclose(seen, x, atol=1e-4)
    across, down = centred(x)
    assert torch.allclose(sample(x, across, down), x, atol=1e-4)
    seen = BY_NAME["viewpoint"].apply(x, 5, torch.zeros(1, 2), x)
    assert float(seen.sum() / x.sum()) == pytest.approx(0.5, rel=0.05)  # 60 degrees


def test_illumination_takes_the_contrast_it_says():
    x = pictures()
    for severity in (1, 5):
        seen = BY_NAME["illumination"].apply(x, severity, torch.tensor([[0.1]] * 3 + [[0.9]] * 3), x)
        assert float(seen[:3].max()) == pytest.approx(1 - 0.15 * severity, abs=0.02)
        assert float(seen[3:].min()) == pytest.approx(0.15 * severity, abs=0.02)


def test_clutter_leaves_the_object_alone():
    x = torch.full((4, 3, 30, 30), 0.1)
    x[:, :, 10:20, 10:20] = 0.9
    seen = BY_NAME["background clutter"].apply(x, 5, BY_NAME["background clutter"].draw(4, 0), torch.ones_like(x))
    assert torch.equal(seen[:, :, 10:20, 10:20], x[:, :, 10:20, 10:20])
    assert float((seen != x).float().mean()) > 0.15
    photo = pictures(3, (30, 30))
    assert not background(photo)[:, :, 10:20, 10:20].any() and background(photo)[:, :, 0, 0].all()


# --- the card -------------------------------------------------------------------------------------------------------


def test_accuracy_falls_at_every_severity_on_a_planted_model(planted):
    assert planted["clean"]["value"] == 1.0 and planted["n"] == 400
    assert len(planted["probes"]) == 7
    for probe in planted["probes"][:6]:
        values = [level["accuracy"]["value"] for level in probe["levels"]]
        assert values == sorted(values, reverse=True), probe["name"]
        assert values[-1] < values[0], probe["name"]


def test_every_accuracy_has_its_interval_and_every_drop_is_paired(planted):
    for probe in planted["probes"]:
        for level in probe["levels"]:
            score = level["accuracy"]
            assert score["low"] <= score["value"] <= score["high"]
            assert level["shown"]["picture"].startswith("iVBOR")
        for level in probe["levels"][1:] if probe["name"] != "intra-class variation" else ():
            lost = planted["clean"]["value"] - level["accuracy"]["value"]
            assert level["drop"]["value"] == pytest.approx(lost, abs=1e-12)
            assert level["drop"]["low"] <= lost <= level["drop"]["high"] and level["drop"]["n"] == 400


def test_drops_are_those_of_the_paired_comparison():
    data, templates = shapes()
    card = card_of(data, templates)
    level = card["probes"][3]["levels"][5]
    kept = round(level["accuracy"]["value"] * card["n"])
    truth = np.zeros(card["n"])
    found = compare_classifiers(truth, truth, (np.arange(card["n"]) >= kept).astype(float))
    assert (level["drop"]["low"], level["drop"]["p"]) == pytest.approx((found.low, found.p))


def test_half_of_the_gain_over_chance():
    levels = [{"accuracy": {"value": v}} for v in (0.9, 0.8, 0.6, 0.4, 0.3, 0.2)]
    assert half_lost(levels, 0.1) == pytest.approx(2.5)  # midway is 0.5
    assert half_lost(levels[:3], 0.1) is None
    assert half_lost([{"accuracy": {"value": 0.1}}] * 6, 0.1) is None


def test_odd_pictures_are_those_far_from_the_middle_of_their_class():
    data, templates = shapes(n=1200)
    rows = data.splits["test"].numpy()
    random = np.random.default_rng(0)
    odd = rows[random.random(len(rows)) < 0.2]
    other = (data.y[odd] + 1) % 10
    data.x[odd] = ((templates[other] * 0.6 + templates[data.y[odd]] * 0.4) * 255).to(torch.uint8)
    fifths = card_of(data, templates)["probes"][6]["levels"]
    assert [level["accuracy"]["n"] for level in fifths] == pytest.approx([60] * 5, abs=6)
    values = [level["accuracy"]["value"] for level in fifths]
    assert values[:3] == [1.0, 1.0, 1.0] and values[4] < 0.3


def test_a_network_that_ignores_the_light_loses_nothing_by_it():
    data, templates = shapes()

    class Correlates(Nearest):
        def forward(self, x: Tensor) -> Tensor:
            flat = x.flatten(1)
            ranks = flat.argsort(1).argsort(1).float()
            return torch.corrcoef(torch.cat([ranks, self.templates]))[: len(x), len(x) :]

    network = Correlates(templates)
    card = robustness_card(network, build_task("classification", data.schema), data)
    light = next(p for p in card["probes"] if p["name"] == "illumination")
    assert light["half"] is None and light["sentence"].startswith("No loss that can be told from chance")


@pytest.mark.parametrize(("channels", "side"), [(3, (20, 28)), (1, (9, 9)), (3, (70, 64))])
def test_any_channels_and_size_and_the_card_stays_small(channels, side):
    data, templates = shapes(n=120, channels=channels, side=side)
    card = card_of(data, templates)
    assert len(json.dumps(card, allow_nan=False)) < 200_000
    assert len(robustness_lines(card)) == 8 and card["weakest"] in [n.name for n in NUISANCES]


def test_photographs_of_noise_stay_small_too():
    data, templates = shapes(n=80, channels=3, side=(64, 64))
    data.x = torch.from_numpy(np.random.default_rng(0).integers(0, 256, data.x.shape, dtype=np.uint8))
    assert len(json.dumps(card_of(data, templates))) < 250_000


def test_the_same_seed_gives_the_same_card_and_the_sample_is_drawn():
    data, templates = shapes(n=1200)
    first, again, other = (json.dumps(card_of(data, templates, seed=s, most=90)) for s in (1, 1, 2))
    assert first == again and first != other
    assert json.loads(first)["n"] == 90


def test_tables_have_no_card():
    data, templates = shapes()
    random = np.random.default_rng(0)
    table = load(pd.DataFrame({"a": random.normal(size=60), "target": random.choice(["x", "y"], 60)}))
    with pytest.raises(UsageError, match="pictures with one label each"):
        robustness_card(Nearest(templates), build_task("classification", data.schema), table)


# --- the pages ------------------------------------------------------------------------------------------------------


def test_the_robustness_section_shows_what_the_card_holds(planted, tmp_path):
    run = table_run(tmp_path)
    assert robustness_section(read_run(run)) == ""
    write_json(run / "robustness.json", planted)
    page = robustness_section(read_run(run))
    assert page.count("<svg") == 7 and page.count("<img") == 6 * 6 + 5 and page.count("What to do") == 7
    for probe in planted["probes"]:
        assert probe["name"].capitalize() in page and probe["levels"][-1]["setting"] in page
        assert all(fixed(level["accuracy"]["value"]) in page for level in probe["levels"])


def test_hostile_labels_come_out_as_text(planted, tmp_path):
    run = table_run(tmp_path)
    spoilt = json.loads(json.dumps(planted))
    spoilt["probes"][0]["levels"][0]["shown"] |= {"true": EVIL, "predicted": EVIL}
    write_json(run / "robustness.json", spoilt)
    page = robustness_section(read_run(run))
    assert "<script" not in page and EVIL not in page
