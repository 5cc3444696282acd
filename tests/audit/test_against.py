"""Two sources held against each other."""

import numpy as np
import pandas as pd
import torch
from test_near import changed, table
from test_near_pictures import scenes

from profundo.audit.against import against
from profundo.data import load


def labelled(frame, seed=0):
    return frame.assign(y=np.random.default_rng(seed).choice(["no", "yes"], len(frame)))


def found_by_name(one, other):
    return {f.name: f for f in against(one, other)}


def test_sources_without_anything_in_common_raise_nothing():
    assert against(load(labelled(table(300)), target="y"), load(labelled(table(200, seed=1)), target="y")) == []


def test_rows_in_both_sources_and_their_labels():
    here, there = labelled(table(300)), labelled(table(200, seed=1))
    there.iloc[:10] = here.iloc[:10].to_numpy()
    there.iloc[20:30, :-1] = changed(here.iloc[:, :-1], list(range(50, 60)), "jitter").to_numpy()
    there.loc[:3, "y"] = np.where(there.loc[:3, "y"] == "yes", "no", "yes")
    there = there.infer_objects()
    found = found_by_name(load(here, target="y"), load(there, target="y"))
    assert set(found) == {"copies in both sources", "near copies in both sources"}
    exact, near = found["copies in both sources"], found["near copies in both sources"]
    assert set(exact.pairs) == {(i, i) for i in range(10)} and exact.severity == "serious"
    assert exact.facts["copies"] == 10 and exact.facts["share"]["n"] == 200 and exact.facts["other label"] == 4
    assert set(near.pairs) == {(50 + i, 20 + i) for i in range(10)}


def test_columns_and_labels_of_one_alone():
    here, there = (
        labelled(table(300)),
        labelled(table(200, seed=1)).drop(columns="x2").assign(more=np.arange(200.0) % 7),
    )
    there.loc[:40, "y"] = "perhaps"
    found = against(load(here, target="y"), load(there, target="y"))
    assert [(f.name, f.severity) for f in found] == [
        ("missing column", "serious"),
        ("missing column", "minor"),
        ("new labels", "serious"),
    ]
    assert found[0].place == "x2" and found[1].place == "more" and "perhaps" in found[2].text


def test_pictures_in_both_sources_of_any_size():
    pixels = scenes(200)
    y = np.arange(200) % 2
    larger = torch.nn.functional.interpolate(pixels[:20].float(), (48, 48), mode="bicubic").clamp(0, 255).byte()
    other = torch.cat([larger, scenes(60, 48, seed=5)])
    found = found_by_name(load((pixels.numpy(), y)), load((other.numpy(), np.arange(80) % 2)))
    assert set(found) == {"near copies in both sources"}
    assert set(found["near copies in both sources"].pairs) == {(i, i) for i in range(20)}
    assert len(found["near copies in both sources"].pictures) == 16
    same = found_by_name(load((pixels.numpy(), y)), load((pixels[:50].numpy(), y[:50])))
    assert set(same) == {"copies in both sources"} and same["copies in both sources"].facts["other label"] == 0


def test_pictures_against_a_table():
    data = load((scenes(60).numpy(), np.arange(60) % 2))
    assert [f.name for f in against(data, load("iris"))] == ["other kind of data"]


def test_sources_without_columns_are_compared_by_their_labels_alone():
    x = np.random.default_rng(0).normal(size=(100, 12))
    one, other = load((x, np.arange(100) % 2)), load((x[:50], np.arange(50) % 2))
    assert [f.name for f in against(one, other)] == ["copies in both sources"]
    one.frame = other.frame = None
    assert against(one, other) == []


def test_columns_of_one_value():
    frame = pd.DataFrame({"a": ["x"] * 30, "y": ["no", "yes"] * 15})
    assert {f.name for f in against(load(frame, target="y", keep="a"), load(frame, target="y", keep="a"))} <= {
        "copies in both sources"
    }
