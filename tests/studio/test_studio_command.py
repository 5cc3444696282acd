"""`profundo studio`: what it opens, where it listens, and what it says when it cannot."""

import asyncio
import json
import socket
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from profundo.cli import execute
from profundo.commands.studio import beginning
from profundo.errors import ResourceError, UsageError
from profundo.studio import serving


def test_it_opens_what_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = tmp_path / "done" / "digits-1"
    run.mkdir(parents=True)
    (run / "plan.toml").write_text("")
    (tmp_path / "my table.csv").write_text("a,b\n")
    inside = {"page": "inside", "query": {"run": "digits-1"}}
    assert beginning(None, None) == (Path("runs"), {"page": "play", "query": {}})
    assert beginning(None, "done")[0] == Path("done")
    assert beginning("my table.csv", None) == (Path("runs"), {"page": "play", "query": {"source": "my table.csv"}})
    assert beginning("breast-cancer", None)[1]["query"] == {"source": "breast-cancer"}
    assert beginning("done/digits-1", None) == (Path("done"), inside)
    assert beginning("done/digits-1/", "done") == (Path("done"), inside)
    with pytest.raises(UsageError, match="Leave --runs out"):
        beginning("done/digits-1", "runs")
    monkeypatch.chdir(run)
    assert beginning(".", None) == (run.parent, inside)
    with pytest.raises(UsageError, match=r"Did you mean 'spiral'"):
        beginning("spirals", None)


def test_it_listens_on_this_machine_alone_and_finds_a_free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving.listen(None) as first, serving.listen(None) as second:
        assert first.getsockname()[0] == second.getsockname()[0] == "127.0.0.1"
        taken = first.getsockname()[1]
        assert taken != second.getsockname()[1] >= serving.USUAL
        with pytest.raises(ResourceError, match=f"port {taken} cannot be had .*Leave --port out"):
            serving.listen(taken)
        monkeypatch.setattr(serving, "USUAL", taken)
        monkeypatch.setattr(serving, "PORTS", 1)
        with pytest.raises(ResourceError, match=f"port {taken}"):
            serving.listen(None)


def test_what_it_cannot_open_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert execute(["studio", "nothing.csv", "--json"]) == 2
    out, errors = capsys.readouterr()
    assert json.loads(out)["error"]["kind"] == "UsageError" and errors.count("\n") == 1
    assert execute(["studio", "--pages", str(tmp_path)]) == 3
    assert "npm run build" in capsys.readouterr().err
    (tmp_path / "index.html").write_text("")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert execute(["studio", "--pages", str(tmp_path), "--port", port, "--no-browser"]) == 5
    assert "Leave --port out" in capsys.readouterr().err


def test_the_browser_is_opened_with_a_token_of_its_own(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.html").write_text("")
    opened, entrances = [], []

    class Server:
        async def serve(self, sockets: list[socket.socket]) -> None:
            sockets[0].close()
            until = time.monotonic() + 10
            while not opened and time.monotonic() < until:
                await asyncio.sleep(0.01)
            raise KeyboardInterrupt

    monkeypatch.setattr(serving, "server", lambda entrance: entrances.append(entrance) or Server())
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setenv("DISPLAY", ":0")
    assert execute(["studio", "spiral", "--pages", str(tmp_path), "--runs", str(tmp_path / "runs")]) == 0
    out, errors = capsys.readouterr()
    printed, given = (parse_qs(urlsplit(address).query) for address in (out.strip(), opened[0]))
    assert printed["source"] == given["source"] == ["spiral"] and urlsplit(opened[0]).path == "/play"
    assert printed["token"] == [entrances[0].token] and given["token"] == [*entrances[0].invitations]
    assert errors.endswith("the studio is closed.\n")
