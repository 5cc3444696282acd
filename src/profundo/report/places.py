"""Where things are: some pictures of the test part, what is truly there beside what was found."""

from pydantic import BaseModel, Field

from ..overlay import colour
from .html import Html, joined, paragraph, safe, section, tag
from .stored import Stored, parse

WHAT = {
    "segmentation": "The colour of a pixel is its label.",
    "instances": "A colour is a label, every object has a box and a mask. Found ones scored under 0.5 are left out.",
    "detection": "A colour is a label. Found objects of a score under 0.5 are not drawn.",
    "localisation": "A colour is a label.",
}
SWATCH = "display:inline-block;width:.8em;height:.8em;border-radius:2px;margin:0 .3em 0 .8em;vertical-align:baseline"
WIDE = "max-width:100%;height:auto;display:block"


class Picture(BaseModel):
    """One test picture: truth at its left half, answer at its right."""

    id: int
    true: str
    found: str
    picture: str = Field(pattern=r"^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$")


class Places(BaseModel):
    """places.json."""

    task: str
    labels: list[str]
    pictures: list[Picture]


def places_section(run: Stored) -> Html:
    """Show test pictures drawn by chance; empty where the run does not say where things are."""
    if not (run.path / "places.json").exists():
        return Html("")
    found: Places = parse(run.path / "places.json", Places)
    lead = paragraph(
        f"{len(found.pictures)} pictures of the test part, drawn by chance alone: what is truly there at the left, "
        f"what the network says at the right. {WHAT.get(found.task, '')}",
        kind="quiet",
    )
    pictures = joined(show(picture) for picture in found.pictures)
    return section("places", "Where things are", lead, legend(found.labels), pictures)


def legend(labels: list[str]) -> Html:
    """Name the colours."""
    return paragraph(joined(joined([swatch(code), label]) for code, label in enumerate(labels)))


def swatch(code: int) -> Html:
    """Show the colour of a label."""
    red, green, blue = colour(code)
    return tag("span", "", style=f"{SWATCH};background:rgb({red},{green},{blue})")


def show(picture: Picture) -> Html:
    """Show one picture with its words."""
    words = f"row {picture.id}: truly {picture.true}; found {picture.found}"
    image = Html(
        f'<img src="data:image/png;base64,{picture.picture}" alt="{safe(words)}" style="{WIDE}" loading="lazy">'
    )
    return tag("figure", image, tag("figcaption", words), class_="wide")
