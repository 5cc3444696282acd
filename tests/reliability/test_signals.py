"""Ctrl-C and SIGTERM, at any instant: the right exit code within 5 seconds, one line that says how to go on, and the
training that goes on ends in the bytes of one never interrupted."""

import os
import random
import signal
import time

import pytest
from killing import (
    JOBS,
    command_child,
    command_of,
    finish,
    half_saved,
    result,
    start,
    unbroken,
    wait_for_save,
    wait_for_step,
    write_sources,
)

JOB = "table"
SECONDS = 5.0


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    source = write_sources(folder)[JOB]
    return source, unbroken(JOB, source, folder / "run")


def stopped(process, numbers, log):
    """Send the signals; check the exit code, the time it took and what was said."""
    began = time.monotonic()
    for number in numbers if process.is_alive() else ():
        os.kill(process.pid, number)
    code = finish(process)
    assert time.monotonic() - began < SECONDS
    said = log.read_text()
    assert "Traceback" not in said
    return code, said


def check(code, said, number, folder, source, expected):
    """The exit code names the signal; the run goes on, by the command that was printed, to the same bytes."""
    if code == 0:  # the signal came when all was done
        assert result(folder) == expected["result"]
        return
    assert code == 128 + number, said
    lines = [line for line in said.splitlines() if line.startswith("error:")]
    assert len(lines) == 1
    if (folder / "plan.toml").is_file():
        again = ["train", "--resume", str(folder)]
        assert f"--resume {folder}" in lines[0]
    else:
        again = command_of(JOB, source, folder)
    assert finish(start(command_child, again, folder.with_suffix(".again"))) == 0
    assert result(folder) == expected["result"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seed", [1, 2])
def test_at_a_random_step(seed, number, reference, tmp_path):
    source, expected = reference
    folder, rng = tmp_path / "run", random.Random(seed)
    process = start(command_child, command_of(JOB, source, folder), tmp_path / "said")
    wait_for_step(process, folder, rng.randrange(1, expected["steps"] // 2))
    time.sleep(rng.uniform(0, 0.01))
    code, said = stopped(process, [number], tmp_path / "said")
    check(code, said, number, folder, source, expected)
    assert code != 0
    assert not half_saved(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_twice_within_a_save(number, reference, tmp_path):
    source, expected = reference
    folder = tmp_path / "run"
    process = start(command_child, command_of(JOB, source, folder), tmp_path / "said")
    wait_for_step(process, folder, 4)
    wait_for_save(process, folder)
    code, said = stopped(process, [number, number], tmp_path / "said")
    check(code, said, number, folder, source, expected)
    assert code != 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("share", [0.1, 0.4, 0.9])
def test_at_any_time_of_the_whole_command(share, number, reference, tmp_path):
    source, expected = reference
    folder = tmp_path / "run"
    process = start(command_child, command_of(JOB, source, folder), tmp_path / "said")
    while not (tmp_path / "said").is_file():  # the command has begun
        time.sleep(0.0005)
    time.sleep(0.05 + share * expected["seconds"])
    code, said = stopped(process, [number], tmp_path / "said")
    check(code, said, number, folder, source, expected)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_the_baselines_run(number, reference, tmp_path):
    source, _ = reference
    folder = tmp_path / "run"
    arguments = [a for a in command_of(JOB, source, folder) if a != "--no-baselines"]
    process = start(command_child, arguments, tmp_path / "said")
    until = time.monotonic() + 30
    while not (folder / "best.safetensors").is_file() and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(0.3)
    code, said = stopped(process, [number], tmp_path / "said")
    assert code == 128 + number, said
    assert finish(start(command_child, ["train", "--resume", str(folder)], tmp_path / "again")) == 0
    assert JOBS[JOB]["epochs"] == len((folder / "progress.jsonl").read_text().splitlines())
