"""The report's section of the data doctor's findings: everything shown, everything escaped, damage named."""

from dataclasses import asdict
from html.parser import HTMLParser

import numpy as np
import pytest

from profundo.audit import audit
from profundo.data import load
from profundo.errors import DataError
from profundo.files import write_json
from profundo.findings import Finding
from profundo.report.findings import findings_section
from profundo.report.stored import read_run
from run_folders import EVIL, digits_run, png


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return digits_run(tmp_path_factory.mktemp("run") / "digits")


def section(run, findings):
    write_json(run / "findings.json", {"findings": [f if isinstance(f, dict) else f.to_dict() for f in findings]})
    return findings_section(read_run(run))


def test_a_finding_is_shown_whole(run):
    found = Finding(
        name="label errors",
        severity="serious",
        text="About 5 % are wrong.",
        flag="--without 3,17",
        place="species",
        pairs=((3, 17), (4, 18)),
        pictures=({"row": 3, "picture": png(np.zeros((8, 8))), "caption": "row 3: cat"},),
        plot={"x": [0, 1, 2], "y": [1.0, 3.0, 2.0], "x_name": "rank", "y_name": "margin"},
    )
    page = section(run, [found, Finding("copies", "minor", "A few.", rows=tuple(range(100)))])
    for text in (
        *(
            "Label errors",
            "species",
            "Serious:",
            "About 5 % are wrong.",
            "<code>--without 3,17</code>",
            "3 and 17, 4 and 18",
        ),
        *(
            "row 3: cat",
            "data:image/png;base64,",
            "margin by rank",
            "found 1 serious, 1 minor",
            "70 more in findings.json",
        ),
    ):
        assert text in page, text
    assert page.index("Label errors") < page.index("Copies")


def test_without_the_file_there_is_no_section_and_without_findings_one_sentence(run):
    (run / "findings.json").unlink(missing_ok=True)
    assert findings_section(read_run(run)) == ""
    assert "found nothing" in section(run, [])


def test_everything_is_escaped(run):
    examples = {"examples": [{EVIL: EVIL}]}
    found = Finding(
        EVIL, "minor", EVIL, EVIL, EVIL, (1,), plot={"x": [0, 1], "y": [0, 1], "x_name": EVIL}, facts=examples
    )
    page = section(run, [found])
    scripts = []
    parser = HTMLParser()
    parser.handle_starttag = lambda name, attrs: scripts.append(name)
    parser.feed(page)
    assert "article" in scripts and "script" not in scripts


@pytest.mark.parametrize(
    "damage, place",
    [
        ({"severity": 3}, "severity"),
        ({"rows": ["x"]}, "rows"),
        ({"pictures": [{"row": 1, "picture": '"><b>'}]}, "picture"),
    ],
)
def test_damage_is_named(run, damage, place):
    with pytest.raises(DataError, match=f"findings.json is damaged.*{place}"):
        section(run, [asdict(Finding("copies", "minor", "A few.")) | damage])


def test_real_findings_are_shown(run):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (200, 8, 8)).astype(np.uint8)
    x[100:120] = x[:20]
    found = audit(load((x, np.arange(200) % 2)), strict=True)
    page = section(run, found)
    assert "copies of a training row" in page and page.count("<img") >= 2
