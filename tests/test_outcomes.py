"""Every task has what the rest asks of it: a way in, a way to learn, and what becomes of its answers."""

import pytest

from profundo.data.special import READERS, reader
from profundo.data.target import TASKS as NAMED
from profundo.errors import UsageError
from profundo.generate import generate
from profundo.outcomes import OUTCOMES, Outcome, find_outcome
from profundo.tasks import TASKS

PLAIN = ("classification", "regression", "multilabel")


def test_every_task_is_named_once_and_has_what_it_needs():
    assert set(NAMED) == set(TASKS) and set(TASKS) == {*PLAIN, *READERS} and READERS.keys() == OUTCOMES.keys()


@pytest.mark.parametrize("task", READERS)
def test_a_special_task_has_a_way_in_and_a_way_out(task):
    assert callable(reader(task).load) and callable(reader(task).new)
    outcome = find_outcome(task)
    assert isinstance(outcome, Outcome) and (outcome.options is None) == (outcome.generate is None)


def test_a_plain_task_has_neither():
    assert all(reader(task) is None and find_outcome(task) is None for task in PLAIN)


def test_a_classifier_makes_nothing_new(tmp_path):
    import profundo

    run = profundo.train("iris", out=tmp_path / "run", epochs=2, evaluate="holdout", baselines=False, check=False)
    with pytest.raises(UsageError, match="profundo predict"):
        generate(run)
