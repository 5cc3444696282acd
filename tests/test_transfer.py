"""Transfer from one run to another: frozen means frozen, heads come back, the race, resuming, what is refused."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from profundo.assemble import assemble
from profundo.borrow import borrow
from profundo.data import load
from profundo.errors import UsageError
from profundo.flags import planned
from profundo.plan import Plan, complete, wish
from profundo.predict import predict
from profundo.train import train
from profundo.transferring import start

QUICK = {"baselines": False, "robustness": False, "check": False, "threads": 1, "evaluate": "holdout", "batch_size": 16}
BODY = ("stage1.", "stage2.", "stage3.")


def stripes(path, first, seed, n=90, side=14, labels=3):
    """Pictures of stripes in one direction a label, with noise."""
    random = np.random.default_rng(seed)
    y = random.integers(labels, size=n)
    angle = np.pi * (y + first) / 6
    rows, columns = np.mgrid[:side, :side]
    wave = np.cos(angle)[:, None, None] * rows + np.sin(angle)[:, None, None] * columns
    x = 127 + 90 * np.sin(1.5 * wave + random.uniform(0, 6, n)[:, None, None]) + random.normal(0, 15, (n, side, side))
    np.savez(path, x=x.clip(0, 255).astype(np.uint8), y=np.array(list("abcdef"))[y + first])
    return path


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    folder = tmp_path_factory.mktemp("transfer")
    sources = stripes(folder / "first.npz", 0, 0), stripes(folder / "second.npz", 3, 1)
    run = train(sources[0], out=folder / "first", network="convnet", width=4, epochs=4, **QUICK)
    return folder, sources[1], run


def second(here, out, **wishes):
    folder, source, run = here
    return train(source, out=folder / out, weights=str(run.folder), **{**QUICK, "epochs": 5, **wishes})


@pytest.fixture(scope="module")
def extracted(here):
    return second(here, "extracted", transfer="extract")


def test_extract_leaves_the_body_as_it_was(here, extracted):
    before, after = (load_file(run.path("best.safetensors")) for run in (here[2], extracted))
    body = [name for name in before if name.startswith(BODY)]
    assert len(body) > 10 and all(torch.equal(before[name], after[name]) for name in body)
    assert not torch.equal(before["output.weight"], after["output.weight"])


def test_a_run_by_extract_is_a_run_like_any_other(here, extracted):
    scores = extracted.read("scores.json")
    assert scores["scores"]["accuracy"]["value"] > 0.6
    frame = predict(extracted, here[1])
    stored = np.load(extracted.path("answers.npz"))
    assert (frame.set_index("row").loc[stored["ids"], "y"].to_numpy() == stored["prediction"]).all()
    told = extracted.read("transfer.json")
    assert told["transfer"] == "extract" and set(told["anew"]) == {"output.weight", "output.bias"}
    assert 'id="transfer"' in extracted.path("report.html").read_text()
    ours, theirs = (next(iter(r.read("schema.json")["inputs"].values())) for r in (extracted, here[2]))
    assert ours["mean"] == theirs["mean"] and ours["std"] == theirs["std"]


def test_the_plan_goes_round(here, extracted):
    plan = Plan.from_toml(extracted.path("plan.toml").read_text())
    assert (plan.transfer, plan.network, plan.network_options["width"]) == ("extract", "convnet", 4)
    again = train(plan, out=here[0] / "again")
    assert again.path("best.safetensors").read_bytes() == extracted.path("best.safetensors").read_bytes()


def test_a_support_vector_machine_answers_the_same_when_opened_again(here):
    run = second(here, "svm", head="svm")
    assert run.read("transfer.json")["head"] == "svm" and run.read("scores.json")["scores"]["accuracy"]["value"] > 0.6
    frame = predict(run, here[1])
    stored = np.load(run.path("answers.npz"))
    chance = frame.set_index("row").loc[stored["ids"], [f"probability of {label}" for label in "def"]].to_numpy()
    np.testing.assert_allclose(chance, stored["probabilities"], atol=1e-6)


@pytest.mark.parametrize("how", ["extract", "finetune"])
def test_an_interrupted_transfer_resumes_to_the_same_bytes(here, how):
    whole = second(here, f"whole-{how}", transfer=how, save_every=0)

    def stop(event, value):
        if event == "progress" and value.whole and value.epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        second(here, f"broken-{how}", transfer=how, save_every=0, watch=stop)
    resumed = train(resume=here[0] / f"broken-{how}")
    for name in ("best.safetensors", "weights.safetensors"):
        assert resumed.path(name).read_bytes() == whole.path(name).read_bytes(), name


def test_finetune_moves_the_body_a_little(here):
    run = second(here, "finetuned", transfer="finetune")
    before, after = (load_file(r.path("best.safetensors")) for r in (here[2], run))
    moved = [(after[n] - before[n]).norm() / before[n].norm() for n in before if "conv" in n and n.startswith(BODY)]
    assert min(moved) > 0 and max(moved) < 0.5


def test_auto_races_and_keeps_what_it_measured(here):
    seen = []
    run = second(here, "auto", transfer="auto", epochs=1, watch=lambda event, value: seen.append(event))
    told = run.read("transfer.json")
    assert [row["entrant"] for row in told["race"]] == ["extract", "extract + lda", "finetune", "init", "scratch"]
    best = max(told["race"], key=lambda row: row["score"]["value"])
    assert told["winner"] == best["entrant"] and "race" in seen and told["folds"] == 3
    plan = Plan.from_toml(run.path("plan.toml").read_text())
    assert plan.transfer == told["winner"].split(" + ")[0] and told["n_judged"] == sum(
        run.read("data.json")["counts"][part] for part in ("train", "validation")
    )
    assert "Taken: " in run.path("report.html").read_text()


def test_an_interrupted_race_goes_on(here):
    def stop(event, value):
        if event == "stage" and value == "transfer: trying finetune":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        second(here, "half", transfer="auto", epochs=1, watch=stop)
    rows = json.loads((here[0] / "half/transfer.json").read_text())["race"]
    resumed = train(resume=here[0] / "half").read("transfer.json")["race"]
    assert len(rows) == 2 and resumed[:2] == rows and len(resumed) == 5


def test_weights_of_a_file_need_their_network(here, tmp_path):
    tensors = load_file(here[2].path("best.safetensors"))
    save_file(tensors, tmp_path / "own.safetensors")
    with pytest.raises(UsageError, match="--network NAME"):
        wish(here[1], weights=str(tmp_path / "own.safetensors"))
    plan = wish(here[1], weights=str(tmp_path / "own.safetensors"), network="convnet", width=4)
    assert plan.transfer == "auto" and not plan.data.mean
    assert borrow(str(here[2].path("best.safetensors"))).network == "convnet"  # it knows its run


@pytest.mark.shared
def test_published_weights_that_are_at_hand_are_found(here, shared, monkeypatch):
    monkeypatch.setenv("PROFUNDO_DATA", str(shared("pretrained").parent))
    plan = wish(here[1], transfer="extract")
    assert (plan.weights, plan.data.sizes) == ("squeezenet1_1", (96, 160)) and len(plan.data.mean) == 3
    data = load(here[1], plan.data)
    plan = complete(plan, data)
    assert plan.network == "squeezenet1_1" and data.schema.shape == (1, 96, 96)
    assert data.schema.image.mean == pytest.approx((sum(plan.data.mean) / 3,))
    network = assemble(plan, data.schema)
    seen = []
    start(None, plan, network, data, lambda event, told: seen.append(told))
    assert seen[0]["adapted"] == ("features.0.weight",) and len(seen[0]["loaded"]) == 49


def test_what_is_refused_is_answered_with_advice(here, tmp_path, monkeypatch):
    monkeypatch.setenv("PROFUNDO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PROFUNDO_DATA", raising=False)
    _, source, run = here
    with pytest.raises(UsageError, match="squeezenet1_1"):
        wish(source, weights="squeezenet1-1")
    with pytest.raises(UsageError, match="on this machine"):
        wish(source, transfer="extract")
    with pytest.raises(UsageError, match="finetune"):
        wish(source, transfer="fine-tune")
    with pytest.raises(UsageError, match="loads no weights"):
        wish(source, transfer="scratch", weights=str(run.folder))
    with pytest.raises(UsageError, match="--transfer extract"):
        wish(source, transfer="init", weights=str(run.folder), head="svm")
    with pytest.raises(UsageError, match="knn"):
        second(here, "nothing", head="knm")
    pd.DataFrame({"a": [0.5, 3, 1, 7] * 10, "b": [0, 1] * 20}).to_csv(tmp_path / "table.csv", index=False)
    with pytest.raises(UsageError, match="is a table"):
        train(tmp_path / "table.csv", "b", transfer="init", weights=str(run.folder), out=tmp_path / "no")


def test_options_over_a_stored_plan_bring_what_their_weights_want(here, extracted, tmp_path):
    file = str(extracted.path("plan.toml"))
    again = planned(None, file, {"transfer": "finetune"})
    assert (again.transfer, again.weights) == ("finetune", str(here[2].folder)) and again.data.mean
    bare = planned(None, file, {"transfer": "scratch"})
    assert (bare.transfer, bare.weights, bare.data.mean) == ("scratch", "", ())
