"""The other way round than `flags`: from a verb, a source and wishes to the command and the Python that say the same.

`flags.wishes` of the command that `says` writes are the wishes again, for every option (tests/test_says.py).
"""

import json
import math
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

from .errors import UsageError, unknown
from .flags import names
from .flags import wishes as wishes_of
from .wished import HINTS, check_wishes

OPTIONS = {"kinds": "kind", "options": "optimizer_option", "candidates": "candidate"}  # wish -> option
FLAGS = frozenset(HINTS)
NAMES = ("target", "keep", "drop", "groups", "forecast", "known", "derive")
PAIRS = ("kind", "optimizer_option", "lr_at")
LOOSE = ("network_options", "task_options")  # options of the network or the task: --option NAME=VALUE
UNTYPED = ("sizes", "mean", "std", "parts")  # of the plan alone
NAME = re.compile(r"[a-z][a-z0-9_]*")
WIDTH = 88  # of a line of Python
PYTHON = {("compare", "on"): "source"}  # where the function's parameter has another name than the option
COMMAND_ONLY = frozenset({"json", "quiet", "yes", "chart", "fail_on", "min_score"})


def says(
    verb: str,
    source: str | Sequence[str] | None = None,
    wishes: Mapping[str, Any] | None = None,
    **options: Any,
) -> dict[str, str]:
    """Return {"command", "python"}: what to type, or to call, for a verb of profundo.

    `source` is the argument of the verb, or several of them (runs to compare). `wishes` are what `profundo.train`
    takes, `options` the verb's own: `out`, `seeds`, `row` ... What is None is left out. Raises UsageError for a name
    that no option can have, and for what only a plan can hold.
    """
    check_name(verb, "verb")
    places = [source] if isinstance(source, str) else list(source or ())
    wished = {k: v for k, v in (wishes or {}).items() if v is not None}
    own = {k: v for k, v in options.items() if v is not None}
    for name in (*wished, *own):
        check_name(name, "option")
    check_wishes(wished)
    words = [*map(argument, places), *typed(wished), *(w for k, v in own.items() for w in option(k, v))]
    command = " ".join(shlex.quote(word) for word in ("profundo", verb, *words))
    return {"command": command, "python": python(verb, places, {**wished, **own})}


def said(question: Mapping[str, Any]) -> dict[str, Any]:
    """Answer {"verb", "source", "wishes", ...options} as JSON has it: {"command", "python", "wishes"}.

    In place of wishes there may be "flags", the texts of a form by the names of the options (`studio.form`).
    Raises UsageError for a question of another form, and whatever `flags.wishes` has to say of the texts.
    """
    body = {k: v for k, v in question.items() if k != "flags"}
    verb, source, wishes = body.pop("verb", None), body.pop("source", None), body.pop("wishes", None) or {}
    several = isinstance(source, list) and all(isinstance(place, str) for place in source)
    if not isinstance(verb, str) or not (source is None or isinstance(source, str) or several):
        raise UsageError("to say a command takes a verb, a source or a list of them, and wishes.")
    flags = question.get("flags", {})
    if not isinstance(wishes, Mapping) or not isinstance(flags, Mapping):
        raise UsageError("wishes are an object: the names and values that profundo.train takes.")
    if flags:
        wishes = {**wishes, **of_form(flags)}
    return {**says(verb, source, wishes, **body), "wishes": dict(wishes)}


def of_form(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the wishes of a form, whose fields hold texts, truth values and lists of texts by the options' names."""
    given = {}
    for name, value in flags.items():
        if name not in FLAGS:
            raise UsageError(unknown("option", name, sorted(FLAGS)))
        if value not in (None, "", []):
            given[name] = read(name, value)
    return wishes_of(given)


def read(name: str, value: Any) -> Any:
    """Read one field of a form as its option would be. Raises UsageError where it is no number."""
    kinds = get_args(HINTS[name])
    if not all(isinstance(one, str | int | float) for one in (value if isinstance(value, list) else [value])):
        raise UsageError(f"--{name.replace('_', '-')} {str(value)[:80]!r} is no text, number or list of texts.")
    if list[str] in kinds:
        return [str(one) for one in (value if isinstance(value, list) else [value])]
    if bool in kinds:
        return value if isinstance(value, bool) else str(value) == "true"
    try:
        return int(str(value)) if int in kinds else float(str(value)) if float in kinds else str(value)
    except ValueError:
        whole = "whole number" if int in kinds else "number"
        raise UsageError(f"--{name.replace('_', '-')} {value!r} is not a {whole}.") from None


def check_name(name: str, what: str) -> None:
    """Raise UsageError where a name could not be typed as one."""
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of {'a' if what == 'verb' else 'an'} {what}. See: profundo --help")


def argument(place: str) -> str:
    """Return a source or run as an argument: never taken for an option."""
    return f"./{place}" if place.startswith("-") else place


def typed(wishes: Mapping[str, Any]) -> list[str]:
    """Return wishes as the words of a command line: the inverse of `flags.wishes`."""
    words: list[str] = []
    for wish, value in wishes.items():
        if wish in OPTIONS.values():
            raise UsageError(unknown("wish", wish, sorted(OPTIONS)))
        name = OPTIONS.get(wish, wish)
        if wish in UNTYPED:
            raise UsageError(f"no option says {wish}: only a plan can. Type: profundo train --plan plan.toml")
        if wish in LOOSE:
            words += loose(value)
        elif name not in FLAGS:
            words += loose({wish: value})
        elif name in PAIRS:
            words += [w for k, v in value.items() for w in option(name, f"{k}={plain(v)}")]
        elif name in NAMES:
            words += [
                w for column in ([value] if isinstance(value, str) else value) for w in option(name, cell(column))
            ]
        elif name == "hidden":
            widths = value if isinstance(value, str) else ",".join(map(str, value)) or "none"
            words += option(name, widths)
        elif name == "time_limit":
            words += option(name, value if isinstance(value, str) else format(Decimal(plain(value)), "f"))
        else:
            words += option(name, value)
    return words


def loose(options: Mapping[str, Any]) -> list[str]:
    """Return the options of a network or a task, each as --option NAME=VALUE."""
    words: list[str] = []
    for name, value in options.items():
        check_name(name, "option")
        if name == "initialisation":
            words += option(name, value)
        else:
            words += option("option", f"{name}={literal_of(value)}")
    return words


def literal_of(value: Any) -> str:
    """Write a value so that `typed.literal` reads it again; "=" is escaped, for the last one ends the name."""
    if isinstance(value, str) and is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("=", "\\u003d")


def is_plain(text: str) -> bool:
    """Say whether `typed.literal` takes a text for itself, without quotes."""
    try:
        json.loads(text)
    except ValueError:
        return bool(text) and not set(text) & set(',="') and text == text.strip()
    return False


def cell(column: str) -> str:
    """Write the name of a column as in CSV. Raises UsageError for one that an option would change."""
    text = f'"{column.replace(chr(34), chr(34) * 2)}"' if set(column) & set(',"\n\r') else column
    if names([text]) != (column,):
        raise UsageError(f"the column {column!r} begins or ends with a space, and no option can say that. Rename it.")
    return text


def option(name: str, value: Any) -> list[str]:
    """Return an option of the command line with its value; several values are several options."""
    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag[2:]}"]
    if isinstance(value, list | tuple):
        return [word for one in value for word in option(name, one)]
    return [flag, plain(value)]


def plain(value: Any) -> str:
    """Write a number or a text. Raises UsageError for what no option takes."""
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{value} cannot be typed: it must be a finite number.")
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, str | int | float | Path):
        return str(value)
    raise UsageError(f"{value!r} cannot be typed as an option.")


def python(verb: str, places: Iterable[str], given: Mapping[str, Any]) -> str:
    """Write the call of the function of that name. A plan is read by `Plan.from_toml`."""
    called = {PYTHON.get((verb, k), k): v for k, v in given.items() if k not in COMMAND_ONLY}
    head, first = "import profundo", [written(place) for place in places]
    if "plan" in called:
        head = f"from pathlib import Path\n\n{head}"
        first = [f"profundo.Plan.from_toml(Path({written(called.pop('plan'))}).read_text())"]
    arguments = [*first, *(f"{k}={written(as_wish(k, v))}" for k, v in called.items())]
    line = f"profundo.{verb}({', '.join(arguments)})"
    if len(line) > WIDTH:
        line = f"profundo.{verb}(\n" + "".join(f"    {a},\n" for a in arguments) + ")"
    return f"{head}\n\n{line}"


def as_wish(name: str, value: Any) -> Any:
    """Return a value as a person writes it in Python: one target without its brackets."""
    one = name in NAMES and isinstance(value, list | tuple) and len(value) == 1
    return value[0] if one else value


def written(value: Any) -> str:
    """Write a value as Python, texts in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if value.isprintable() else repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{written(k)}: {written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value) if isinstance(value, Path) else repr(value)
