"""The page as a whole: read the run, write the sections in order, put the style in."""

from importlib import resources
from pathlib import Path

from .. import files
from .answers import answers_section, examples_section
from .data import data_section
from .html import Html, joined, tag
from .repeat import repeat_section
from .scores import baselines_section, headline, scores_section, seeds_section
from .stored import Stored, read_run
from .training import training_section

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
NAMES = {
    "data": "Data",
    "training": "Training",
    "scores": "Scores",
    "baselines": "Baselines",
    "answers": "Right and wrong",
    "examples": "Most wrong",
    "seeds": "Seeds",
    "repeat": "Repeat",
}


def write_report(run: Path) -> Path:
    """Write `report.html` into a run folder and return its path.

    The page needs no network, no script and no other file. Raises DataError, with the file's name, where the run is
    not complete or a file of it is damaged.
    """
    target = Path(run) / "report.html"
    page = write_page(read_run(Path(run)))
    files.atomic_write(target, page.encode("utf-8", "replace"))
    return target


def write_page(run: Stored) -> str:
    """Write the HTML of a run."""
    sections = [
        data_section(run),
        training_section(run),
        scores_section(run),
        baselines_section(run),
        answers_section(run),
        examples_section(run),
        seeds_section(run),
        repeat_section(run),
    ]
    style = resources.files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    links = joined(
        tag("a", name, href=f"#{key}") for (key, name), found in zip(NAMES.items(), sections, strict=True) if found
    )
    body = tag("main", headline(run), tag("nav", links, aria_label="Sections"), joined(sections))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="generator" content="profundo">'
        f"{tag('title', f'{run.data.name} · profundo report')}<style>{style}</style></head>"
        f"<body>{Html(body)}</body></html>\n"
    )
