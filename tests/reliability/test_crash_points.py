"""A training that dies just before one of its calls to the disk resumes to the same bytes, whichever call it is."""

import signal

import pytest
from killing import JOBS, dying_child, finish, result, start, train_child, write_sources

JOB = "table"


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """The source, what the unbroken training leaves, and how often it calls the disk."""
    folder = tmp_path_factory.mktemp("counted")
    source = write_sources(folder)[JOB]
    assert JOBS[JOB]["save_every"] == 0
    assert finish(start(dying_child, JOB, source, folder / "run", False, 0)) == 0
    return source, result(folder / "run"), int((folder / "run.calls").read_text())


def points(calls):
    """Every call of the start and of the end, and every seventh between: a save is six calls, so each of its six."""
    return sorted({*range(1, 12, 2), *range(12, calls - 40, 31), *range(calls - 40, calls + 1, 3)})


def test_it_resumes_from_every_crash_point(counted, tmp_path):
    source, expected, calls = counted
    different = {}
    for at in points(calls):
        folder = tmp_path / str(at)
        assert finish(start(dying_child, JOB, source, folder, False, at)) == -signal.SIGKILL
        assert finish(start(train_child, JOB, source, folder, True)) == 0, folder.with_suffix(".log").read_text()
        left = result(folder)
        if left != expected:
            different[at] = [n for n in expected if left.get(n) != expected[n]]
    assert not different, f"of {calls} calls"
