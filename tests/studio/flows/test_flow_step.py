"""The step view in the browser: a unit is pressed, its numbers are followed to the end; the command says the same."""

import json
import re
import shlex

from started import command_line, word


def numbers_of(page, part):
    """Return the table of a part of the step: rows of texts."""
    table = page.get_by_role("region", name=word(f"step.{part}"), exact=True).locator("tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in table.all()]


def test_a_unit_is_followed_forward_and_backward_and_by_its_command(visit):
    page = visit("/play?source=circle&hidden=3,2&seed=4&run=0")
    visit.wait(page, lambda: "frame" in visit.heard)
    for _ in range(3):
        page.get_by_role("button", name=word("play.one_batch"), exact=True).click()
    visit.wait(page, lambda: visit.heard["frame"]["step"] == 3)
    page.get_by_role("button", name=re.compile(re.escape(word("play.unit_name", layer=1, unit=2)))).first.click()
    step = page.get_by_role("region", name=word("step.title", unit="linear1[1]"), exact=True)
    step.wait_for()
    visit.wait(page, lambda: "trace" in visit.heard)

    sums = numbers_of(page, "sum")
    assert sums[0][0] == word("step.bias") and sums[-1][0] == "z"
    after = step.get_by_role("button", name=word("step.next"), exact=True)
    parts = 1
    while after.is_enabled():
        after.click()
        parts += 1
    assert parts == 7
    changes = numbers_of(page, "update")
    assert len(changes) == len(sums) - 1

    step.get_by_role("button", name=word("shell.copy_command")).click()
    program, *arguments = shlex.split(step.get_by_role("region", name=word("shell.copy_command")).inner_text())
    assert program == "profundo" and arguments[:2] == ["trace", "circle"]
    done = command_line(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["unit"] == {"layer": 0, "index": 1, "name": "linear1[1]"}
    assert told["update"]["step"] == 4
    shown = [float(row[-1].replace(",", "").replace("−", "-")) for row in changes]
    for value, row in zip(shown, told["rows"], strict=True):
        assert abs(value - row["new"]) <= 5e-4 * max(abs(row["new"]), 0.1), "four digits of the same number"
