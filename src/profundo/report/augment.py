"""What the network saw: random versions of training pictures, and the kernels of its first convolution."""

import base64
from pathlib import Path

from ..data.augment import auto
from .html import Html, figure, joined, paragraph, safe, section, tag
from .stored import Stored

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LOOK = "max-width:100%;height:auto;display:block;background:white"


def seen_section(run: Stored) -> Html:
    """Show augment.png and filters.png, those of the two that the run has; empty where it has neither."""
    policy = str(run.plan_values.get("data", {}).get("augment", "auto"))
    chosen = f", here {auto(run.schema, run.scores.task)}" if policy == "auto" else ""
    changes = embedded(
        run.path / "augment.png",
        "training pictures and random versions of each",
        "Training pictures: each as it is at the left, then as the network may see it in an epoch.",
    )
    kernels = embedded(
        run.path / "filters.png",
        "the kernels of the first convolution",
        "The kernels of the first convolution, each stretched on its own: grey is 0.",
    )
    lead = paragraph(
        "Every epoch changes the training pictures anew: ",
        tag("code", f"--augment {policy}"),
        f"{chosen}. Is a version wrong, a digit turned into another, an object gone? Then choose another policy, and "
        "look at it first with ",
        tag("code", "profundo augment"),
        ".",
        kind="quiet",
    )
    return section("seen", "What the network saw", joined([lead if changes else "", changes, kernels]))


def embedded(path: Path, said: str, caption: str) -> Html:
    """Embed a picture of the run folder; nothing where it is not there or is no PNG."""
    data = path.read_bytes() if path.is_file() else b""
    if not data.startswith(SIGNATURE):
        return Html("")
    source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return figure(f'<img src="{source}" alt="{safe(said)}" style="{LOOK}" loading="lazy">', caption)
