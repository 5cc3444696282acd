"""The doctor named what was planted, nothing where nothing was, and says the same from the run folder."""

import json
from dataclasses import replace

import pytest
import tomli_w
import torch

from profundo.data import load
from profundo.doctor import Watcher, diagnose, diagnose_run, diagnosis_lines
from profundo.errors import CheckFailed, DataError
from profundo.findings import SEVERITIES
from profundo.flags import WISHES
from profundo.loop import training
from profundo.networks import build
from profundo.recipe import Recipe
from profundo.tasks import build_task


def follow(data, network, **recipe):
    """Train as train.py does; return what the run folder would hold."""
    task = build_task(data.task, data.schema)
    wished = Recipe(**{"epochs": 12, "batch_size": 32, "lr": 1e-3, "precision": "float32", "threads": 1, **recipe})
    watcher = Watcher(network, task, data, wished)
    vitals, progress, facts = [watcher.look(0)], [], {"recipe": vars(wished), "network_options": {}}
    try:
        for p in training(network, data, task, wished):
            if p.whole:
                progress.append(
                    {"epoch": p.epoch, "train_loss": p.train_loss, "validation_loss": p.validation.get("loss")}
                )
            if p.whole and (watcher.due(p.epoch) or p.stopped):
                vitals.append(watcher.look(p.epoch))
    except CheckFailed as error:
        facts["failure"] = str(error)
    return vitals, progress, facts


@pytest.fixture(scope="module")
def cancer():
    return load("breast_cancer")


@pytest.fixture(scope="module")
def digits():
    return load("digits")


def mlp(data, seed=0, **options):
    return build("mlp", data.schema, seed=seed, **options)


def names(course):
    return [f.name for f in diagnose(*course)]


def alarms(course):
    return [f for f in diagnose(*course) if f.severity != "minor"]


# planted --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["default", "glorot"])
def test_ten_layers_of_sigmoids_make_gradients_vanish(cancer, start):
    course = follow(cancer, mlp(cancer, hidden=[32] * 10, activation="sigmoid", initialisation=start), epochs=4)
    found = diagnose(*course)[0]
    assert found.name == "vanishing gradients" and found.place == "linear1" and found.facts["ratio"] < 1e-3
    assert found.plot["x"] == list(range(1, 12)) and found.plot["y"][0] < found.plot["y"][-1] - 3


@pytest.mark.parametrize("seed", range(3))
def test_ten_layers_of_relus_started_as_he_did_are_not_flagged(cancer, seed):
    course = follow(cancer, mlp(cancer, seed, hidden=[64] * 10, initialisation="he"), epochs=6, seed=seed)
    assert not {"vanishing gradients", "exploding gradients", "initialisation out of scale"} & set(names(course))


def test_weights_twice_too_large_explode_in_many_layers(cancer):
    network = mlp(cancer, hidden=[64] * 16, initialisation="he")
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "linear" in name and weight.ndim == 2:
                weight *= 2
    assert names(follow(cancer, network, epochs=4))[0] == "exploding gradients"


@pytest.mark.parametrize(("activation", "word"), [("relu", "dead units"), ("tanh", "saturated units")])
def test_units_that_start_beyond_their_range_are_named_with_their_layer(cancer, activation, word):
    network = mlp(cancer, hidden=[40, 40], activation=activation)
    with torch.no_grad():
        network.linear2.bias[:36] -= 40
    found = diagnose(*follow(cancer, network))[0]
    assert (found.name, found.place) == (word, "linear2") and "linear2" in found.text


def test_a_loss_that_became_infinite_is_diagnosed_from_what_there_is():
    data = load("diabetes")
    course = follow(data, mlp(data), optimizer="sgd", lr=1000.0)
    assert course[2]["failure"] and len(course[0]) == 1
    found = diagnose(*course)[0]
    assert (found.name, found.severity) == ("learning rate too high", "serious")
    assert float(found.flag.removeprefix("--lr ")) < 1000


def test_a_rate_that_makes_the_loss_jump_is_too_high(digits):
    assert names(follow(digits, mlp(digits), lr=0.5))[0] == "learning rate too high"


def test_a_rate_that_leaves_the_weights_where_they_were_is_too_low_and_the_cure_cures(cancer):
    sick = follow(cancer, mlp(cancer), lr=1e-5)
    found = diagnose(*sick)[0]
    assert found.name == "learning rate too low"
    well = follow(cancer, mlp(cancer), lr=float(found.flag.removeprefix("--lr ")))
    assert "learning rate too low" not in names(well) and well[1][-1]["train_loss"] < 0.5 * sick[1][-1]["train_loss"]


def test_zero_weights_never_start(digits):
    found = diagnose(*follow(digits, mlp(digits, initialisation="zeros")))[0]
    assert found.name == "loss never started falling" and found.place == "linear1" and "zero" in found.text


@pytest.mark.parametrize(("start", "factor"), [("normal", 1.0), ("he", 10.0)])
def test_a_start_out_of_scale_is_the_cause_that_is_named(cancer, start, factor):
    network = mlp(cancer, hidden=[64] * 4, initialisation=start)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight *= factor if "linear" in name else 1
    assert names(follow(cancer, network, epochs=5))[0] == "initialisation out of scale"


def test_normalised_layers_have_no_scale_to_be_out_of(cancer):
    network = mlp(cancer, hidden=[64] * 4, initialisation="normal", normalisation="batch")
    assert "initialisation out of scale" not in names(follow(cancer, network, epochs=5))


def test_inputs_in_their_own_units_are_named_with_the_column(cancer):
    x = cancer.x.clone()
    x[:, 7] = 5000 + 2000 * x[:, 7]
    found = diagnose(*follow(replace(cancer, x=x), mlp(cancer)))[0]
    assert (found.name, found.place) == ("inputs not normalised", cancer.schema.features[7])


def test_a_layer_of_one_unit_underfits(digits):
    found = diagnose(*follow(digits, mlp(digits, hidden=[32, 1], activation="tanh"), lr=0.01, epochs=15))[0]
    assert (found.name, found.place) == ("underfitting", "linear2")


def test_few_rows_by_heart_are_overfitting(digits):
    few = replace(digits, splits={**digits.splits, "train": digits.splits["train"][:25]})
    course = follow(few, mlp(few, hidden=[256, 256]), epochs=150)
    assert names(course) == ["overfitting"]


@pytest.mark.parametrize("seed", [0, 1])
def test_random_labels_among_good_ones_are_noise(digits, seed):
    generator = torch.Generator().manual_seed(seed)
    other = (digits.y + torch.randint(1, 10, digits.y.shape, generator=generator)) % 10
    noisy = replace(digits, y=torch.where(torch.rand(len(other), generator=generator) < 0.35, other, digits.y))
    assert names(follow(noisy, mlp(noisy, seed), epochs=15, seed=seed))[0] == "label noise"


# healthy --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["digits", "breast_cancer", "wine", "diabetes"])
def test_healthy_trainings_raise_no_alarm(name, seed):
    data = load(name)
    course = follow(data, mlp(data, seed), epochs=20, lr=3e-3, weight_decay=0.01, seed=seed)
    assert alarms(course) == []


def test_a_single_linear_layer_is_healthy(cancer):
    assert alarms(follow(cancer, build("linear", cancer.schema), lr=0.01)) == []


# the whole ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sick(cancer):
    return follow(cancer, mlp(cancer, hidden=[32] * 10, activation="sigmoid"), epochs=6)


def write(folder, course):
    vitals, progress, facts = course
    recipe = {k: v for k, v in facts["recipe"].items() if v is not None}
    (folder / "plan.toml").write_text(tomli_w.dumps({"recipe": recipe, "network": {"name": "mlp"}}))
    (folder / "vitals.jsonl").write_text("".join(json.dumps(line) + "\n" for line in vitals))
    (folder / "progress.jsonl").write_text("".join(json.dumps(line) + "\n" for line in progress))


def test_the_run_folder_tells_the_same(tmp_path, sick):
    write(tmp_path, sick)
    assert diagnose_run(tmp_path) == json_again(diagnose(*sick))


def json_again(findings):
    return [replace(f, plot=json.loads(json.dumps(f.plot)), facts=json.loads(json.dumps(f.facts))) for f in findings]


def test_a_line_cut_short_is_left_out_and_a_damaged_one_is_named(tmp_path, sick):
    write(tmp_path, sick)
    with (tmp_path / "vitals.jsonl").open("a") as file:
        file.write('{"epoch": 7, "lay')
    assert diagnose_run(tmp_path)[0].name == "vanishing gradients"
    (tmp_path / "vitals.jsonl").write_text("{]\n")
    with pytest.raises(DataError, match=r"vitals.jsonl is damaged in line 1"):
        diagnose_run(tmp_path)


def test_a_folder_that_was_not_watched_says_so(tmp_path):
    with pytest.raises(DataError, match="not a profundo run"):
        diagnose_run(tmp_path)
    (tmp_path / "plan.toml").write_text("")
    with pytest.raises(DataError, match="not watched"):
        diagnose_run(tmp_path)


def test_looks_written_twice_after_resuming_count_once(sick):
    vitals, progress, facts = sick
    assert diagnose([*vitals[:2], *vitals], progress, facts) == diagnose(*sick)


def test_nothing_to_read_is_nothing_found():
    assert diagnose([], [], {}) == []
    assert diagnosis_lines([]) == ["The training was healthy: the doctor found nothing."]


def test_symptoms_are_no_graver_than_their_causes(sick):
    graver = [SEVERITIES.index(f.severity) for f in diagnose(*sick)]
    assert graver == sorted(graver)


def test_every_cure_is_made_of_options_of_train(sick, cancer):
    known = {f"--{name.replace('_', '-')}" for group in WISHES for name in group.__annotations__}
    for course in (sick, follow(cancer, mlp(cancer), lr=1e-5), follow(cancer, mlp(cancer), lr=5.0)):
        for found in diagnose(*course):
            options = [word for word in found.flag.split() if word.startswith("--")]
            assert options and set(options) <= known
            assert f"  try: {found.flag}" in diagnosis_lines([found])


@pytest.mark.parametrize(
    ("name", "network", "options"),
    [
        ("breast_cancer", "perceptron", {"loss": "perceptron"}),
        ("breast_cancer", "mlp", {"loss": "hinge"}),
        ("diabetes", "linear", {}),
        ("diabetes", "mlp", {"loss": "huber"}),
        ("digits", "lenet1", {}),
    ],
)
def test_other_tasks_losses_and_networks_can_be_looked_at(name, network, options):
    data = load(name)
    task = build_task(data.task, data.schema, **options)
    built = build(network, data.schema)
    perceptron = {"optimizer": "stochastic-gradient-descent", "lr": 1.0, "batch_size": 1}
    recipe = Recipe(**{"epochs": 6, "batch_size": 32, "lr": 0.003, "precision": "float32", "threads": 1})
    recipe = replace(recipe, **perceptron) if network == "perceptron" else recipe
    watcher = Watcher(built, task, data, recipe)
    vitals, progress = [watcher.look(0)], []
    for p in training(built, data, task, recipe):
        if p.whole:
            progress.append({"train_loss": p.train_loss, "validation_loss": p.validation.get("loss")})
            vitals.append(watcher.look(p.epoch))
    json.dumps(vitals, allow_nan=False)
    assert alarms((vitals, progress, {"recipe": vars(recipe)})) == []


def test_a_loss_that_never_fell_is_not_a_disease_of_its_own_where_the_cause_is_known(sick):
    assert "loss never started falling" not in names(sick)
