"""The whole way from a source to tensors; nothing of the test part reaches the fit."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image as Picture

from profundo.data import DataPlan, encode_new, load, read
from profundo.data.raw import Raw
from profundo.errors import DataError, ResourceError, UsageError
from profundo.files import finite

RNG = np.random.default_rng(0)


def table(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    words = np.array(["red", "green", "blue", "fast", "slow", "good", "bad", "warm"])
    return pd.DataFrame(
        {
            "row": np.arange(rows),
            "size": rng.normal(size=rows),
            "gaps": np.where(rng.random(rows) < 0.2, np.nan, rng.exponential(size=rows)),
            "color": rng.choice(["red", "green", "blue"], rows),
            "city": rng.choice([f"city {i}" for i in range(40)], rows),
            "day": pd.date_range("2020-01-01", periods=rows).strftime("%d/%m/%Y"),
            "review": [" ".join(rng.choice(words, 6)) + f" {i}" for i in range(rows)],
            "typed": rng.integers(0, 1000, rows).astype(str),
            "price": rng.normal(size=rows) * 1000,
            "sold": rng.choice(["yes", "no"], rows),
        }
    )


def test_importing_the_package_is_light():
    code = (
        "import sys, profundo.data; print(sorted({'pandas', 'sklearn', 'scipy', 'pyarrow', 'PIL'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_table_becomes_tensors_with_their_schema():
    data = load(table(), target="sold")
    assert data.task == "classification" and data.schema.labels == ("no", "yes")
    assert data.x.dtype == torch.float32 and data.y.dtype == torch.int64
    assert data.x.shape == (300, len(data.schema.features)) and data.x.isfinite().all()
    assert data.ids.tolist() == list(range(300)) and list(data.frame.columns) == list(table().columns)
    assert set(data.schema.inputs) == set(table().columns) - {"row", "sold"}
    assert data.schema.embedded == (len(data.schema.inputs["city"].labels) + 1,)
    batch = next(data.batches("test", size=16))
    assert batch.x.shape[0] == 16 and (batch.y == data.y[batch.ids]).all()
    flags = {n.flag for n in data.notes}
    assert {"--keep row", "--split 80/10/10"} <= flags


def test_regression_targets_are_in_standard_units():
    data = load(table(), target="price")
    train = data.y[data.positions("train")]
    assert data.task == "regression" and data.y.dtype == torch.float32
    assert train.mean().item() == pytest.approx(0, abs=1e-6) and train.std(correction=0).item() == pytest.approx(
        1, abs=1e-5
    )
    two = load(table(), target=("price", "size"))
    assert two.task == "regression" and two.y.shape == (300, 2) and "size" not in two.schema.inputs


def test_multilabel():
    frame = table().assign(a=RNG.integers(0, 2, 300), b=RNG.integers(0, 2, 300))
    data = load(frame, target=("a", "b"))
    assert data.task == "multilabel" and data.schema.outputs == 2
    assert data.y.numpy().tolist() == frame[["a", "b"]].astype(float).to_numpy().tolist()


SENTINELS = {"size": 1e30, "gaps": -1e30, "color": "POISON", "city": "POISON", "day": "31/12/2999"} | {
    "review": "poison poison venom", "typed": "not a number at all", "row": -7
}  # fmt: skip


@pytest.mark.parametrize("target", ["sold", "price", "official", "city"])
def test_poisoned_test_rows_change_nothing(target):
    """20 of 20: sentinels in the validation and test rows leave schema and training tensors byte for byte."""
    for seed in range(20):
        frame = table(seed=seed)
        column = "price" if target == "official" else target
        if target == "official":
            frame["split"] = ["train"] * 200 + ["valid"] * 40 + ["test"] * 60
        clean = load(frame, target=column, seed=seed)
        held = np.concatenate([clean.positions("validation"), clean.positions("test")])
        poisoned = frame.astype({name: object for name in SENTINELS})
        for name, value in SENTINELS.items():
            if name != column:
                poisoned.loc[held, name] = value
        poisoned = poisoned.infer_objects()
        if column == "price":
            poisoned.loc[held, "price"] = 1e30
        dirty = load(poisoned, target=column, seed=seed)
        train = clean.positions("train")
        assert (dirty.x[held] != clean.x[held]).any(), "the poison must have arrived"
        assert json.dumps(dirty.schema.to_dict()) == json.dumps(clean.schema.to_dict())
        assert dirty.positions("train").equal(train)
        assert dirty.x[train].numpy().tobytes() == clean.x[train].numpy().tobytes()
        assert dirty.y[train].numpy().tobytes() == clean.y[train].numpy().tobytes()


def test_same_seed_same_bytes():
    first, second, other = (load(table(), target="sold", seed=s) for s in (1, 1, 2))
    assert first.x.equal(second.x) and all(first.splits[k].equal(second.splits[k]) for k in first.splits)
    assert not first.splits["test"].equal(other.splits["test"])


def test_rows_without_target_keep_the_ids_of_the_others():
    frame = table()
    frame.loc[[3, 5], "price"] = [np.nan, np.inf]
    data = load(frame, target="price")
    assert len(data.ids) == 298 and not {3, 5} & set(data.ids.tolist())
    assert (data.frame.index == data.ids.numpy()).all()
    assert any(
        n.warning and n.text.startswith("2 rows without a usable price") and "row 3" in n.text for n in data.notes
    )


def test_a_sample_keeps_row_numbers(tmp_path):
    table().to_csv(tmp_path / "t.csv", index=False)
    data = load(tmp_path / "t.csv", target="sold", rows=100)
    assert len(data.ids) == 100 and (data.frame["row"] == data.frame.index).all()
    assert any("random sample of 100 of the 300 rows" in n.text for n in data.notes)
    assert len(load(table(), target="sold", rows=100).ids) == 100


def test_label_that_training_never_saw():
    frame = table().assign(kind=["a", "b"] * 145 + ["c"] * 10, split=["train"] * 200 + ["test"] * 100)
    data = load(frame, target="kind", drop="row")
    assert data.schema.labels == ("a", "b") and data.count("test") == 90
    assert any(n.warning and "such as c" in n.text for n in data.notes)


def test_group_and_time_and_kinds():
    data = load(table(), target="sold", group="city", kinds={"color": "text"})
    cities = [set(data.frame["city"].iloc[p.numpy()]) for p in data.splits.values()]
    assert not cities[0] & cities[2] and "city" not in data.schema.inputs
    assert data.schema.inputs["color"].name == "text"
    late = load(table(), target="sold", time="day")
    assert late.positions("train").max() < late.positions("validation").min()


def test_summary_is_plain_json_over_the_training_rows():
    data = load(table(), target="sold")
    summary = json.loads(json.dumps(finite(data.summary)))
    assert summary == data.summary and list(summary) == list(data.frame.columns)
    size, color, row = summary["size"], summary["color"], summary["row"]
    assert sum(size["histogram"]["counts"]) == data.count("train") == sum(n for _, n in color["top"])
    assert len(size["histogram"]["edges"]) == len(size["histogram"]["counts"]) + 1
    train = data.frame["size"].iloc[data.positions("train").numpy()]
    assert size["median"] == pytest.approx(train.median()) and size["mean"] == pytest.approx(train.mean())
    assert summary["gaps"]["missing"] == int(data.frame["gaps"].isna().sum())
    assert row["role"] == "left out" and row["reason"] and summary["sold"]["role"] == "target"
    assert summary["sold"]["distinct"] == 2 and summary["day"]["kind"] == "date" and "histogram" in summary["day"]


def test_plans_and_options():
    plan = DataPlan(target="sold", drop=["city"], seed=4)
    assert plan.target == ("sold",) and plan.drop == ("city",)
    assert load(table(), plan).x.equal(load(table(), target="sold", drop="city", seed=4).x)
    assert load(table(), plan, drop=()).x.shape[1] == load(table(), plan).x.shape[1] + 1
    for wrong, message in [
        ({"task": "clasification"}, "Did you mean 'classification'"),
        ({"kinds": {"a": "nubmer"}}, "Did you mean 'number'"),
        ({"rows": 0}, "--rows is 0"),
        ({"group": "a", "time": "b"}, "do not go together"),
    ]:
        with pytest.raises(UsageError, match=message):
            DataPlan(**wrong)
    with pytest.raises(UsageError, match="Did you mean 'target'"):
        load(table(), targt="sold")


def test_sources(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table().to_csv("houses.csv", index=False)
    assert len(read("houses.csv").frame) == 300
    assert read({"a": [1, 2]}).frame["a"].tolist() == [1, 2]
    x, y = RNG.normal(size=(50, 3)), RNG.integers(0, 2, 50)
    raw = read((x, y))
    assert len(raw.frame) == 50 and len(raw.target) == 1
    named = read((pd.DataFrame(x, columns=list("abc")), pd.Series(y, name="won", index=range(50, 100))))
    assert named.target == ("won",) and named.frame["won"].tolist() == y.tolist()
    assert load((x, y)).task == "classification"
    with pytest.raises(DataError, match="x has 50 rows and y has 49"):
        read((pd.DataFrame(x), y[:49]))
    with pytest.raises(DataError, match="not int"):
        read(3)
    with pytest.raises(DataError, match=r"no file, folder or built-in data set 'irs'. Did you mean 'iris'"):
        read("irs")
    with pytest.raises(DataError, match=r"Did you mean 'houses\.csv'"):
        read("hoses.csv")
    (tmp_path / "iris").write_text("a,b\n1,2\n3,4\n")
    assert list(read("iris").frame.columns) == ["a", "b"], "a file wins over a built-in name"
    assert read(raw) is raw


def test_table_too_wide_for_memory_is_refused(monkeypatch):
    monkeypatch.setenv("PROFUNDO_MEMORY_GB", "0.00001")
    with pytest.raises(ResourceError, match=r"300 rows of \d+ numbers.*--rows"):
        load(table(), target="sold")


def test_new_data_is_encoded_as_in_training():
    data = load(table(), target="sold")
    new = encode_new(data.schema, data.task, read(table().drop(columns=["sold", "row"])), targets=False)
    assert new.x.equal(data.x) and new.count("test") == 300 and not new.y.any()
    scored = encode_new(data.schema, data.task, read(table()), targets=True)
    assert scored.y.equal(data.y) and any("not used: row" in n.text for n in scored.notes)
    frame = table()
    frame.loc[:1, "sold"] = ["maybe", None]
    frame.loc[5:6, "color"] = "violet"
    some = encode_new(data.schema, data.task, read(frame), targets=True)
    assert some.ids.tolist() == list(range(2, 300)) and (some.y == data.y[2:]).all()
    texts = [n.text for n in some.notes if n.warning]
    assert any("2 values of color are labels that training never saw" in t for t in texts)
    assert any(t.startswith("2 rows are left out") for t in texts)
    with pytest.raises(DataError, match=r"to score, in .*, there is no column 'sold'"):
        encode_new(data.schema, data.task, read(table().drop(columns="sold")), targets=True)
    with pytest.raises(DataError, match="no column 'color'"):
        encode_new(data.schema, data.task, read(table().drop(columns="color")), targets=False)


class Pixels:
    """Pictures from an array, of which some are damaged."""

    def __init__(self, pixels, bad=()):
        self.pixels, self.bad = pixels, bad

    def __len__(self):
        return len(self.pixels)

    def label(self, row):
        return f"picture {row}"

    def survey(self):
        from profundo.data.raw import Survey

        sizes = [self.pixels.shape[2:]] * (len(self) - len(self.bad))
        return Survey(
            sizes, {"RGB": len(self)}, self.pixels.shape[1] == 1, [(r, f"picture {r}", "cut") for r in self.bad]
        )

    def decode(self, rows, channels, height, width):
        assert (channels, height, width) == self.pixels.shape[1:] and not set(self.bad) & set(rows.tolist())
        return self.pixels[rows]


def pictures(bad=()):
    pixels = RNG.integers(0, 256, (60, 3, 8, 6), dtype=np.uint8)
    frame = pd.DataFrame({"class": ["cat", "dog"] * 30, "width": range(60)})
    return Raw("pets", frame, Pixels(pixels, bad), target=("class",))


def test_images():
    raw = pictures(bad=[4, 7])
    data = load(raw, augment="none")
    assert data.schema.shape == (3, 8, 6) and data.x.dtype == torch.uint8 and len(data.ids) == 58
    assert not {4, 7} & set(data.ids.tolist())
    train = raw.pictures.pixels[data.ids[data.positions("train")].numpy()] / 255
    np.testing.assert_allclose(data.schema.image.mean, train.mean((0, 2, 3)), atol=1e-12)
    np.testing.assert_allclose(data.schema.image.std, train.std((0, 2, 3)), atol=1e-12)
    batch = data.whole("train")
    assert batch.x.mean().abs() < 1e-5
    assert data.summary["image"]["kind"] == "image" and data.summary["width"]["role"] == "left out"
    assert any(n.warning and "picture 4: cut picture 7: cut" in n.text for n in data.notes)
    new = encode_new(data.schema, data.task, raw, targets=True)
    assert new.x.equal(data.x) and new.y.equal(data.y)
    with pytest.raises(DataError, match="More than half are bad"):
        load(pictures(bad=range(40)))
    with pytest.raises(DataError, match="holds none"):
        encode_new(data.schema, data.task, read(table()), targets=False)


def test_poisoned_pictures_change_nothing():
    clean = load(pictures(), augment="none")
    raw = pictures()
    raw.pictures.pixels[:] = clean.x.numpy()
    raw.pictures.pixels[np.concatenate([clean.positions("test"), clean.positions("validation")])] = 255
    dirty = load(raw, augment="none")
    assert dirty.schema == clean.schema and not dirty.x.equal(clean.x)


def test_table_with_picture_paths(tmp_path):
    (tmp_path / "p").mkdir()
    for i in range(20):
        Picture.fromarray(RNG.integers(0, 256, (10, 12, 3), dtype=np.uint8)).save(tmp_path / "p" / f"{i}.png")
    frame = pd.DataFrame({"photo": [f"p/{i}.png" for i in range(20)], "label": ["a", "b"] * 10})
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = load(tmp_path / "t.csv", augment="none")
    assert list(data.schema.inputs) == ["photo"] and data.x.shape == (20, 3, 10, 12)
    assert load(tmp_path / "t.csv", augment="none", size=16).x.shape == (20, 3, 16, 16)
    assert load(tmp_path / "t.csv", augment="none", rows=15).x.shape == (15, 3, 10, 12)


def test_adult_loads_in_about_a_second(shared):
    import time

    begin = time.perf_counter()
    data = load(shared("tabular/adult_income.csv.gz"), target="income")
    assert len(data.ids) == 48_842 and data.count("test") == 16_281
    assert time.perf_counter() - begin < 10  # a second on a quiet machine


def test_pictures_without_classes_can_be_read_for_predicting(tmp_path):
    for i in range(3):
        Picture.fromarray(RNG.integers(0, 256, (8, 8), dtype=np.uint8)).save(tmp_path / f"{i}.png")
    assert len(read(tmp_path).pictures) == 3
    with pytest.raises(DataError, match="pictures of each class in a folder of its own"):
        load(tmp_path)
