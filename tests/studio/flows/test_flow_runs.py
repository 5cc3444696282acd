"""The page of runs in the browser: found, tagged, compared, deleted, and their reports."""

import json
import shlex
import shutil

import pytest
from started import command_line, word


@pytest.fixture(autouse=True)
def some(trained, studio):
    """Runs of these tests alone, beside those that others have left."""
    trained("fruit")
    for name in ("iris", "iris-linear"):
        shutil.copytree(trained(name), studio.runs / name.replace("iris", "plum"))
    yield
    for name in ("plum", "plum-linear"):
        shutil.rmtree(studio.runs / name)


def names(page) -> list[str]:
    return page.get_by_role("table").first.locator("tbody tr td:nth-child(2) a").all_inner_texts()


def test_runs_are_found_sorted_and_tagged(visit, studio):
    page = visit("/runs")
    page.get_by_role("link", name="fruit", exact=True).wait_for()
    assert {"plum", "plum-linear", "fruit"} <= set(names(page))
    page.get_by_label(word("runs.find"), exact=True).fill("plum")
    page.get_by_role("link", name="fruit", exact=True).wait_for(state="detached")
    page.get_by_role("button", name=word("runs.by_name")).click()
    assert names(page) == ["plum", "plum-linear"]
    page.get_by_role("button", name=word("runs.by_name")).click()
    assert names(page) == ["plum-linear", "plum"]
    page.get_by_role("link", name="plum", exact=True).click()
    page.get_by_label(word("runs.new_tag")).fill("<b>first</b>")
    page.get_by_role("button", name=word("runs.add"), exact=True).click()
    page.get_by_label(word("runs.tag"), exact=True).select_option("<b>first</b>")
    page.get_by_role("link", name="plum-linear", exact=True).wait_for(state="detached")
    assert json.loads((studio.runs / "plum" / "tags.json").read_text())["tags"] == ["<b>first</b>"]
    again = visit(page.evaluate("location.pathname + location.search"))
    again.get_by_role("link", name="plum", exact=True).wait_for()
    assert names(again) == ["plum"]


def test_two_runs_are_compared_as_the_command_compares_them(visit):
    page = visit("/runs")
    for name in ("plum", "plum-linear"):
        page.get_by_label(word("runs.select", name=name), exact=True).check()
    page.get_by_role("button", name=word("runs.compare"), exact=True).click()
    card = page.get_by_role("region", name=word("runs.compared", n=2))
    card.get_by_role("listitem").first.wait_for()
    sentences = card.get_by_role("listitem").all_inner_texts()
    card.get_by_role("button", name=word("shell.copy_command")).click()
    program, *arguments = shlex.split(page.get_by_role("region", name=word("shell.copy_command")).inner_text())
    done = command_line(*arguments, "--json")
    assert program == "profundo" and done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sentences"] == sentences


def test_a_run_is_deleted_after_a_question(visit, studio):
    for name in ("doomed", "spared"):
        shutil.copytree(studio.runs / "plum", studio.runs / name)
    page = visit("/runs?run=doomed")
    page.get_by_role("heading", name="doomed", exact=True).wait_for()
    delete = page.get_by_role("button", name=word("runs.delete"), exact=True)
    dialog = page.get_by_role("dialog", name=word("runs.delete_one", name="doomed"))
    delete.first.click()
    dialog.get_by_role("button", name=word("shell.cancel")).click()
    assert (studio.runs / "doomed").is_dir()
    delete.first.click()
    dialog.get_by_role("button", name=word("runs.delete")).click()
    page.get_by_role("link", name="doomed", exact=True).wait_for(state="detached")
    assert not (studio.runs / "doomed").exists() and (studio.runs / "spared").is_dir()
    shutil.rmtree(studio.runs / "spared")


def test_hostile_names_are_text_in_the_list_and_in_the_report(visit):
    page = visit("/runs?run=fruit")
    page.get_by_role("heading", name="fruit", exact=True).wait_for()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=word("runs.report"), exact=True).click()
    report = opened.value
    report.get_by_role("heading").first.wait_for()
    assert "taken over" not in (report.title() + page.title())
    assert report.locator("img[src=x]").count() == page.locator("img[src=x]").count() == 0
