"""Counterfactual swaps: pronouns, planted bias and its unbiased twin, and columns whose part in the answer is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from profundo.cards.pronouns import FEMALE, MALE, gender, swap
from profundo.cards.swaps import swap_card
from profundo.data import DataPlan, load
from profundo.data.dataset import Data
from profundo.decision import undecided
from profundo.evaluate import Trained
from profundo.loop import training
from profundo.networks import build
from profundo.plan import Plan
from profundo.recipe import Recipe
from profundo.tasks import build_task

# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("He is a doctor.", "She is a doctor."),
        ("Her mother saw her at noon; the book is hers.", "His father saw him at noon; the book is his."),
        ("HER FATHER and HE", "HIS MOTHER and SHE"),
        ("Is it his? His car. A friend of his and me.", "Is it hers? Her car. A friend of hers and me."),
        ("Give him the hat; I saw her.", "Give her the hat; I saw him."),
        ("Mr Smith met Mrs. Jones, the chairwoman", "Ms Smith met Mr. Jones, the chairman"),
        ("The man's sons, the women", "The woman's daughters, the men"),
        ("she herself, he himself", "he himself, she herself"),
        ("Sheila heard the theme; hermit, manual, shed", "Sheila heard the theme; hermit, manual, shed"),
        ("", ""),
        ("O bir doktor", "O bir doktor"),
    ],
)
def test_words_are_exchanged_with_their_case(text, swapped):
    assert swap(text) == swapped


def test_twice_exchanged_is_as_before():
    for text in ("He gave her his book.", "The nurse said she is tired.", "Her husband, the king, loves her."):
        assert swap(swap(text)) == text


def test_a_text_speaks_of_men_of_women_of_both_or_of_nobody():
    assert [gender(t) for t in ("He came", "HERS!", "he and she", "the theory")] == ["male", "female", "both", ""]
    assert not MALE & FEMALE


# --- planted texts --------------------------------------------------------------------------------------------------

JOBS = ("nurse", "doctor", "teacher", "engineer", "clerk", "pilot", "baker", "judge")
TIMES = ("today", "this week", "in May", "again", "last night", "at noon")
SAID = (
    "{He} works as a {job} and we saw {him} {time}.",
    "The {job} said that {he} likes {his} work {time}.",
    "We asked the {job}, and {he} gave us {his} answer {time}.",
)


def applications(seed: int, biased: bool, n: int = 400) -> pd.DataFrame:
    """Sentences about people, hired by their job; in the biased ones, men are hired more often as well."""
    random = np.random.default_rng([seed, biased])
    job = random.integers(len(JOBS), size=n)
    hired = random.random(n) < np.where(job % 2, 0.8, 0.2)
    male = random.random(n) < (np.where(hired, 0.8, 0.2) if biased else 0.5)
    words = [("he", "his", "him") if m else ("she", "her", "her") for m in male]
    texts = [
        SAID[random.integers(3)].format(
            He=he.capitalize(), he=he, his=his, him=him, job=JOBS[j], time=TIMES[random.integers(6)]
        )
        for j, (he, his, him) in zip(job, words, strict=True)
    ]
    return pd.DataFrame({"text": texts, "hired": np.where(hired, "yes", "no")})


def trained_on(data: Data, seed: int, epochs: int = 8) -> Trained:
    task = build_task(data.task, data.schema)
    network = build("mlp", data.schema, seed=seed, hidden=(32,))
    for _ in training(network, data, task, Recipe(epochs=epochs, batch_size=32, lr=0.01, seed=seed), None):
        pass
    return Trained(network.eval(), task, data.schema, Plan(DataPlan(), task=data.task), undecided(data.task))


def pronoun_probe(seed: int, biased: bool) -> list[dict]:
    data = load(applications(seed, biased), target="hired", kinds={"text": "text"}, seed=seed)
    return swap_card(trained_on(data, seed), data, [])


@pytest.mark.parametrize("seed", range(5))
def test_planted_bias_is_flagged_in_both_directions(seed):
    found = pronoun_probe(seed, True)
    assert [(f["from"], f["to"], f["flagged"]) for f in found] == [("he", "she", True), ("she", "he", True)]
    assert found[0]["outputs"][0]["high"] < 0 < found[1]["outputs"][0]["low"]
    assert found[0]["changed"]["value"] > 0.1 and "the network goes by it" in found[0]["sentence"]


@pytest.mark.parametrize("seed", range(5))
def test_the_unbiased_twin_is_not_flagged(seed):
    assert not any(f["flagged"] for f in pronoun_probe(seed, False))


def test_texts_of_nobody_are_not_swapped():
    frame = applications(0, False)
    frame["text"] = frame["text"].str.replace(r"\b([Hh]e|[Ss]he|his|her|him)\b", "they", regex=True)
    data = load(frame, target="hired", kinds={"text": "text"})
    assert swap_card(trained_on(data, 0, 1), data, []) == []


# --- planted networks -----------------------------------------------------------------------------------------------


class Reads(nn.Module):
    """A network whose one output is a plain function of the encoded columns."""

    def __init__(self, weights: dict[str, float], features: list[str], bias: float = 0.0) -> None:
        super().__init__()
        values = torch.tensor([float(weights.get(f, 0.0)) for f in features])
        self.weights, self.bias = nn.Parameter(values.float()), bias

    def forward(self, x: Tensor) -> Tensor:
        return (x @ self.weights + self.bias)[:, None]


def people(n: int = 2000, target: str = "hired") -> Data:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"sex": random.choice(["f", "m"], n), "town": random.choice(["Reus", "Valls", "Salou"], n)})
    frame["age"], frame["hired"] = random.normal(40, 10, n).round(1), random.choice(["no", "yes"], n)
    frame["pay"] = random.normal(2000, 300, n)
    return load(frame.drop(columns="pay" if target == "hired" else "hired"), target=target)


def reads(data: Data, weights: dict[str, float]) -> Trained:
    network = Reads(weights, data.schema.features)
    return Trained(
        network, build_task(data.task, data.schema), data.schema, Plan(DataPlan(), task=data.task), undecided(data.task)
    )


def test_a_column_that_the_network_reads_is_flagged_by_how_much_it_moves():
    data = people()
    found = swap_card(reads(data, {"sex=m": 2.0}), data, ["sex", "town"])
    to = {(f["column"], f["to"]): f for f in found}
    rise = 1 / (1 + np.exp(-2.0)) - 0.5
    assert to["sex", "m"]["outputs"][0]["value"] == pytest.approx(rise, abs=1e-6)
    assert to["sex", "f"]["outputs"][0]["value"] == pytest.approx(-rise, abs=1e-6)
    assert to["sex", "m"]["flagged"] and to["sex", "f"]["flagged"] and to["sex", "m"]["from"] == "f"
    own = data.frame.loc[data.ids[data.splits["test"]].numpy(), "sex"]
    assert to["sex", "m"]["n"] == (own == "f").sum()
    assert to["sex", "m"]["changed"]["value"] == 1.0  # 0.5 is no yes, 0.88 is
    for town in ("Reus", "Valls", "Salou"):
        assert to["town", town]["outputs"][0]["value"] == 0 and to["town", town]["changed"]["value"] == 0
        assert not to["town", town]["flagged"] and to["town", town]["from"] == "another value"


def test_a_change_within_chance_is_not_flagged():
    data = people()
    rows = (data.frame.loc[data.ids[data.splits["train"]].numpy(), "sex"] == "m").to_numpy()
    chance = 2.2414 * 0.5 * np.sqrt(1 / rows.sum() + 1 / (~rows).sum())
    found = swap_card(reads(data, {"sex=m": 4 * 0.9 * chance}), data, ["sex"])
    assert not any(f["flagged"] for f in found)
    assert found[0]["outputs"][0]["chance"] == pytest.approx(chance, rel=0.01)
    assert all(f["flagged"] for f in swap_card(reads(data, {"sex=m": 4 * 1.1 * chance}), data, ["sex"]))


def test_quantities_move_in_their_own_units():
    data = people(target="pay")
    found = swap_card(reads(data, {"sex=m": 1.0}), data, ["sex"])
    scale = data.schema.targets["pay"].scale
    assert [f["to"] for f in found] == ["f", "m"] and all(f["changed"] is None and f["flagged"] for f in found)
    assert found[1]["outputs"][0]["value"] == pytest.approx(scale, rel=1e-5)


def test_a_number_is_set_to_the_middles_of_its_quarters():
    data = people()
    found = swap_card(reads(data, {"age": 1.0}), data, ["age"])
    assert len(found) == 4
    values = [float(f["to"]) for f in found]
    train = data.frame.loc[data.ids[data.splits["train"]].numpy(), "age"]
    assert values == pytest.approx(np.quantile(train, [0.125, 0.375, 0.625, 0.875]).tolist(), abs=0.2)
    assert found[0]["outputs"][0]["value"] < 0 < found[3]["outputs"][0]["value"]


def test_a_column_that_is_no_input_is_left_alone():
    data = people()
    data.frame = data.frame.assign(hand=np.resize(["left", "right"], len(data.frame)))
    assert swap_card(reads(data, {"sex=m": 2.0}), data, ["hand"]) == []
    assert swap_card(reads(data, {}), replace(data, frame=None), ["sex"]) == []
