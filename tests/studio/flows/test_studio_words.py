"""The files of words: three languages with the same keys and the same values to fill in, and every key that is used."""

import re
from pathlib import Path

import pytest
from started import WEB, known

LANGUAGES = ("en", "es", "ca")
SOURCES = sorted((WEB / "src").rglob("*.svelte")) + sorted((WEB / "src").rglob("*.ts"))


def read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_says_the_same_things(language):
    english, other = known("en"), known(language)
    assert english.keys() == other.keys()
    places = {key: set(re.findall(r"\{\w+\}", text)) for key, text in english.items()}
    assert {key: set(re.findall(r"\{\w+\}", text)) for key, text in other.items()} == places


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_empty_or_untidy(language):
    untidy = {k: v for k, v in known(language).items() if not v or v != v.strip() or "  " in v or "..." in v}
    assert untidy == {}


def test_every_key_that_a_component_names_is_known_and_every_known_one_is_named():
    source = re.sub(r"<!--.*?-->|^\s*//.*?$|/\*.*?\*/", "", "\n".join(map(read_text, SOURCES)), flags=re.S | re.M)
    every = known("en").keys()
    assert set(re.findall(r"\bt\(\s*[\"'`]([\w.-]+)[\"'`]", source)) - every == set()
    texts = set(re.findall(r"[\"'`]([a-z]\w*\.[\w-]+)[\"'`]", source))
    begun = set(re.findall(r"`(\w+\.[\w-]*)\$\{", source))  # `shell.${page}`
    begun |= {f"{page}." for page in re.findall(r"\bnamed\(\s*[\"'](\w+)[\"']", source)}
    assert {k for k in every if k not in texts and not k.startswith(tuple(begun))} == set()
