"""The pages after something was opened in them: no barriers there either, and they still fit a telephone."""

import re

import pytest
from started import word


def pressed(*keys):
    def press(page):
        for key in keys:
            page.get_by_role("button", name=word(key), exact=True).first.click()

    return press


def followed(page):
    page.get_by_role("button", name=re.compile(re.escape(word("play.unit_name", layer=1, unit=2)))).first.click()
    page.wait_for_timeout(1500)


def doomed(page):
    page.get_by_role("button", name=word("runs.delete"), exact=True).first.click()


STATES = {
    "a unit is followed": ("/play?run=0", followed),
    "several labels": ("/play?source=iris&run=0", None),
    "a number is learnt": ("/play?source=gauss_regression&run=0", None),
    "pictures": ("/play?source=digits&run=0", None),
    "a command is shown": ("/play?run=0", pressed("shell.copy_command")),
    "a form": ("/train?source=iris", None),
    "a watched run": ("/train?run=iris", None),
    "a drawing": ("/inside?run=digits&row=0", pressed("inside.draw")),
    "a kernel": ("/inside?run=digits&row=0&layer=conv1&unit=1", None),
    "numbers predicted": ("/mistakes?run=diabetes", None),
    "two labels": ("/mistakes?run=cancer", None),
    "hostile names": ("/mistakes?run=fruit", None),
    "one run": ("/runs?run=iris", None),
    "compared": ("/runs?compare=iris,iris-linear", None),
    "a question": ("/runs?run=iris", doomed),
    "no such run": ("/mistakes?run=nothing", None),
}


@pytest.mark.parametrize("state", STATES)
def test_no_barrier(visit, clear, trained, state):
    for name in ("digits", "iris", "iris-linear", "diabetes", "cancer", "fruit"):
        trained(name)
    address, prepare = STATES[state]
    page = visit(address, allow="404")
    page.get_by_role("main").get_by_role("heading", level=1).first.wait_for(state="attached")
    page.wait_for_function("() => !document.querySelector('main [aria-busy=true], main .ring')")
    if prepare:
        prepare(page)
    clear(page)
