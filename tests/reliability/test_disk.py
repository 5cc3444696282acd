"""A full disk, a read-only one, a limit on file sizes: the last good resume point stays, one line says what to do, the
exit code is 5, nothing half-written is left, and the training goes on when there is room again."""

import contextlib
import itertools
import resource
import subprocess

import pytest
from killing import command_child, command_of, finish, half_saved, result, start, unbroken, write_sources

JOB = "table"
RESOURCE = 5


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    source = write_sources(folder)[JOB]
    return source, unbroken(JOB, source, folder / "run")


@contextlib.contextmanager
def mounted(place, size):
    """Mount a small file system in memory; the test is skipped where that is not permitted."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("needs the program mount")
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def remount(place, options):
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)


def command(arguments, log):
    """Carry out a command line; returns its exit code and its error lines."""
    code = finish(start(command_child, arguments, log))
    said = log.read_text()
    assert "Traceback" not in said
    assert "a bug in profundo" not in said
    return code, [line for line in said.splitlines() if line.startswith("error:")]


def test_a_full_disk_leaves_the_last_good_point_whatever_the_size(reference, tmp_path):
    source, expected = reference
    met = set()
    for kilobytes in itertools.count(4, 20):
        with mounted(tmp_path / f"disk{kilobytes}", f"{kilobytes}k") as disk:
            folder = disk / "run"
            code, errors = command(command_of(JOB, source, folder), tmp_path / f"said{kilobytes}")
            if code == 0:
                break
            assert code == RESOURCE
            (line,) = errors
            assert "no space left" in line and str(folder) in line
            assert not half_saved(folder)
            met.add(stage(folder))
            remount(disk, "size=64m")
            begun = (folder / "plan.toml").is_file()
            arguments = ["train", "--resume", str(folder)] if begun else command_of(JOB, source, folder)
            assert command(arguments, tmp_path / f"again{kilobytes}") == (0, [])
            assert result(folder) == expected["result"]
    assert met == {"before the first resume point", "with a resume point", "after the training"}


def stage(folder):
    """Say how far a training has come."""
    if (folder / "weights.safetensors").is_file():
        return "after the training"
    return "with a resume point" if (folder / "resume.json").is_file() else "before the first resume point"


def test_a_folder_that_cannot_be_written(reference, tmp_path):
    source, _ = reference
    with mounted(tmp_path / "disk", "1m") as disk:
        remount(disk, "ro")
        code, (line,) = command(command_of(JOB, source, disk / "run"), tmp_path / "said")
        assert code == RESOURCE
        assert "cannot be written" in line and "--out" in line


def limited(arguments, log, size):
    """Carry out a command line in a process that may write no file larger than `size` bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    command_child(arguments, log)


def test_a_limit_on_the_size_of_files(reference, tmp_path):
    source, expected = reference
    folder = tmp_path / "run"
    code = finish(start(limited, command_of(JOB, source, folder), tmp_path / "said", 5_000))
    said = (tmp_path / "said").read_text()
    assert code == RESOURCE
    assert "Traceback" not in said and "--out" in said
    assert not half_saved(folder)
    assert command(["train", "--resume", str(folder)], tmp_path / "again") == (0, [])
    assert result(folder) == expected["result"]


def test_predictions_on_a_full_disk(reference, tmp_path):
    source, _ = reference
    run = source.parent / "run"
    with mounted(tmp_path / "disk", "4k") as disk:
        out = disk / "answers.csv"
        out.write_text("what was there before\n")
        code, (line,) = command(["predict", str(run), str(source), "-o", str(out)], tmp_path / "said")
        assert code == RESOURCE
        assert "no space left" in line and str(out) in line
        assert out.read_text() == "what was there before\n"
        assert [p.name for p in disk.iterdir()] == ["answers.csv"]
