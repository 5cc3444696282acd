"""Groups of people: gaps against statsmodels and simulations, the bias card against plain NumPy and worked examples."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep
from torch import nn

from profundo.cards.gaps import Mean, MeanShare, Share, difference, p_value, ratio
from profundo.cards.groups import group_card, group_lines
from profundo.charts import fixed
from profundo.data import DataPlan, load
from profundo.data.dataset import Data
from profundo.decision import undecided
from profundo.errors import DataError, UsageError
from profundo.evaluate import Answers, Trained
from profundo.files import write_json
from profundo.metrics.hypothesis import holm
from profundo.plan import Plan
from profundo.report.groups import groups_section
from profundo.report.stored import read_run
from profundo.schema import Schema
from profundo.tasks.task import Prediction
from run_folders import EVIL, table_run

# --- gaps -----------------------------------------------------------------------------------------------------------


def random_counts(seed: int, cases: int = 40):
    random = np.random.default_rng(seed)
    for _ in range(cases):
        n_a, n_b = random.integers(5, 400, 2).tolist()
        yield int(random.integers(0, n_a + 1)), n_a, int(random.integers(0, n_b + 1)), n_b


def test_the_interval_of_a_difference_is_newcombes():
    for a, n_a, b, n_b in random_counts(0):
        found = difference(Share(a, n_a), Share(b, n_b))
        low, high = confint_proportions_2indep(a, n_a, b, n_b, method="newcomb", compare="diff")
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)
        assert found.value == pytest.approx(a / n_a - b / n_b, abs=1e-15)


def test_the_interval_of_a_ratio_is_walters():
    for a, n_a, b, n_b in random_counts(1):
        if not 0 < b < n_b or not 0 < a < n_a:
            continue
        found = ratio(Share(a, n_a), Share(b, n_b))
        low, high = confint_proportions_2indep(a, n_a, b, n_b, method="log-adjusted", compare="ratio")
        assert found.low == pytest.approx(min(low, found.value), rel=1e-9)
        assert found.high == pytest.approx(max(high, found.value), rel=1e-9)
    assert math.isnan(ratio(Share(3, 10), Share(0, 10)).value)


def test_the_interval_of_a_mean_is_students():
    values = np.random.default_rng(2).normal(3, 2, 17)
    low, high = stats.t.interval(0.95, 16, values.mean(), stats.sem(values))
    assert Mean.of(values).ends(1.959963984540054) == pytest.approx((low, high), rel=1e-10)
    assert Mean.of(values[:1]).ends(1.96) == (-math.inf, math.inf)


def test_p_is_below_a_level_exactly_where_the_interval_leaves_out_zero():
    for a, n_a, b, n_b in random_counts(3, 200):
        found = difference(Share(a, n_a), Share(b, n_b))
        assert (found.p < 0.05) == (found.low > 0 or found.high < 0)
        many = difference(Share(a, n_a), Share(b, n_b), looks=10)
        assert (many.p < 0.05) == (many.low > 0 or many.high < 0)
        assert many.low <= found.low and many.high >= found.high and many.p >= found.p


def test_p_of_equal_means_is_nearly_welchs():
    random = np.random.default_rng(4)
    a, b = random.normal(0, 1, 60), random.normal(0.4, 3, 80)
    pair = sorted([Mean.of(a), Mean.of(b)], key=lambda m: -m.value)
    assert p_value(*pair) == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue, rel=0.1)


def test_differences_cover_the_truth_and_chance_is_rarely_called_a_gap():
    random = np.random.default_rng(5)
    a, b = random.binomial(80, 0.3, 1000), random.binomial(120, 0.3, 1000)
    found = [difference(Share(x, 80), Share(y, 120)) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert 0.93 <= np.mean([g.low <= 0 <= g.high for g in found]) <= 0.97
    assert 0.03 <= np.mean([g.p < 0.05 for g in found]) <= 0.07


def test_macro_recall_covers_the_truth():
    random = np.random.default_rng(6)
    truth, sizes = np.array([0.9, 0.6, 0.2]), [200, 40, 25]
    hits = random.binomial(sizes, truth, (1000, 3))
    ends = [MeanShare(tuple(map(Share, row, sizes))).ends(1.96) for row in hits.tolist()]
    assert 0.93 <= np.mean([low <= truth.mean() <= high for low, high in ends]) <= 0.97


def test_holm_is_statsmodels():
    p = np.random.default_rng(7).random(30) ** 4
    assert holm(p.tolist()) == pytest.approx(multipletests(p, method="holm")[1].tolist(), abs=1e-15)
    assert holm([]) == []


# --- the card -------------------------------------------------------------------------------------------------------


def asked(task: str, data: Data, schema: Schema | None = None) -> Trained:
    return Trained(nn.Identity(), None, schema or data.schema, Plan(DataPlan(), task=task), undecided(task))  # type: ignore[arg-type]


def answered(data: Data, values, probabilities=None, labels=()) -> Answers:
    rows = data.positions("test")
    y, values = data.y[rows].numpy(), np.asarray(values)
    codes = (values == "1").astype(int) if values.ndim > 1 else np.searchsorted(labels, values)
    return Answers(data.ids[rows].numpy(), Prediction(values, probabilities, labels), codes, y, None)


def people(seed: int = 0, n: int = 3000, bias: float = 0.2) -> tuple[Data, Answers]:
    """Two sexes, three towns; the answer is yes more often for m, in truth and in the network."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "sex": random.choice(["f", "m"], n),
            "town": random.choice(["Reus", "Valls", "Falset"], n, p=[0.4, 0.3, 0.3]),
            "age": random.integers(18, 80, n),
            "x": random.normal(size=n),
        }
    )
    frame["hired"] = np.where(random.random(n) < 0.4 + bias * (frame["sex"] == "m"), "yes", "no")
    data = load(frame, target="hired", seed=seed)
    own = frame.iloc[data.ids[data.positions("test")].numpy()]
    p = np.clip(0.4 + bias * (own["sex"] == "m") + random.normal(0, 0.2, len(own)), 0.01, 0.99).to_numpy()
    values = np.where(p > 0.5, "yes", "no")
    return data, answered(data, values, np.stack([1 - p, p], 1), ("no", "yes"))


def by_hand(true: np.ndarray, said: np.ndarray, p: np.ndarray) -> dict[str, float]:
    return {
        "accuracy": (true == said).mean(),
        "positive rate": said.mean(),
        "true positive rate": (true & said).sum() / true.sum(),
        "false positive rate": (~true & said).sum() / (~true).sum(),
        "precision": (true & said).sum() / said.sum(),
        "base rate": true.mean(),
        "mean probability": p.mean(),
        "calibration": p.mean() - true.mean(),
    }


@pytest.mark.parametrize("seed", range(3))
def test_two_labels_against_numpy(seed):
    data, answers = people(seed, n=5000)
    card = group_card(asked("classification", data), data, answers, ["sex", "town"])
    own = data.frame.loc[answers.ids]
    true, said, p = answers.y == 1, answers.prediction.values == "yes", answers.prediction.probabilities[:, 1]
    assert [g["name"] for g in card["groupings"]] == ["sex", "town", "sex and town"]
    assert card["positive"] == "yes" and card["inputs"] == ["sex", "town"]
    keys = {"sex": own["sex"], "town": own["town"], "sex and town": own["sex"] + " × " + own["town"]}
    for grouping in card["groupings"]:
        key = keys[grouping["name"]].to_numpy()
        assert sum(g["n"] for g in grouping["groups"]) == card["n"] == len(own)
        hand = {}
        for group in grouping["groups"]:
            rows = key == group["name"]
            hand[group["name"]] = by_hand(true[rows], said[rows], p[rows])
            assert group["n"] == rows.sum()
            for name, value in hand[group["name"]].items():
                found = group["scores"][name]
                assert found["value"] == pytest.approx(value, abs=1e-12)
                assert found["low"] <= found["value"] <= found["high"]
        for gap in grouping["gaps"]:
            values = {g: v[gap["measure"]] for g, v in hand.items()}
            assert gap["gap"]["value"] == pytest.approx(max(values.values()) - min(values.values()), abs=1e-12)
            assert gap["p_corrected"] >= gap["gap"]["p"]
        named = {f["name"]: f["value"] for f in grouping["fairness"]}
        spread = {m: np.ptp([v[m] for v in hand.values()]) for m in next(iter(hand.values()))}
        rates = [v["positive rate"] for v in hand.values()]
        assert named["demographic parity difference"] == pytest.approx(spread["positive rate"], abs=1e-12)
        assert named["disparate impact ratio"] == pytest.approx(min(rates) / max(rates), abs=1e-12)
        assert named["equal opportunity difference"] == pytest.approx(spread["true positive rate"], abs=1e-12)
        odds = max(spread["true positive rate"], spread["false positive rate"])
        assert named["equalised odds difference"] == pytest.approx(odds, abs=1e-12)


def test_each_group_stands_against_all_the_others():
    data, answers = people()
    card = group_card(asked("classification", data), data, answers, ["town"])
    own, right = data.frame.loc[answers.ids, "town"].to_numpy(), answers.prediction.values == "yes"
    row = next(
        r for r in card["groupings"][0]["against_rest"] if (r["high"], r["measure"]) == ("Reus", "positive rate")
    )
    value = right[own == "Reus"].mean() - right[own != "Reus"].mean()
    assert row["gap"]["value"] == pytest.approx(value, abs=1e-12)
    assert group_card(asked("classification", data), data, answers, ["sex"])["groupings"][0]["against_rest"] == []


def test_a_planted_gap_is_told_and_none_is_told_where_there_is_none():
    data, answers = people(bias=0.2)
    lines = group_lines(group_card(asked("classification", data), data, answers, ["sex"]))
    rate = next(line for line in lines if "positive rate" in line)
    assert rate.startswith("by sex, positive rate: m 0.") and "chance" not in rate
    told = 0
    for seed in range(20):
        data, answers = people(seed, n=800, bias=0.0)
        gaps = group_card(asked("classification", data), data, answers, ["sex", "town"])["groupings"]
        told += any(row["p_corrected"] < 0.05 for g in gaps for row in g["gaps"])
    assert told <= 3


def test_few_people_are_warned_of_and_not_compared():
    data, answers = people(n=600)
    frame = data.frame.copy()
    frame.loc[answers.ids[:4], "town"] = "Siurana"
    data.frame = frame
    card = group_card(asked("classification", data), data, answers, ["town"])
    assert any("Siurana (4)" in w and "few people" in w for w in card["warnings"])
    town = card["groupings"][0]
    assert all("Siurana" not in (row["high"], row["low"]) for row in town["gaps"] + town["against_rest"])
    assert any(line.startswith("warning: by town") for line in group_lines(card))


def test_numbers_are_cut_at_the_quartiles_of_the_training_part():
    data, answers = people()
    groups = group_card(asked("classification", data), data, answers, ["age"])["groupings"][0]["groups"]
    train = data.frame.loc[data.ids[data.positions("train")].numpy(), "age"]
    own = data.frame.loc[answers.ids, "age"]
    cuts = np.quantile(train, [0.25, 0.5, 0.75], method="inverted_cdf")
    assert [g["name"].split()[0] for g in groups] == ["up", "over", "over", "over"]
    assert [g["n"] for g in groups] == np.bincount(np.searchsorted(cuts, own), minlength=4).tolist()


def test_missing_values_and_rare_labels_are_groups():
    data, answers = people()
    frame = data.frame.copy()
    frame["town"] = [f"t{i % 7 if i % 10 else i % 400}" for i in range(len(frame))]
    frame.loc[answers.ids[:50], "sex"] = None
    data.frame = frame
    sex, town, _ = group_card(asked("classification", data), data, answers, ["sex", "town"])["groupings"]
    assert {"name": "(missing)", "n": 50}.items() <= next(g for g in sex["groups"] if g["name"] == "(missing)").items()
    assert len(town["groups"]) == 21 and town["groups"][-1]["name"] == "(other)"


def test_a_column_that_was_left_out_of_the_training_will_do():
    data, answers = people()
    frame = data.frame.assign(hand=np.resize(["left", "right"], len(data.frame)))
    data.frame = frame
    card = group_card(asked("classification", data), data, answers, ["hand"])
    assert card["inputs"] == [] and len(card["groupings"][0]["groups"]) == 2


@pytest.mark.parametrize(("column", "words"), [("sexe", "Did you mean 'sex'"), ("hired", "that is the target")])
def test_a_column_that_will_not_do_is_told(column, words):
    data, answers = people(n=300)
    with pytest.raises(UsageError, match=words):
        group_card(asked("classification", data), data, answers, [column])


def test_names_of_people_make_no_groups():
    data, answers = people(n=300)
    data.frame = data.frame.assign(name=[f"person {i}" for i in range(300)])
    with pytest.raises(UsageError, match="names no groups"):
        group_card(asked("classification", data), data, answers, ["name"])


def test_without_columns_or_truth_it_says_so():
    data, answers = people(n=300)
    with pytest.raises(DataError, match="no target column"):
        group_card(asked("classification", data), data, replace(answers, y=None), ["sex"])
    data.frame = None
    with pytest.raises(UsageError, match="these data are arrays"):
        group_card(asked("classification", data), data, answers, ["sex"])


def test_several_labels():
    random = np.random.default_rng(0)
    n = 2000
    frame = pd.DataFrame({"sex": random.choice(["f", "m"], n), "x": random.normal(size=n)})
    frame["kind"] = random.choice(["a", "b", "c"], n)
    data = load(frame, target="kind")
    own = frame.iloc[data.ids[data.positions("test")].numpy()]
    values = np.where(random.random(len(own)) < 0.7, own["kind"], random.choice(["a", "b", "c"], len(own)))
    codes = pd.Categorical(values, categories=["a", "b", "c"]).codes
    card = group_card(
        asked("classification", data), data, answered(data, values, np.eye(3)[codes], ("a", "b", "c")), ["sex"]
    )
    for group in card["groupings"][0]["groups"]:
        rows = (own["sex"] == group["name"]).to_numpy()
        recalls = [(values == k)[rows & (own["kind"] == k).to_numpy()].mean() for k in "abc"]
        assert group["scores"]["macro recall"]["value"] == pytest.approx(np.mean(recalls), abs=1e-12)
        assert group["scores"]["b: rate"]["value"] == pytest.approx((values == "b")[rows].mean(), abs=1e-12)
        assert group["scores"]["c: recall"]["value"] == pytest.approx(recalls[2], abs=1e-12)
    targets = {f["target"] for f in card["groupings"][0]["fairness"]}
    assert card["positive"] is None and targets == {"a", "b", "c"}


def test_quantities():
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"sex": random.choice(["f", "m"], 1500), "x": random.normal(size=1500)})
    frame["pay"] = 3 * frame["x"] + random.normal(size=1500)
    data = load(frame, target="pay", task="regression")
    own = frame.iloc[data.ids[data.positions("test")].numpy()]
    said = 3 * own["x"].to_numpy() - 0.8 * (own["sex"] == "f").to_numpy()
    answers = Answers(own.index.to_numpy(), Prediction(said), said, own["pay"].to_numpy(), None)
    grouping = group_card(asked("regression", data), data, answers, ["sex"])["groupings"][0]
    for group in grouping["groups"]:
        rows = (own["sex"] == group["name"]).to_numpy()
        error = said[rows] - own["pay"].to_numpy()[rows]
        assert group["scores"]["mean error"]["value"] == pytest.approx(error.mean(), abs=1e-12)
        assert group["scores"]["mean absolute error"]["value"] == pytest.approx(np.abs(error).mean(), abs=1e-12)
        assert 0.5 < group["scores"]["r2"]["low"] < group["scores"]["r2"]["value"]
    gap = next(g for g in grouping["gaps"] if g["measure"] == "mean error")
    assert (gap["high"], gap["low"]) == ("m", "f") and gap["gap"]["low"] < 0.8 < gap["gap"]["high"]
    assert grouping["fairness"] == []


def test_several_yes_or_no_targets():
    random = np.random.default_rng(2)
    frame = pd.DataFrame({"sex": random.choice(["f", "m"], 1200), "x": random.normal(size=1200)})
    frame["loan"], frame["card"] = random.integers(0, 2, 1200), random.integers(0, 2, 1200)
    data = load(frame, target=("loan", "card"), task="multilabel")
    p = random.random((data.count("test"), 2))
    values = np.where(p > 0.5, "1", "0")
    card = group_card(asked("multilabel", data), data, answered(data, values, p, ("loan", "card")), ["sex"])
    own = frame.iloc[data.ids[data.positions("test")].numpy()]
    group = card["groupings"][0]["groups"][0]
    rows = (own["sex"] == group["name"]).to_numpy()
    assert group["scores"]["card: positive rate"]["value"] == pytest.approx((p[rows, 1] > 0.5).mean(), abs=1e-12)
    assert {f["target"] for f in card["groupings"][0]["fairness"]} == {"loan", "card"}


def test_the_card_is_plain_json_and_the_same_each_time():
    data, answers = people(n=500)
    cards = [group_card(asked("classification", data), data, answers, ["sex", "town", "age"]) for _ in range(2)]
    texts = [json.dumps(card, allow_nan=False) for card in cards]
    assert texts[0] == texts[1]


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_section_shows_what_the_card_holds(tmp_path):
    run = table_run(tmp_path)
    assert groups_section(read_run(run)) == ""
    data, answers = people()
    card = group_card(asked("classification", data), data, answers, ["sex", "town"])
    swap = {"column": "sex", "from": "f", "to": "m", "n": 200, "changed": {"value": 0.1, "low": 0.06, "high": 0.15}}
    output = {"name": "yes", "value": 0.21, "low": 0.19, "high": 0.23, "n": 200, "chance": 0.05}
    card["swaps"] = [swap | {"outputs": [output], "flagged": True, "sentence": ""}]
    card["warnings"] = [f"by {EVIL}: few people"]
    card["groupings"][0]["groups"][0]["name"] = EVIL
    write_json(run / "groups.json", card)
    page = groups_section(read_run(run))
    assert page.count("<svg") == 4 + 4 + 2 and "<script" not in page
    assert "demographic parity difference" in page and "the network goes by it" in page and "10.0 % (6.0 % to" in page
    for row in card["groupings"][1]["gaps"]:
        assert fixed(row["gap"]["value"]) in page


def test_a_damaged_card_is_named(tmp_path):
    run = table_run(tmp_path)
    write_json(run / "groups.json", {"n": 3, "columns": [], "groupings": [{"name": "sex"}]})
    with pytest.raises(DataError, match=r"groups\.json is damaged: groupings\.0\.columns"):
        groups_section(read_run(run))
