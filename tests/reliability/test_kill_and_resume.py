"""kill -9 at random instants, resume: the bytes are those of a training never interrupted.

The same with more instants, and its figures: benchmarks/kill_and_resume.py.
"""

import pytest
from killing import STEPWISE, kill_and_resume, unbroken, write_sources


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken")
    sources = write_sources(folder)
    return {job: (sources[job], unbroken(job, sources[job], folder / job)) for job in STEPWISE}


@pytest.mark.parametrize("saving", [False, True], ids=["anywhere", "inside a save"])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("job", STEPWISE)
def test_a_killed_training_resumes_to_the_same_bytes(job, seed, saving, jobs, tmp_path):
    source, expected = jobs[job]
    for attempt in range(5):  # on a busy machine a training may be over before it can be killed
        outcome = kill_and_resume(job, source, tmp_path / f"run{attempt}", expected, seed + 100 * attempt, saving)
        assert not outcome.different
        assert not outcome.debris
        if outcome.kills:
            return
    pytest.fail("no training was killed in time")
