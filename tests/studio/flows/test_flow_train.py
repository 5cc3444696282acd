"""Trainings in the browser: begun from the form, paused, resumed, ended early, watched where a terminal began them."""

import json
import subprocess
import sys
import time

from started import PATIENCE, environment, word

SHORT = "check=false&baselines=false&evaluate=holdout"
LONG = "epochs=100000&overfit=100000&lr=0.001"


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def test_a_training_begins_from_the_form_and_ends_with_a_verdict(visit, studio):
    page = visit(f"/train?source=iris&{SHORT}")
    page.get_by_role("heading", name=word("train.guessed")).wait_for()
    page.get_by_text("stratified", exact=False).first.wait_for()
    page.get_by_label(word("form.epochs"), exact=True).fill("6")
    page.get_by_label(word("form.network"), exact=True).select_option("linear")
    page.get_by_role("button", name=word("train.start"), exact=True).click()
    page.wait_for_url("**/train?run=*")
    page.get_by_role("heading", name=word("train.verdict")).wait_for()
    name = page.url.split("run=")[1]
    run = studio.runs / name
    scores = json.loads((run / "scores.json").read_text())
    assert scores["network"] == "linear" and scores["epochs"] == 6
    page.get_by_text(scores["advice"]["sentence"]).wait_for()


def test_pause_resume_and_end_early(visit, studio):
    page = visit(
        "/train?source=iris&epochs=100000&lr=0.001&check=false&baselines=false&evaluate=holdout&overfit=100000"
    )
    page.get_by_role("button", name=word("train.start"), exact=True).click()
    page.wait_for_url("**/train?run=*")
    run = studio.runs / page.url.split("run=")[1]
    page.get_by_role("heading", name=word("train.losses")).wait_for()
    page.get_by_role("button", name=word("train.pause"), exact=True).click()
    page.get_by_role("button", name=word("train.resume"), exact=True).wait_for()
    assert json.loads((run / "status.json").read_text())["state"] == "stopped"
    epochs = len((run / "progress.jsonl").read_text().splitlines())
    page.get_by_role("button", name=word("train.resume"), exact=True).click()
    page.get_by_role("button", name=word("train.pause"), exact=True).wait_for()
    wait_until(lambda: len((run / "progress.jsonl").read_text().splitlines()) > epochs, "it goes on")
    page.get_by_role("button", name=word("train.stop"), exact=True).click()
    page.get_by_role("heading", name=word("train.verdict")).wait_for()
    assert json.loads((run / "scores.json").read_text())["stopped"] == "asked to stop"
    page.get_by_text(word("train.early", why=word("runs.why_asked_to_stop"))).wait_for()


def test_a_training_of_a_terminal_is_watched(visit, studio):
    command = [sys.executable, "-m", "profundo", "train", "iris", "--epochs", "100000", "--overfit", "100000"]
    command += ["--out", str(studio.runs / "terminal"), "--lr", "0.001", "--no-check", "--evaluate", "holdout"]
    training = subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL)
    try:
        wait_until((studio.runs / "terminal" / "progress.jsonl").is_file, "the first epoch")
        page = visit("/train")
        page.get_by_role("navigation", name=word("train.going")).get_by_role("link", name="terminal").click()
        page.get_by_role("heading", name="terminal", exact=True).wait_for()
        epoch = page.get_by_text(word("train.epoch"), exact=True).first.locator("xpath=..").locator("dd")
        first = epoch.inner_text()
        page.wait_for_function("([node, text]) => node.innerText !== text", arg=[epoch.element_handle(), first])
        page.get_by_role("button", name=word("train.stop"), exact=True).click()
        page.get_by_role("heading", name=word("train.verdict")).wait_for()
        assert training.wait(PATIENCE) == 0
    finally:
        training.kill()
        training.wait()
