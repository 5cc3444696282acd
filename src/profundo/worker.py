"""A process that computes for the studio, whose server never imports torch: `python -m profundo.worker ask` or `play`.

It reads messages (`profundo.frames`) from standard input and writes messages to standard output, until its input ends.
`ask` answers questions one after the other, each by its verb; `play` keeps one network in training and sends frames.
"""

import contextlib
import gc
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

from .errors import UsageError, unknown
from .frames import pack, receive, send, unpack
from .guard import as_object, quiet_warnings, understood

if TYPE_CHECKING:
    import numpy as np

    from .play.session import Session

Planes = Mapping[str, "np.ndarray"]
Answer = tuple[dict[str, Any], dict[str, "np.ndarray"]]


def plan(question: Mapping[str, Any], planes: Planes) -> Answer:
    """Fill in a plan: what `profundo plan SOURCE` says, with the notes on what was guessed and why."""
    from .choices import guessed

    return guessed(question.get("source"), question.get("wishes") or {}), {}


def choices(question: Mapping[str, Any], planes: Planes) -> Answer:
    """Tell the names that options take: {"choices": {option: [name]}}."""
    from .choices import choices as known

    return {"choices": known()}, {}


def compare(question: Mapping[str, Any], planes: Planes) -> Answer:
    """Compare the folders `runs`, on the rows of the source `on` where there is one."""
    from .compare import compare as ask
    from .files import finite

    source = question.get("on")
    if source is not None and not isinstance(source, str):
        raise UsageError("runs are compared on the rows of a source, which is a text.")
    return dict(finite(ask(*question.get("runs", ()), source=source))), {}


def mistakes(question: Mapping[str, Any], planes: Planes) -> Answer:
    """Say what a run got wrong: what `profundo mistakes RUN` says."""
    from .mistakes.planes import packed

    return packed(question)


def explain(question: Mapping[str, Any], planes: Planes) -> Answer:
    """Say why a network answered so: what `profundo explain RUN --row N` says."""
    from .explain.planes import packed

    return packed(question)


def inside(question: Mapping[str, Any], planes: Planes) -> Answer:
    """Look inside the network of a run (inside/verbs.py); "draw" is the same, asked while somebody draws."""
    from .inside.verbs import look

    return look(question)


def draw(question: Mapping[str, Any], planes: Planes) -> Answer:
    """Look at a drawing, without asking which units are dead: that is the same for every stroke."""
    return inside({**question, "dead": False}, planes)


def lab(question: Mapping[str, Any], planes: Planes) -> Answer:
    """Carry out an experiment, {"name", "options"}; without a name list them with their options."""
    from .lab.table import entries

    if "name" not in question:
        return {"experiments": entries()}, {}
    from .lab.experiments import lab, parted

    options = question.get("options", {})
    if not isinstance(options, Mapping):
        raise UsageError("the options of an experiment are an object: their names and values.")
    return parted(lab(question["name"], **options))


VERBS: dict[str, Callable[[Mapping[str, Any], Planes], Answer]] = {
    "plan": plan,
    "choices": choices,
    "compare": compare,
    "mistakes": mistakes,
    "explain": explain,
    "inside": inside,
    "draw": draw,
    "lab": lab,
}


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage among what is imported, now or ever: a tenth of the time that PyTorch takes to load."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def ask(source: IO[bytes], target: IO[bytes]) -> None:
    """Answer questions: {"verb", ...} -> {"kind": "answer", ...} or {"kind": "error", "error": {...}}."""
    with uncollected():
        from . import predict  # noqa: F401  what most of them need, loaded before the first one comes

    while (message := receive(source)) is not None:
        try:
            question, planes = unpack(message)
            if (verb := question.get("verb")) not in VERBS:
                raise UsageError(unknown("question", str(verb), VERBS))
            header, made = VERBS[verb](question, planes)
            answer = pack({"kind": "answer", **header}, made)
        except Exception as error:
            answer = failure(error)
        send(target, answer)


def play(source: IO[bytes], target: IO[bytes]) -> None:
    """Train, and send frames while it goes; between two turns obey what came in. While it pauses, wait."""
    with uncollected():
        from .play.session import Session

        session = Session()
    orders: queue.Queue[bytes | None] = queue.Queue()

    def listen() -> None:
        while (message := receive(source)) is not None:
            orders.put(message)
        orders.put(None)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        try:
            order = orders.get(block=not session.running)
        except queue.Empty:
            turn(session, target)
            continue
        if order is None:
            return
        try:
            header = unpack(order)[0]
            if header.get("do") == "leave":  # the page has gone: the next one finds nothing of it
                session = Session()
                send(target, pack({"kind": "left"}))
                continue
            for message in session.obey(header):
                send(target, message)
        except Exception as error:
            send(target, failure(error))


def turn(session: "Session", target: IO[bytes]) -> None:
    """Let the session learn for a moment, and send the frame that is due."""
    try:
        if (frame := session.tick()) is not None:
            send(target, frame)
    except Exception as error:
        session.running = False
        send(target, failure(error))


def failure(error: BaseException) -> bytes:
    """Return the message that tells of an error, with its advice."""
    return pack({"kind": "error", "error": as_object(understood(error))})


def main(role: str) -> None:
    """Work until the input ends. What anything prints goes to standard error."""
    target = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with quiet_warnings():
        {"ask": ask, "play": play}[role](sys.stdin.buffer, target)


if __name__ == "__main__":
    main(sys.argv[1])
