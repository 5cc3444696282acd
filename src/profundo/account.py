"""What is told of a run, in words: what was inferred before training, how it goes, the scores at the end."""

import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .terminal import Silent, duration, row, shortened, table

if TYPE_CHECKING:
    from torch import nn

    from .data.dataset import Data
    from .data.raw import Note
    from .loop import Progress
    from .plan import Plan

MANY = 6  # notes on one subject that are printed
HOW = {True: "found by a range test", False: "usual for such data"}  # whether the learning rate was looked for
LAYERS = 8  # layers of a network that are printed


class Account:
    """Tells of a training as it happens: `watch` takes the events of `profundo.train`.

    `run` is the folder, once it is known; `lr` the learning rate where it was asked for.
    """

    def __init__(self, shown: Silent, source: str, *, lr: float | None = None, seeds: int = 1) -> None:
        self.shown, self.lr, self.seeds, self.run = shown, lr, seeds, ""
        self.searched = False  # a run that is gone on with has its learning rate
        self.data: Data | None = None
        self.networks: list[nn.Module] = []  # the first one, and one more for each further seed
        self.latest = ""  # the validation part's measures
        shown.stage(f"reading {source}")

    def watch(self, event: str, value: Any) -> None:
        """Tell of one event; of those that are not told of, nothing."""
        tell = getattr(self, f"tell_{event}", None)
        if tell is not None:
            tell(value)

    def tell_run(self, run: Any) -> None:
        """Remember where the run is."""
        self.run = str(run.folder)
        self.searched = run.has("finder.json")

    def tell_data(self, data: "Data") -> None:
        """Tell what was inferred of the data."""
        self.data = data
        for line in noted(data.notes):
            self.shown.say(line)

    def tell_findings(self, findings: list[Any]) -> None:
        """Tell what is wrong with the data."""
        from .audit import findings_lines

        for line in findings_lines(findings):
            self.shown.say(line)

    def tell_network(self, network: "nn.Module") -> None:
        """Tell that a learning rate is looked for."""
        self.networks.append(network)
        if self.lr is None and not self.searched:
            self.shown.stage("looking for a learning rate")

    def tell_finding(self, finding: Any) -> None:
        """Remember that a learning rate was found."""
        self.searched = True

    def tell_loaded(self, found: Mapping[str, Any]) -> None:
        """Tell which weights the training begins with."""
        from .report.transfer import loaded_words

        self.shown.say(row("weights", loaded_words(found), "--weights --transfer --head"))

    def tell_race(self, found: Mapping[str, Any]) -> None:
        """Tell what each way of transfer reached."""
        from .report.transfer import race_lines

        for line in table(race_lines(found), right="seconds,trained parameters"):
            self.shown.say(f" {line}")

    def tell_diagnosis(self, findings: list[Any]) -> None:
        """Tell what ails the training."""
        for finding in findings:
            self.shown.say(row("doctor", finding.text, finding.flag))

    def tell_baseline(self, result: Any) -> None:
        """Tell what a simpler method reaches."""
        self.shown.say(row("baseline", baseline_words(result)))

    def tell_rounds(self, value: tuple[int, int]) -> None:
        """Tell how far a resampling is."""
        self.shown.stage(f"resampling: {value[0]} of {value[1]} rounds")

    def tell_stage(self, what: str) -> None:
        """Tell what is being done."""
        self.shown.stage(what)

    def tell_scores(self, scores: Any) -> None:
        """Be silent: the scores are the result."""
        self.shown.close()

    def tell_plan(self, plan: "Plan") -> None:
        """Tell of the network and the recipe, before the first epoch."""
        gently = "a tenth of the usual, for weights that have learnt" if plan.transfer == "finetune" else ""
        found = "as asked" if self.lr is not None else gently or HOW[self.searched]
        if len(self.networks) == 1 and self.data is not None:
            self.shown.say(row("network", network_words(plan.network, self.networks[0], self.data), "--network NAME"))
            self.shown.say(row("training", recipe_words(plan), "--epochs N --batch-size N --optimizer NAME"))
        if plan.head in ("", "linear"):
            self.shown.say(row("lr", f"{plan.recipe.learning_rate:.2g}, {found}", "--lr"))
        each = f", seed {plan.recipe.seed} ({len(self.networks)} of {self.seeds})" if self.seeds > 1 else ""
        self.shown.stage(f"training{each}")

    def pace(self, now: "Progress") -> str:
        """Write how much is learnt from in a second: the steps of windows of a sequence, else the examples."""
        from .data.windows import Windows

        if self.data is None or not now.seconds:
            return ""
        examples = now.step * self.data.count("train") * now.epochs / max(now.steps, 1) / now.seconds
        if not isinstance(self.data, Windows):
            return f"{examples:,.0f} examples/s"
        unit = next((kind.unit for kind in self.data.schema.tokens.values()), "steps")
        return f"{examples * self.data.context:,.0f} {'tokens' if unit == 'bpe' else unit}/s"

    def tell_progress(self, now: "Progress") -> None:
        """Tell how far the training is, and at its end why it stopped."""
        place = f"{now.epoch}/{now.epochs}"
        if now.whole:
            self.latest = ", ".join(f"{words(name)} {value:.4g}" for name, value in few(now.validation))
            self.shown.log(row("epoch", f"{place}  {measured(now)}  {duration(now.seconds)}"))
        share = now.step / max(now.steps, 1)
        left = now.seconds / share - now.seconds if share else 0.0
        losses = f"training loss {now.train_loss:.4g}, {self.pace(now)}"
        measures = f"validation {self.latest}, {losses}" if self.latest else losses
        self.shown.advance(f"epoch {place}", share, measures, left)
        if now.stopped:
            self.shown.say(row("stopped", f"{now.stopped}: {now.epoch} epochs, {duration(now.seconds)}"))
            self.latest = ""
            if len(self.networks) >= self.seeds:
                self.shown.stage("scores and baselines")


def noted(notes: Iterable["Note"], most: int = MANY) -> list[str]:
    """Write notes, the warnings last, and of one subject not more than `most`."""
    by_subject: dict[str, list[Any]] = {}
    for note in notes:
        by_subject.setdefault("!" if note.warning else note.subject, []).append(note)
    warnings = by_subject.pop("!", [])
    lines = []
    for subject, found in by_subject.items():
        lines += [row(subject, note.text, note.flag) for note in found[:most]]
        if len(found) > most:
            lines.append(row(subject, f"... and {len(found) - most} more; all of them: profundo check SOURCE"))
    return lines + [row("!", note.text, note.flag) for note in warnings]


def network_words(name: str, network: "nn.Module", data: "Data") -> str:
    """Write a network's name, the shapes that it makes of x, and the number of its parameters."""
    from .networks import describe

    layers = [r for r in describe(network, data.schema) if r["parameters"] and r["type"].startswith(("Linear", "Conv"))]
    shapes = ["x".join(map(str, s)) for s in (data.schema.shape, *(r["shape"] for r in layers if r["shape"]))]
    if len(shapes) > LAYERS:
        shapes = [*shapes[: LAYERS // 2], "...", *shapes[1 - LAYERS // 2 :]]
    count = sum(p.numel() for p in network.parameters())
    return f"{name}, {' → '.join(shapes)}, {count:,} parameters"


def recipe_words(plan: "Plan") -> str:
    """Write how the network is trained."""
    recipe = plan.recipe
    if plan.head not in ("", "linear"):
        return f"{plan.head} of scikit-learn, fitted at once on what the network sees"
    size = f"batches of {recipe.batch_size:,}" if recipe.batch_size else "the whole training part a step"
    return f"{recipe.optimizer}, {recipe.schedule}, {size}, up to {recipe.epochs:,} epochs"


def measured(now: "Progress") -> str:
    """Write the losses of an epoch and its main measures."""
    validation = [f"validation {words(name)} {value:.4g}" for name, value in few(now.validation)]
    return "  ".join([f"loss {now.train_loss:.4g}", *validation])


def few(measures: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the main measures, the loss last."""
    return sorted(list(measures.items())[:3], key=lambda pair: pair[0] == "loss")


def words(name: str) -> str:
    """Write a name of the code as words."""
    return name.replace("_", " ")


def baseline_words(result: Any) -> str:
    """Write what a baseline reached, or why it did not finish."""
    if not result.scores:
        return f"{result.name}: {result.note}"
    name, score = next(iter(result.scores.items()))
    return f"{result.name}: {words(name)} {score.value:.4g}, {duration(result.seconds)}"


def score_rows(scores: Mapping[str, Any], main: str) -> list[list[str]]:
    """Write scores as the rows of a table, the main one first, the loss last."""
    order = sorted(scores, key=lambda name: (name != main, name == "loss"))
    rows = [["score", "value", "95 % interval", "n"]]
    for name in order:
        score = scores[name]
        between = (
            ""
            if score["low"] is None or score["high"] is None
            else f"{figure(score['low'])} to {figure(score['high'])}"
        )
        rows.append([words(name), figure(score["value"]), between, f"{score['n']:,}"])
    return rows


def figure(value: float | None) -> str:
    """Write a score."""
    if value is None:
        return "not defined"
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}" if abs(value) < 1e7 else f"{value:.4g}"


def said(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the sentences of what the run was asked besides its scores, each with its subject."""
    lines = [(name, result[name]["sentence"]) for name in ("optimism", "advice", "ensemble") if result.get(name)]
    lines += [(name, result[name]) for name in ("calibration", "balance") if result.get(name)]
    return lines + [("groups", text) for text in result.get("groups") or []]


def evaluation_rows(result: Mapping[str, Any]) -> list[list[str]]:
    """Write the main scores of a resampling as the rows of a table."""
    found, main = result["evaluation"], result["main"]
    names = [main, *(n for n in ("balanced_accuracy", "f1", "roc_auc", "log_loss", "mae", "rmse") if n != main)]
    rows = score_rows({n: found["scores"][n] for n in names if n in found["scores"]}, main)
    rows[0][0] = f"by {found['method']}"
    rows += [[f"  without {name}", figure(value), "", ""] for name, value in found.get("left_out", {}).items()]
    lost = len(found["failed"])
    return rows + ([[f"{lost} rounds failed", "-", found["failed"][0]["reason"], ""]] if lost else [])


def baseline_rows(result: Mapping[str, Any]) -> list[list[str]]:
    """Write the network and the baselines as the rows of a table, the best first, those that did not finish last."""
    main = result["main"]
    own = {"name": f"{result['network']} (this network)", "seconds": result.get("training_seconds"), "note": ""}
    every = [{**own, "scores": result["scores"]}, *result["baselines"]]
    done = [b for b in every if b["scores"] and b["scores"][main]["value"] is not None]
    done.sort(key=lambda b: -b["scores"][main]["value"])
    rows = [["on the same rows", words(main), "seconds"]]
    rows += [[b["name"], figure(b["scores"][main]["value"]), f"{b['seconds'] or 0:.1f}"] for b in done]
    return rows + [[b["name"], "-", b["note"]] for b in every if b not in done]


def result_lines(result: Mapping[str, Any]) -> list[str]:
    """Write the end of a training: scores, spread over seeds, baselines, verdict, where it is, what to type next."""
    from .outcomes import find_outcome

    lines = ["", *table(score_rows(result["scores"], result["main"]), right="value,n")]
    if result.get("evaluation"):
        lines += ["", *table(evaluation_rows(result), right="value,n")]
    if result.get("spread"):
        rows = [["over the seeds", "mean", "std", "n"]]
        rows += [[words(k), figure(s["mean"]), figure(s["std"]), str(s["n"])] for k, s in result["spread"].items()]
        lines += ["", *table(rows, right="mean,std,n")]
    if result.get("baselines"):
        lines += ["", *table(baseline_rows(result), right=words(result["main"]))]
    folder = shlex.quote(str(result["run"]))
    lines += ["", *([row("verdict", result["verdict"])] if result.get("verdict") else [])]
    lines += [row(name, text) for name, text in said(result)]
    lines += [
        row("stopped", f"{result['stopped']}, after {result['epochs']} epochs; {duration(result['seconds'])} in all"),
        row("run", folder),
        row(
            "report",
            f"{folder}/report.html" if folder == str(result["run"]) else shlex.quote(f"{result['run']}/report.html"),
        ),
        row("next", f"profundo predict {folder} NEW_DATA -o predictions.csv"),
        row("", f"profundo evaluate {folder} NEW_DATA"),
    ]
    outcome = find_outcome(result["task"])
    if outcome is not None and outcome.generate is not None:
        lines.append(row("", f"profundo generate {folder}"))
    return lines


def check_lines(found: Mapping[str, Any]) -> list[str]:
    """Write what `profundo.check` found: a table of the columns, then the notes."""
    from .data.raw import Note

    rows = [["column", "kind", "role", "missing", "distinct", "values"]]
    for c in found["columns"]:
        name, values = shortened(c["name"], 30), shortened(c["example"], 48)
        rows.append([name, c["kind"] or "-", c["role"], f"{c['missing']:,}", f"{c.get('distinct', 0):,}", values])
    notes = noted([Note(**note) for note in found["notes"]], most=len(found["notes"]))
    return [*(f" {line}" for line in table(rows, right="missing,distinct")), "", *notes, *doubt_lines(found)]


def doubt_lines(found: Mapping[str, Any]) -> list[str]:
    """Write what the data doctor found, and whether the data look like others."""
    from .audit import findings_lines
    from .data.special import READERS
    from .findings import Finding
    from .shift import shift_lines

    lines = findings_lines([Finding(**f) for f in found["findings"]], most=len(found["findings"]))
    shift = shift_lines(found["shift"]) if "shift" in found else []
    nothing = "the data doctor found nothing"
    if found.get("task") in READERS:
        nothing = f"the data doctor looks for faults in labels and numbers, and not in data for {found['task']}"
    return ["", *(lines or [nothing]), *([""] if shift else []), *shift]


def answer_words(answer: Mapping[str, Any]) -> str:
    """Write one answer for a person: "82 % cat, 15 % dog", or the number."""
    shares = answer["probabilities"]
    if not shares:
        return ", ".join(
            f"{name} {value:.6g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in answer["answer"].items()
        )
    likely = sorted(shares.items(), key=lambda pair: -pair[1])
    return ", ".join(
        f"{100 * share:.0f} % {label}" for label, share in likely[:3] if share >= 0.005 or share == likely[0][1]
    )


def answers(frame: Any, targets: list[str]) -> list[dict[str, Any]]:
    """Return the rows of a table of predictions as {row, answer: {target: value}, probabilities: {label: share}}."""
    prefix = "probability of "
    found = []
    for record in frame.to_dict(orient="records"):
        shares = {k.removeprefix(prefix): v for k, v in record.items() if k.startswith(prefix)}
        plain = {k: v for k, v in record.items() if not k.startswith(prefix)}
        own = {k: plain.pop(k) for k in targets}
        found.append({**plain, "answer": own, "probabilities": shares})
    return found
