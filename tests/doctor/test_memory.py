"""The doctor sees errors that vanish through time where nothing was learnt, and is silent where they do not matter."""

import torch

from profundo.data.dataset import Data
from profundo.doctor.course import Course
from profundo.doctor.diagnose import diagnose
from profundo.doctor.memory import forgotten, through_time
from profundo.doctor.vitals import Watcher
from profundo.networks import build
from profundo.recipe import Recipe
from profundo.schema import Number, Schema, Series
from profundo.tasks import build_task


def shrinking(ratio: float, steps: int = 100) -> torch.Tensor:
    """Errors of two examples, one of them half as long, that shrink by a ratio at each step back."""
    distance = torch.arange(steps - 1, -1, -1.0)
    whole = (ratio ** distance.double())[None, :, None].expand(1, steps, 3)
    short = torch.cat([whole[:, steps // 2 :], torch.zeros(1, steps // 2, 3)], 1)
    return torch.cat([whole, short])


def course(errors: torch.Tensor, cell: str = "ElmanCell", loss: float = 1.0) -> Course:
    layer = {
        "name": "output",
        "units": 1,
        "weight": 1.0,
        "activation": "",
        "error": 1.0,
        "normalised": False,
        "std": 1.0,
    }
    look = {"layers": [layer], "loss": 1.0, "constant_loss": 1.0, "zero_loss": 1.0}
    looks = [{**look, "epoch": e, "through_time": through_time(cell, errors)} for e in (0, 3)]
    lines = [{"epoch": e, "train_loss": loss, "validation_loss": loss} for e in (1, 2, 3)]
    return Course(looks, lines, {})


def test_errors_are_lined_up_at_the_end_of_each_example():
    found = through_time("ElmanCell", shrinking(0.9))
    assert found["steps"] == 100 and len(found["sizes"]) == 50
    for k, size in found["sizes"]:
        assert abs(size - 3**0.5 * 0.9**k) < 1e-12


def test_vanishing_errors_are_named_where_nothing_was_learnt():
    (found,) = forgotten(course(shrinking(0.5)))
    assert found.name == "vanishing gradients" and found.flag == "--network lstm" and found.severity == "serious"
    assert found.facts["reach"] == 10  # 0.5 ** 10 < 1 / 1000
    assert "10 steps before the end of a sequence of 100" in found.text
    assert [f.name for f in diagnose(*vars_of(course(shrinking(0.5))))][:1] == ["vanishing gradients"]
    (lstm,) = forgotten(course(shrinking(0.5), "LSTMCell"))
    assert lstm.flag == "--option pool=all"


def vars_of(found: Course) -> tuple:
    return found.vitals, found.progress, found.facts


def test_nothing_is_said_where_errors_reach_the_beginning_or_the_network_learns():
    assert forgotten(course(shrinking(0.99))) == []
    assert forgotten(course(shrinking(0.5), loss=0.2)) == []
    assert forgotten(course(torch.zeros(2, 100, 3))) == []


def test_a_watcher_hears_the_steps_of_a_recurrent_network_and_leaves_no_trace():
    torch.manual_seed(0)
    schema = Schema({"s": Series(("u",), 60)}, {"y": Number()})
    rows = torch.arange(200)
    data = Data("made", schema, "regression", torch.randn(200, 60, 1), torch.randn(200), rows, {"train": rows})
    network = build("rnn", schema, hidden=16)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    look = Watcher(network, build_task("regression", schema), data, Recipe(epochs=2, batch_size=32, lr=0.01)).look(0)
    found = look["through_time"]
    assert found["cell"] == "ElmanCell" and found["steps"] == 60
    assert found["sizes"][0][1] > found["sizes"][-1][1] > 0
    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())
    assert all(p.grad is None for p in network.parameters())
