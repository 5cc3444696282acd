"""What stands between an error and the terminal: one line that says what to do, the right exit status, no traceback."""

import contextlib
import difflib
import errno
import json
import os
import re
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import typer

from .errors import DataError, Interrupted, MissingExtra, ProfundoError, ResourceError, UsageError, nearest
from .terminal import printable, say

PIPE = 141  # the status of a program that a closed pipe ended: 128 + SIGPIPE
OUT_OF_MEMORY = re.compile(
    r"out of memory|can't allocate memory|not enough memory|DefaultCPUAllocator|failed to map segment", re.IGNORECASE
)


def guarded(command: Callable[[], Any], arguments: list[str]) -> int:
    """Call a command and return the exit status. An error is told in one line, with --json as an object as well."""
    try:
        with quiet_warnings(), terminated(), first_process_only():
            command()
            sys.stdout.flush()
            return 0
    except typer.Exit as ended:
        return ended.exit_code
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except BrokenPipeError:
        with contextlib.suppress(OSError):  # so that the interpreter, when it ends, does not write there again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE
    except BaseException as error:
        if os.environ.get("PROFUNDO_DEBUG"):
            traceback.print_exc()
        known = understood(error)
        tell(known)
        if "--json" in arguments and not secondary():
            with contextlib.suppress(OSError):
                print(json.dumps({"error": as_object(known)}, ensure_ascii=False), flush=True)
        return known.exit_code


def tell(error: ProfundoError) -> None:
    """Write an error on standard error, in one line."""
    process = f" in process {os.environ['RANK']}" if secondary() else ""
    with contextlib.suppress(OSError):
        say(f"error{process}: {printable(in_one_line(error))}")


def as_object(error: ProfundoError) -> dict[str, Any]:
    """Return an error as --json writes it."""
    return {"kind": type(error).__name__, "message": in_one_line(error), "exit_code": error.exit_code}


def in_one_line(error: ProfundoError) -> str:
    """Return the message without line breaks."""
    return re.sub(r"\s*\n\s*", " ", str(error)).strip()


def secondary() -> bool:
    """Say whether this is a further process of a group (torchrun), which shows no results."""
    return os.environ.get("RANK", "0") != "0"


def understood(error: BaseException) -> ProfundoError:
    """Return the error as one of ours, with advice; one that nobody expected is stored in a file for a report."""
    match error:
        case ProfundoError():
            return error
        case KeyboardInterrupt():
            return Interrupted("stopped by Ctrl-C.", signal.SIGINT)
        case MemoryError():
            return out_of_memory(str(error))
        case RuntimeError() | ImportError() if OUT_OF_MEMORY.search(str(error)):
            return out_of_memory(str(error))
        case ModuleNotFoundError():
            return MissingExtra(
                f"the package {error.name!r} is not installed. Install profundo again: pip install profundo"
            )
        case OSError():
            return of_system(error)
        case typer.exceptions.TyperException():
            return UsageError(usage(error))
    return crash(error)


def out_of_memory(detail: str) -> ResourceError:
    """Advise on memory."""
    what = f" ({detail.splitlines()[0][:160]})" if detail else ""
    return ResourceError(
        f"there is not enough memory{what}. Try fewer rows (--rows 100000), or a smaller --batch-size."
    )


def of_system(error: OSError) -> ProfundoError:
    """Advise on what the operating system refused."""
    where, why = error.filename or "a file", error.strerror or str(error)
    if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
        return DataError(f"{where}: {why}. Check the path: ls {os.path.dirname(str(where)) or '.'}")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ResourceError(f"{where}: no space left on the disk. Free some, or choose another folder with --out.")
    return ResourceError(f"{where}: {why}.")


def usage(error: Any) -> str:
    """Write what the command line did not understand, with the nearest names and where to read more."""
    text = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    option = getattr(error, "option_name", None)
    if context is not None and option and getattr(error, "possibilities", None) is not None:
        known = [name for p in context.command.params for name in p.opts if name.startswith("--")]
        close = difflib.get_close_matches(option, known, n=2, cutoff=0.8) or nearest(option, known, 1)
        text = f"there is no option {option!r}" + (f". Did you mean {' or '.join(close)}?" if close else "")
    path = context.command_path if context is not None else "profundo"
    return f"{text[:1].lower()}{text[1:]}{'' if text.endswith('?') else '.'} See: {path} --help"


def crash(error: BaseException) -> ProfundoError:
    """Store the traceback of a bug in a file, for a report."""
    text = "".join(traceback.format_exception(error))
    told = f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else 'no message'}"
    try:
        handle, name = tempfile.mkstemp(prefix="profundo-crash-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"command: {sys.argv}\n{machine()}\n{text}")
    except OSError:
        return ProfundoError(
            f"a bug in profundo ({told}). To see where, type it again with PROFUNDO_DEBUG=1 before it."
        )
    return ProfundoError(
        f"a bug in profundo ({told}). Please report it with the file {name}, which says where it happened."
    )


def machine() -> str:
    """Describe the machine, as far as that works after a crash."""
    try:
        from .environment import describe

        return describe()
    except Exception as error:
        return f"(the environment could not be described: {error})"


@contextlib.contextmanager
def terminated() -> Iterator[None]:
    """Turn SIGTERM into an error that ends every block properly; the training has its own, which saves first."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Interrupted("stopped by SIGTERM.", number)

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def quiet_warnings() -> Iterator[None]:
    """Keep other libraries' warnings from the terminal, unless they were asked for (python -W, PROFUNDO_DEBUG=1)."""
    with warnings.catch_warnings():
        if not sys.warnoptions and not os.environ.get("PROFUNDO_DEBUG"):
            warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def first_process_only() -> Iterator[None]:
    """Under torchrun, let only the first process write results."""
    if not secondary():
        yield
        return
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield
