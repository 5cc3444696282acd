"""A training that dies just before one of its calls to the disk resumes to the same bytes, whichever call it is."""

import signal

import pytest
from killing import dying_child, finish, result, start, train_child, write_sources

STEPS = {"table": 97, "seldom": 7}  # a save is six calls, and 97 reaches each of its six


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return write_sources(tmp_path_factory.mktemp("sources"))


def points(calls, step):
    """Some calls of the start, many of the end, and some between."""
    return sorted({*range(1, 12, 3), *range(12, calls - 40, step), *range(max(calls - 40, 12), calls + 1, 5)})


@pytest.mark.parametrize("job", STEPS)
def test_it_resumes_from_every_crash_point(job, sources, tmp_path):
    source, whole = sources[job], tmp_path / "whole"
    assert finish(start(dying_child, job, source, whole, False, 0)) == 0
    expected, calls = result(whole), int(whole.with_suffix(".calls").read_text())
    different = {}
    for at in points(calls, STEPS[job]):
        folder = tmp_path / str(at)
        assert finish(start(dying_child, job, source, folder, False, at)) == -signal.SIGKILL
        assert finish(start(train_child, job, source, folder, True)) == 0, folder.with_suffix(".log").read_text()
        left = result(folder)
        if left != expected:
            different[at] = [n for n in expected if left.get(n) != expected[n]]
    assert not different, f"of {calls} calls"
