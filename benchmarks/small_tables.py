"""Seven small tables, and what the network and the baselines answer on a split of each: for advice.py, ensembles.py."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from profundo.baselines import MAIN
from profundo.data import load
from profundo.ensemble import Member, members
from profundo.learning import learn
from profundo.plan import Plan, complete, wish
from profundo.rivals import own_units, rivals
from record import DATA


@dataclass(frozen=True)
class Table:
    """A source with its target; `wishes` are what else is asked for."""

    source: str
    target: str | None
    wishes: dict[str, Any] = field(default_factory=dict)


def own(name: str) -> str:
    return str(DATA / "tabular" / name)


SIX = {
    "german_credit": Table(own("german_credit.csv"), "credit_risk"),
    "pima_diabetes": Table(own("pima_diabetes.csv"), "diabetes"),
    "titanic": Table(own("titanic.csv"), "survived", {"drop": ("alive",)}),
    "iris": Table(own("iris.csv"), "species"),
    "breast_cancer": Table("breast_cancer", None),
    "ames_house_prices": Table(own("ames_house_prices.csv"), "SalePrice"),
}
SEVEN = SIX | {"wine_quality, 2,000 rows": Table(own("wine_quality.csv"), "quality", {"rows": 2000})}


@dataclass(frozen=True, eq=False)
class Answered:
    """The answers of the network and of the baselines on one split, with y; `seconds` to fit and to answer."""

    task: str
    members: list[Member]
    seconds: dict[str, float]
    y_validation: np.ndarray
    y_test: np.ndarray
    n_train: int

    def measured(self, name: str, part: str = "test") -> float:
        """Return the main score of a member on a part."""
        member = next(m for m in self.members if m.name == name)
        return MAIN[self.task].compute(getattr(self, f"y_{part}"), getattr(member, part))

    def best(self, names: list[str]) -> str:
        """Return the member that is best on the validation part."""
        return max(names, key=lambda name: self.measured(name, "validation"))


def planned(table: Table, seed: int) -> Plan:
    return wish(table.source, table.target, seed=seed, evaluate="holdout", threads=1, **table.wishes)


def kept(folder: Path | None, name: str, seed: int) -> Path | None:
    """Return the file that keeps a table's answers."""
    return None if folder is None else folder / f"{name.replace(', ', '-').replace(' ', '-')}-{seed}.npz"


def answered(table: Table, seed: int, file: Path | None = None) -> Answered:
    """Train the network and fit the baselines on the split of a seed; from the file where it is there, else into it."""
    if file is not None and file.exists():
        return read(file)
    plan = planned(table, seed)
    data = load(table.source, plan.data)
    plan = complete(plan, data)
    learned = learn(None, plan, data)
    results = [r for r in rivals(plan, data) if r.scores]
    found, rows = members({"network": tuple(learned.answer(data, p) for p in ("validation", "test"))}, results)
    seconds = {"network": learned.last.seconds} | {r.name: r.seconds for r in results}
    truth = {part: own_units(data, part) for part in ("validation", "test")}
    made = Answered(plan.task, found, seconds, truth["validation"][rows], truth["test"], data.count("train"))
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        write(file, made)
    return made


def write(path: Path, made: Answered) -> None:
    arrays = {f"{part}|{m.name}": getattr(m, part) for m in made.members for part in ("validation", "test")}
    facts = {"task": made.task, "n_train": made.n_train}
    facts |= {f"seconds|{name}": seconds for name, seconds in made.seconds.items()}
    np.savez(path, y_validation=made.y_validation, y_test=made.y_test, **arrays, **facts)


def read(path: Path) -> Answered:
    with np.load(path, allow_pickle=False) as file:
        stored = {name: file[name] for name in file.files}
    names = [name.removeprefix("test|") for name in stored if name.startswith("test|")]
    found = [Member(name, stored[f"validation|{name}"], stored[f"test|{name}"]) for name in names]
    seconds = {name: float(stored[f"seconds|{name}"]) for name in names}
    truth = stored["y_validation"], stored["y_test"]
    return Answered(str(stored["task"]), found, seconds, *truth, int(stored["n_train"]))
