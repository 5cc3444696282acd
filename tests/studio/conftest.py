"""A studio that several tests share, and one for a test of its own."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from guests import Guest, running


@pytest.fixture(autouse=True)
def own_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hide the event loop that Playwright leaves running in a process whose earlier tests used a browser."""
    if "flows" in request.path.parts:
        yield
        return
    running_before = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running_before)


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
