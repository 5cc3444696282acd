"""The page as a whole: read the run, write the sections in order, put the style in."""

from importlib import resources
from pathlib import Path

from .. import files
from .advice import advice_section
from .answers import answers_section, examples_section
from .augment import seen_section
from .clusters import clusters_section
from .data import data_section
from .decision import decision_section
from .diagnosis import diagnosis_section
from .drawing import drawing_section
from .ensemble import ensemble_section
from .findings import findings_section
from .forecast import forecast_section
from .groups import groups_section
from .html import Html, joined, tag
from .language import language_section
from .oddness import oddness_section
from .places import places_section
from .repeat import repeat_section
from .robustness import robustness_section
from .scores import baselines_section, headline, scores_section, seeds_section
from .sound import music_section, voice_section
from .stored import Stored, read_run
from .sure import sure_section
from .taste import taste_section
from .text import text_section
from .training import training_section
from .transfer import transfer_section
from .video import video_section
from .word_vectors import word_vectors_section
from .writing import writing_section

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
SECTIONS = {
    "data": data_section,
    "findings": findings_section,
    "transfer": transfer_section,
    "seen": seen_section,
    "training": training_section,
    "diagnosis": diagnosis_section,
    "scores": scores_section,
    "baselines": baselines_section,
    "sure": sure_section,
    "ensemble": ensemble_section,
    "decision": decision_section,
    "answers": answers_section,
    "words": text_section,
    "places": places_section,
    "voice": voice_section,
    "music": music_section,
    "clips": video_section,
    "drawings": drawing_section,
    "writing": writing_section,
    "language": language_section,
    "vectors": word_vectors_section,
    "forecast": forecast_section,
    "oddness": oddness_section,
    "clusters": clusters_section,
    "taste": taste_section,
    "examples": examples_section,
    "groups": groups_section,
    "robustness": robustness_section,
    "seeds": seeds_section,
    "repeat": repeat_section,
}
NAMES = {
    "data": "Data",
    "findings": "Faults in the data",
    "transfer": "Transfer",
    "seen": "What the network saw",
    "training": "Training",
    "diagnosis": "Diagnosis",
    "scores": "Scores",
    "baselines": "Baselines",
    "sure": "How sure are we",
    "ensemble": "Ensemble",
    "decision": "Probabilities",
    "answers": "Right and wrong",
    "words": "Which words spoke",
    "places": "Where things are",
    "voice": "Sounds",
    "music": "Music",
    "clips": "Clips",
    "drawings": "Drawings",
    "writing": "What was written",
    "language": "The language",
    "vectors": "Words",
    "forecast": "Forecasts",
    "oddness": "How odd",
    "clusters": "Clusters",
    "taste": "Taste",
    "examples": "Most wrong",
    "groups": "Groups",
    "robustness": "Robustness",
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
    sections = [write(run) for write in SECTIONS.values()]
    style = resources.files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    links = joined(tag("a", NAMES[key], href=f"#{key}") for key, found in zip(SECTIONS, sections, strict=True) if found)
    body = tag("main", headline(run), advice_section(run), tag("nav", links, aria_label="Sections"), joined(sections))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="generator" content="profundo">'
        f"{tag('title', f'{run.data.name} · profundo report')}<style>{style}</style></head>"
        f"<body>{Html(body)}</body></html>\n"
    )
