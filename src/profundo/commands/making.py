"""Something new from a finished run."""

from typing import Annotated, Any

from ..errors import UsageError
from ..flags import pairs
from ..terminal import printable
from ..typed import literal
from .app import Json, RunFolder, app, output, show

Texts = list[str] | None


@app.command()
def generate(
    run: RunFolder,
    *,
    prompt: Annotated[
        str | None, output("--prompt", help="what it begins with; of word vectors a word, or 'king - man + woman'")
    ] = None,
    label: Annotated[str | None, output("--label", help="what it is to be of: a label, or a person of ratings")] = None,
    temperature: Annotated[float | None, output("--temperature", help="under 1 safer, over 1 bolder", min=0)] = None,
    count: Annotated[int | None, output("--count", help="how many", min=1)] = None,
    length: Annotated[int | None, output("--length", help="how long: characters, steps, points", min=1)] = None,
    option: Annotated[Texts, output("--option", help="any other option of the task", metavar="NAME=VALUE")] = None,
    seed: Annotated[int, output("--seed", help="the same seed makes the same (0)", min=0)] = 0,
    out: Annotated[str | None, output("--out", "-o", metavar="PATH", help="write there: .txt .wav .mid .svg")] = None,
    as_json: Json = False,
) -> None:
    """Let a network make something new: text, drawings, sounds, music; neighbours of words, what a person may like."""
    from ..generate import generate as make

    given: dict[str, Any] = {"prompt": prompt, "label": label, "temperature": temperature}
    given |= {"count": count, "length": length}
    more = {name: literal(value) for name, value in pairs(option or [], "--option").items()}
    if twice := given.keys() & more.keys():
        raise UsageError(f"--option {min(twice)}=... has an option of its own. Type: --{min(twice)}")
    made = make(run, out=out, seed=seed, **given, **more)
    told = {"run": run, "seed": seed, "text": made.text, "made": list(made.rows)} | ({"out": out} if out else {})
    wrote = [f"written to {printable(out)}"] if out else []
    if made.files and out is None:
        wrote = [f"{len(made.files)} files were made; to keep them: --out PATH"]
    show(told, lambda: [*([made.text] if made.text else []), *wrote], as_json)
