"""Clips as strips of frames, with what is true and what was said."""

from pydantic import BaseModel, Field

from .html import Html, joined, paragraph, safe, section, tag
from .stored import Stored, parse

WIDE = "max-width:100%;height:auto;display:block;image-rendering:pixelated;min-width:70%"


class Clip(BaseModel):
    """One clip of the test part."""

    id: int
    true: str
    said: str
    probability: float | None = None
    picture: str = Field(pattern=r"^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$")


class Clips(BaseModel):
    """clips.json."""

    frames: int
    rate: float
    clips: list[Clip]


def video_section(run: Stored) -> Html:
    """Show clips of the test part drawn by chance; empty where the data are no clips."""
    path = run.path / "clips.json"
    if not path.exists():
        return Html("")
    found: Clips = parse(path, Clips)
    lead = paragraph(
        f"{len(found.clips)} clips of the test part, drawn by chance alone, as some of their {found.frames} frames "
        f"({found.rate:.3g} a second). The baselines see the middle frame of each clip, no motion: where the network "
        "is no better than they are, a picture would do in place of a clip.",
        kind="quiet",
    )
    return section("clips", "Clips", lead, joined(show(clip) for clip in found.clips))


def show(clip: Clip) -> Html:
    """Show one clip with its words."""
    sure = "" if clip.probability is None else f" ({clip.probability:.0%})"
    right = "correct" if clip.true == clip.said else f"truly {clip.true}"
    words = f"row {clip.id}: {clip.said}{sure}, {right}"
    image = Html(f'<img src="data:image/png;base64,{clip.picture}" alt="{safe(words)}" style="{WIDE}" loading="lazy">')
    return tag("figure", image, tag("figcaption", words), class_="wide")
