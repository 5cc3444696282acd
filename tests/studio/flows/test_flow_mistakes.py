"""The page of mistakes in the browser: cells, examples, why, threshold, by mouse and by keyboard."""

import json
import re
import shlex

from sources import HOSTILE
from started import command_line, word


def matrix(page) -> list[list[int]]:
    """Return the counts that the confusion matrix shows."""
    grid = page.get_by_role("grid", name=word("mistakes.matrix"))
    grid.wait_for()
    rows = [row.get_by_role("button").all_inner_texts() for row in grid.locator("tbody tr").all()]
    return [[int(text or 0) for text in row] for row in rows]


def why(page):
    return page.get_by_role("heading", name=re.compile(word("mistakes.why").split("{")[0].replace("?", r"\?")))


def example_name(between: str = "") -> re.Pattern[str]:
    """Return what the button of an example is called: what is true, what was said where that differs, and its row."""
    return re.compile(rf"{word('mistakes.in_truth')}\s.*{between}.*{word('mistakes.row').split('{')[0]}\d+", re.DOTALL)


def test_a_cell_its_examples_and_why(visit, trained):
    trained("digits")
    page = visit("/mistakes?run=digits")
    counts = matrix(page)
    assert len(counts) == 10 and sum(map(sum, counts)) == 270
    worst, true, said = max((c, i, j) for i, row in enumerate(counts) for j, c in enumerate(row) if i != j)
    page.locator(f'[data-cell="{true} {said}"]').click()
    page.get_by_role("heading", name=word("mistakes.taken_for", true=true, said=said)).wait_for()
    examples = page.get_by_role("button", name=example_name(rf"{true}\s.*{word('mistakes.it_says')}\s+{said}\s"))
    examples.first.wait_for()
    assert examples.count() == min(worst, 24)
    assert examples.first.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    examples.last.click()
    why(page).wait_for()
    page.get_by_role("img", name=re.compile(word("mistakes.map_label").split(",")[0])).first.wait_for()
    assert {"true": str(true), "said": str(said)}.items() <= dict(re.findall(r"[?&](\w+)=([^&]+)", page.url)).items()


def test_the_copied_command_counts_as_the_screen(visit, trained):
    trained("digits")
    page = visit("/mistakes?run=digits")
    counts = matrix(page)
    page.get_by_role("button", name=word("shell.copy_command")).first.click()
    program, *arguments = shlex.split(page.get_by_role("region", name=word("shell.copy_command")).inner_text())
    done = command_line(*arguments, "--json")
    assert program == "profundo" and done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"] == counts


def test_the_threshold_moves_the_matrix_of_two_labels(visit, trained):
    trained("cancer")
    page = visit("/mistakes?run=cancer")
    before = matrix(page)
    slider = page.get_by_role("slider", name=re.compile(word("mistakes.above").split("“")[0]))
    slider.press("End")
    page.wait_for_url(re.compile("threshold=1"))
    after = matrix(page)
    assert [sum(row) for row in before] == [sum(row) for row in after]
    assert 0 in [sum(column) for column in zip(*after, strict=True)]


def test_from_cell_to_reason_by_keyboard_alone(visit, trained):
    trained("fruit")
    page = visit("/mistakes?run=fruit")
    counts = matrix(page)
    page.locator('[data-cell="0 0"]').focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.cell") == "1 1"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("true="))
    example = page.get_by_role("button", name=example_name())
    example.first.wait_for()
    assert example.count() == min(24, counts[0][0])
    example.first.focus()
    page.keyboard.press("Enter")
    why(page).wait_for()
    assert page.get_by_text(HOSTILE, exact=False).count() and page.locator("img[src=x]").count() == 0
    assert page.title().startswith(word("shell.mistakes"))
