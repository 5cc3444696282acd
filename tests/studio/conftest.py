"""A studio that several tests share, and one for a test of its own."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from guests import Guest, running


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """A guest of a studio that several tests share."""
    with running(tmp_path_factory.mktemp("studio")) as guest:
        yield guest.enter()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Guest]]:
    """Return a function that opens a studio of the test's own."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(running(tmp_path, **options)).enter()
