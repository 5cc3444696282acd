"""The peak resident memory of `profundo train` on large data: a 3 GB table, and 50,000 pictures.

The data are made for the purpose and deleted afterwards. The peak is the kernel's own figure for the process
(getrusage); beside it stands the largest sum of the process and that of its baselines, looked at ten times a second. A
table that does not fit must be refused early, with the figures; then the command that the refusal advises is measured.
Pages of a memory-mapped file of decoded pictures count, although the system can take them back.
"""

import argparse
import io
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hardware import hardware
from processes import PROFUNDO, say
from record import NUMBERS, ROOT, figure, record, show, store

LIMIT = 1.5  # GB
REFUSED = 5  # the exit code of a ResourceError
PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", nargs="+", choices=tuple(JOBS), default=list(JOBS))
    parser.add_argument("--gigabytes", type=float, default=3.0, help="the size of the table")
    parser.add_argument("--pictures", type=int, default=50_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the data are made")
    parser.add_argument("--out", type=Path, default=NUMBERS / "memory.json")
    asked = parser.parse_args()
    if shutil.disk_usage(asked.folder).free < 1e9 * (asked.gigabytes + 4):
        raise SystemExit(f"{asked.folder} has too little room: {asked.gigabytes + 4:.0f} GB are needed.")
    for name in asked.what:
        here = hardware()
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            runs = JOBS[name](Path(folder), asked)
        figures = [f for r in runs for f in described(r)]
        settings = {"gigabytes": asked.gigabytes, "pictures": asked.pictures}
        store(asked.out, __doc__, {name: record(figures, runs, here, settings=settings)})
        show(figures, say)
    say(f"written: {asked.out}")


def described(run: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the figures of one run."""
    return [
        figure(f"{run['what']}: peak memory", [run["peak_gb"]], "GB", at_most=LIMIT),
        figure(f"{run['what']}: with the process of its baselines", [run["with_baselines_gb"]], "GB"),
    ]


def table(folder: Path, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Train on a table of 20 numbers, a category and a label; where it is refused, as the refusal says."""
    path = folder / "big.csv"
    write_table(path, int(asked.gigabytes * 1e9))
    command = ["train", path, "--target", "y", "--time-limit", "60"]
    runs = [measure(f"{asked.gigabytes:g} GB CSV", folder, command)]
    if runs[0]["exit_code"] == REFUSED:
        advised = re.search(r"--rows (\d+)", runs[0]["said"])
        if advised is None:
            raise SystemExit(f"the refusal advises nothing: {runs[0]['said']}")
        runs[0]["what"] += ", refused"
        again = [*command, "--rows", advised[1]]
        runs.append(measure(f"{asked.gigabytes:g} GB CSV, --rows {advised[1]} as advised", folder, again))
    return runs


def pictures(folder: Path, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Train on a Parquet file of small pictures, and on a folder of larger ones."""
    write_parquet(folder / "pictures.parquet", asked.pictures)
    train = ["train", folder / "pictures.parquet", "--time-limit", "20"]
    runs = [measure(f"{asked.pictures:,} pictures of 32 x 32 in a Parquet file", folder, train)]
    write_folder(folder / "photos", asked.pictures)
    train = ["train", folder / "photos", "--network", "mlp", "--hidden", "16", "--time-limit", "20"]
    return [*runs, measure(f"{asked.pictures:,} photographs of 120 x 90 in a folder", folder, train)]


JOBS: dict[str, Callable[[Path, argparse.Namespace], list[dict[str, Any]]]] = {"table": table, "pictures": pictures}


def write_table(path: Path, size: int) -> None:
    """Write a CSV of `size` bytes, a block of random rows again and again."""
    rng = np.random.default_rng(0)
    numbers, rows = rng.normal(size=(100_000, 20)), []
    for row, city in zip(numbers, rng.choice(["Reus", "Vic", "Olot", "Salt"], len(numbers)), strict=True):
        rows.append(",".join([*(f"{v:.5f}" for v in row), city, "yes" if row[0] + row[1] > 0 else "no"]))
    block = ("\n".join(rows) + "\n").encode()
    with path.open("wb") as file:
        file.write((",".join([*(f"x{i}" for i in range(20)), "city", "y"]) + "\n").encode())
        while file.tell() < size:
            file.write(block)


def image(rng: np.random.Generator, label: int, size: tuple[int, int], form: str) -> bytes:
    """Return the bytes of a noisy picture, brighter on one side by its label."""
    from PIL import Image

    pixels = rng.integers(0, 150, (*size, 3), dtype=np.uint8)
    pixels[:, : size[1] // 2] += np.uint8(50 * label)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


def write_parquet(path: Path, count: int) -> None:
    """Write PNGs as a column of bytes with a column of labels."""
    import pyarrow
    from pyarrow import parquet

    rng = np.random.default_rng(1)
    labels = [int(v) for v in rng.integers(0, 3, count)]
    column = pyarrow.array([image(rng, v, (32, 32), "PNG") for v in labels], pyarrow.binary())
    parquet.write_table(pyarrow.table({"image": column, "label": [f"class {v}" for v in labels]}), path)


def write_folder(path: Path, count: int) -> None:
    """Write JPEGs into a folder for each class; a thousand different ones, each many times."""
    rng = np.random.default_rng(2)
    known = [[image(rng, k, (90, 120), "JPEG") for _ in range(333)] for k in range(3)]
    for k in range(3):
        (path / f"class {k}").mkdir(parents=True)
    for i in range(count):
        (path / f"class {i % 3}" / f"{i}.jpg").write_bytes(known[i % 3][i // 3 % 333])


def measure(what: str, folder: Path, arguments: list[Any]) -> dict[str, Any]:
    """Run a command of profundo; returns its peak memory in GB, its seconds, its exit code and its last words."""
    run = folder / f"run {len(list(folder.glob('run *')))}"
    command = [*PROFUNDO, *map(str, arguments), "--quiet", "--json", "--out", str(run)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PROFUNDO_CACHE": str(folder / "cache")}
    began, tree = time.monotonic(), 0
    with (folder / "said").open("w+") as said:
        child = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=said)
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            tree = max(tree, resident(child.pid))
            time.sleep(0.1)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        words = said.read()
    peak, together = usage.ru_maxrss * 1024 / 1e9, tree / 1e9
    seconds, code = time.monotonic() - began, child.returncode
    last = words.strip().splitlines()[-1] if words.strip() else ""
    say(f"{what}: {peak:.2f} GB, with baselines {together:.2f} GB, {seconds:.0f} s, exit code {code} {last}")
    if code not in (0, REFUSED):
        raise SystemExit(words)
    sizes = {"peak_gb": peak, "with_baselines_gb": together}
    return {"what": what, **sizes, "seconds": seconds, "exit_code": code, "said": last}


def resident(pid: int) -> int:
    """Return the bytes of memory that a process and its children hold now."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):  # it has ended
        return 0
    return pages * PAGE + sum(resident(int(child)) for child in children)


if __name__ == "__main__":
    main()
