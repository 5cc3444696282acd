"""kill -9 at random instants of a training, resume, compare with the training never interrupted, byte by byte.

A small table (dropout, batch normalisation, running average of the weights) and a small set of pictures (augmentation),
in turn, with a resume point at every step. Every second training is killed while a resume point is being written: the
half-written file is found in the folder afterwards; the others after a random step, or at any time of the process. Some
are killed twice. tests/reliability/test_kill_and_resume.py runs the same on a few instants, and test_crash_points.py
kills at chosen calls to the disk.
"""

import argparse
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from hardware import hardware
from processes import say
from record import NUMBERS, ROOT, figure, record, show, store

sys.path.insert(0, str(ROOT / "tests" / "reliability"))
from killing import STEPWISE, kill_and_resume, unbroken, write_sources


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instants", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=NUMBERS / "kill_and_resume.json")
    asked = parser.parse_args()
    here = hardware()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = write_sources(folder)
        expected = {job: unbroken(job, sources[job], folder / job) for job in STEPWISE}
        outcomes = []
        for number in range(asked.instants):
            job, saving = STEPWISE[number // 2 % len(STEPWISE)], number % 2 == 0
            run, seed = folder / f"run{number}", 1000 * asked.seed + number
            outcome = kill_and_resume(job, sources[job], run, expected[job], seed, saving)
            outcomes.append({"job": job, "seed": seed, **asdict(outcome)})
            say(
                f"{number + 1:3d}  {job:8s}  kills {outcome.kills}  in a save {outcome.inside_save}  {verdict(outcome)}"
            )
    identical = [o["kills"] > 0 and not (o["different"] or o["debris"]) for o in outcomes]
    inside = [o["inside_save"] > 0 for o in outcomes]
    figures = [
        figure("identical to the unbroken training", [float(v) for v in identical], "share", at_least=1.0),
        figure("killed within a save", [float(v) for v in inside], "share", at_least=1 / 3),
    ]
    counts = {"n": len(outcomes), "identical": sum(identical), "inside_save": sum(inside)}
    store(asked.out, __doc__, {"kill -9": record(figures, outcomes, here, settings={"seed": asked.seed}, **counts)})
    show(figures, say)
    say(f"{counts['identical']} of {counts['n']} identical, {counts['inside_save']} killed within a save: {asked.out}")
    sys.exit(0 if all(f["met"] for f in figures) else 1)


def verdict(outcome) -> str:
    """Write what came of one training."""
    wrong = [*outcome.different, *outcome.debris]
    return f"NOT THE SAME: {', '.join(wrong)}" if wrong else "identical"


if __name__ == "__main__":
    main()
