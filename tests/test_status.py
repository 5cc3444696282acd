"""status.json, lr_at and live changes of the learning rate, and the last weights instead of the best ones."""

import json

import pytest
import torch

from profundo import Run, train
from profundo.assemble import assemble
from profundo.data import load
from profundo.errors import Interrupted, UsageError
from profundo.loop import training
from profundo.plan import complete, wish
from profundo.status import Status
from profundo.tasks import build_task

WISHES = {"network": "mlp", "hidden": [4], "lr": 0.01, "schedule": "constant", "evaluate": "holdout"}
QUICK = {**WISHES, "baselines": False, "check": False}


def prepared(**wishes):
    wished = wish("spiral", None, **{**WISHES, **wishes})
    data = load("spiral", wished.data)
    plan = complete(wished, data)
    network = assemble(plan, data.schema, seed=plan.recipe.seed)
    return network, data, build_task(plan.task, data.schema, **plan.task_options), plan.recipe


def weights(network):
    return torch.cat([v.flatten() for v in network.state_dict().values()])


def test_status_says_that_a_run_is_finished(tmp_path):
    run = train("spiral", out=tmp_path / "run", steps=22, **QUICK)
    status = run.read("status.json")
    assert status["state"] == "finished" and status["step"] == status["steps"] == 22
    assert (tmp_path / "run" / "lock").read_text().isdigit()


def test_status_says_that_a_run_was_stopped_and_does_not_touch_a_run_of_others(tmp_path):
    status = Status(lambda event, value: None)
    run = Run.create(tmp_path / "run")
    status.watch("run", run)
    assert not run.has("status.json")
    with run.locked():
        status.watch("stage", "looking for faults in the data")
        assert run.read("status.json")["stage"] == "looking for faults in the data"
        status.end(Interrupted("stopped at step 3", 15))
    assert run.read("status.json")["state"] == "stopped"


def test_a_rate_sent_to_the_loop_is_the_one_of_lr_at():
    first, data, task, recipe = prepared(restore_best=False, steps=60)
    steps = training(first, data, task, recipe, live=0)
    now = next(steps)
    rates = []
    while True:
        try:
            now = steps.send(0.05) if now.step == 25 and not now.whole else next(steps)
        except StopIteration:
            break
        rates.append(now.lr)
    second, data, task, recipe = prepared(restore_best=False, steps=60, lr_at={"25": 0.05})
    list(training(second, data, task, recipe))
    assert set(rates) == {0.01, 0.05}
    assert torch.equal(weights(first), weights(second))
    third, data, task, recipe = prepared(restore_best=False, steps=60)
    list(training(third, data, task, recipe))
    assert not torch.equal(weights(first), weights(third))


def test_without_restore_best_the_last_weights_are_kept(tmp_path):
    run = train("spiral", out=tmp_path / "run", steps=100, restore_best=False, **{**QUICK, "lr": 0.3})
    best, last = run.load_weights("best.safetensors"), run.load_weights("weights.safetensors")
    assert all(torch.equal(best[k], last[k]) for k in best)
    losses = [json.loads(line)["validation_loss"] for line in (run.folder / "progress.jsonl").read_text().splitlines()]
    assert losses[-1] > min(losses)


def test_a_step_that_is_no_number_is_refused():
    with pytest.raises(UsageError, match="lr-at"):
        wish("spiral", None, lr_at={"soon": 0.1})


def test_a_run_that_is_asked_to_stop_ends_early_and_is_scored(tmp_path):
    def ask(event, value):
        if event == "progress" and value.epoch == 3:
            (tmp_path / "run" / "stop").touch()

    run = train("spiral", out=tmp_path / "run", epochs=5_000, seeds=2, watch=ask, **{**QUICK, "evaluate": "kfold:3"})
    scores = run.read("scores.json")
    assert scores["stopped"] == "asked to stop" and scores["epochs"] < 5_000
    assert not run.has("stop") and run.has("report.html")
    assert "seeds" not in scores and "evaluation" not in scores
