"""The built pages and what they need to know first."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from guests import Guest

from profundo.studio.house import LANGUAGES, PAGES


def test_the_first_address_leads_to_the_page_to_begin_with(studio: Guest, opened) -> None:
    status, headers, _ = studio.ask("GET", "/")
    assert (status, headers["location"]) == (303, "/play")
    own = opened(start={"page": "inside", "query": {"run": "digits 1"}})
    assert own.ask("GET", "/")[1]["location"] == "/inside?run=digits+1"
    assert own.json("GET", "/api/about")["start"] == {"page": "inside", "query": {"run": "digits 1"}}


@pytest.mark.parametrize("page", PAGES)
def test_every_address_is_the_page(studio: Guest, page: str) -> None:
    status, headers, text = studio.ask("GET", f"/{page}?x=<script>")
    assert status == 200 and b"<title>studio</title>" in text and headers["cache-control"] == "no-cache"


def test_assets_are_kept_and_asked_for_again(studio: Guest) -> None:
    status, headers, text = studio.ask("GET", "/assets/page.js")
    assert (status, text) == (200, b"export {}") and headers["content-type"].startswith("text/javascript")
    assert studio.ask("GET", "/assets/page.js", If_None_Match=headers["etag"])[0] == 304


@pytest.mark.parametrize(
    "path", ["../index.html", "%2e%2e/index.html", "..%2findex.html", "/etc/passwd", "%2fetc/passwd", "", ".", "%00"]
)
def test_no_other_file_is_an_asset(studio: Guest, path: str) -> None:
    assert studio.ask("GET", f"/assets/{path}")[0] in (400, 404)


def test_the_pages_know_their_version_and_languages(studio: Guest) -> None:
    told = studio.json("GET", "/api/about")
    assert re.match(r"\d+\.\d+", told["version"]) and told["runs"] == str(studio.house.runs)
    assert tuple(told["languages"]) == LANGUAGES


def test_sources_are_the_built_in_ones_as_the_command_line_lists_them(studio: Guest) -> None:
    from profundo.catalogue import dataset_entries

    told = {entry["name"]: entry for entry in studio.json("GET", "/api/sources")["builtin"]}
    assert told.keys() == dataset_entries().keys()
    for name, entry in dataset_entries().items():
        assert {k: told[name][k] for k in ("task", "target", "rows", "origin")} == {
            k: entry[k] for k in ("task", "target", "rows", "origin")
        }
    assert told["spiral"]["made"] and told["digits"]["made"] and not told["mnist"]["made"]


def test_the_server_imports_nothing_heavy() -> None:
    line = "import sys, profundo.commands.studio, profundo.studio.app, profundo.studio.serving; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "pandas", "sklearn", "profundo.loop", "profundo.plan", "PIL"} & set(loaded)


def test_the_form_and_what_it_says_are_built_without_anything_heavy() -> None:
    line = """
import sys
from profundo.says import said
said({"verb": "train", "source": "iris", "flags": {"epochs": "3", "target": ["a"]}})
print(*sys.modules)
"""
    loaded = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "pandas", "sklearn"} & set(loaded)


def test_the_contract_of_imports_holds_for_the_studio() -> None:
    contracts = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["tool"]["importlinter"]
    (own,) = [c for c in contracts["contracts"] if c.get("source_modules") == ["profundo.studio"]]
    assert own["ignore_imports"] == ["profundo.flags -> profundo.plan"]
