"""The one socket of a page: orders, frames, floods, and a worker that dies."""

import contextlib
import json
import time
from pathlib import Path

import pytest
from guests import Guest, hear
from websockets.exceptions import ConnectionClosed

from profundo.frames import header_of
from profundo.studio import conversation


def order(socket, **order) -> None:
    socket.send(json.dumps(order))


def test_orders_reach_a_worker_of_the_page_alone(studio: Guest) -> None:
    with studio.socket() as one, studio.socket() as other:
        for socket in (one, other, one):
            order(socket, to="play", do="start", wishes={"hidden": [8, 8]})
        told = [hear(one, "answer"), hear(other, "answer"), hear(one, "answer")]
        assert told[0]["heard"] == {"do": "start", "wishes": {"hidden": [8, 8]}, "planes": []}
        assert told[0]["pid"] == told[2]["pid"] != told[1]["pid"]


def test_every_message_arrives_and_of_the_frames_the_last(studio: Guest) -> None:
    with studio.socket() as socket:
        order(socket, to="play", do="frames", count=500, size=20_000)
        kinds = []
        while (header := header_of(socket.recv(timeout=20)))["kind"] != "said":
            kinds.append(header["step"])
        assert kinds[-1] == 499 and kinds == sorted(set(kinds)) and len(kinds) < 400


def test_a_worker_that_dies_is_told_and_replaced(studio: Guest) -> None:
    with studio.socket() as socket:
        order(socket, to="play", do="die")
        told = hear(socket, "error")
        assert told["ended"] and "status 3" in told["error"]["message"]
        order(socket, to="play", do="who")
        assert hear(socket, "answer")["kind"] == "answer"


def test_workers_are_bounded_and_come_back(opened) -> None:
    studio = opened()
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(studio.socket()) for _ in range(4)]
        for socket in sockets[:3]:
            order(socket, to="play", do="who")
            hear(socket, "answer")
        order(sockets[3], to="play", do="who")
        assert "Close one of them" in hear(sockets[3], "error")["error"]["message"]
        sockets[0].close()
        until = time.monotonic() + 10
        while len(studio.house.players.working) > 2 and time.monotonic() < until:
            time.sleep(0.01)
        order(sockets[3], to="play", do="who")
        hear(sockets[3], "answer")


def test_what_is_no_order_is_told(studio: Guest) -> None:
    with studio.socket() as socket:
        for text in (
            "",
            "x",
            "[]",
            "3",
            "{}",
            '{"to": "x"}',
            '{"to": ["play"]}',
            "[" * 20_000,
            '{"to": "play", "x": NaN}',
        ):
            socket.send(text)
            assert hear(socket, "error")["error"]["kind"] == "Refused"
        order(socket, to="play", do="who")
        assert hear(socket, "answer")


@pytest.mark.parametrize(
    ("what", "codes"), [(b"\x00" * 10, {1008}), ("x" * 2**17, {1009}), (b"\xff" * 10 * 2**20, {1009})]
)
def test_what_no_page_sends_closes_the_socket(studio: Guest, what: str | bytes, codes: set[int]) -> None:
    with studio.socket() as socket:
        with pytest.raises(ConnectionClosed) as closed:
            socket.send(what)
            while True:
                socket.recv(timeout=20)
        assert closed.value.rcvd is None or closed.value.rcvd.code in codes
    assert studio.ask("GET", "/api/about")[0] == 200


def test_a_flood_closes_the_socket_and_nobody_else_notices(studio: Guest) -> None:
    with studio.socket() as calm, studio.socket() as flood:
        order(calm, to="play", do="who")
        hear(calm, "answer")
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(100_000):
                order(flood, to="watch", run=None)
            while True:
                flood.recv(timeout=20)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008
        order(calm, to="play", do="who")
        assert hear(calm, "answer")


def test_only_so_many_pages_are_open(opened, monkeypatch) -> None:
    monkeypatch.setattr(conversation, "SOCKETS", 2)
    studio = opened()
    with studio.socket() as one, studio.socket() as two, studio.socket() as three:
        with pytest.raises(ConnectionClosed) as closed:
            three.recv(timeout=20)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1013
        order(one, to="play", do="who")
        hear(one, "answer")
        two.close()
        until = time.monotonic() + 10
        while studio.house.sockets > 1 and time.monotonic() < until:
            time.sleep(0.01)
    with studio.socket() as again:
        order(again, to="nowhere")
        hear(again, "error")


def make_run(studio: Guest, name: str) -> Path:
    folder = studio.house.runs / name
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text("")
    return folder


def test_a_run_is_watched_as_it_grows(studio: Guest) -> None:
    folder = make_run(studio, "watched")
    with studio.socket() as socket:
        order(socket, to="watch", run="watched")
        assert hear(socket, "progress") | {"planes": []} == {
            "kind": "progress", "run": "watched", "first": 0, "lines": [], "status": None, "planes": []
        }  # fmt: skip
        (folder / "progress.jsonl").write_text('{"epoch": 1, "train_loss": 0.5}\n')
        told = hear(socket, "progress")
        assert told["lines"] == [{"epoch": 1, "train_loss": 0.5}]
        (folder / "status.json").write_text('{"state": "finished"}')
        assert hear(socket, "progress")["status"] == {"state": "finished"}
        order(socket, to="watch", run="../watched")
        assert "there is no run" in hear(socket, "error")["error"]["message"]
        order(socket, to="watch", run=None)
        order(socket, to="nowhere")
        hear(socket, "error")
        (folder / "status.json").write_text('{"state": "running"}')
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.6)


def test_a_page_that_does_not_read_stops_only_its_own(studio: Guest) -> None:
    with studio.socket(max_queue=1, close_timeout=0.2) as deaf, studio.socket() as other:
        for _ in range(40):
            order(deaf, to="play", do="frames", count=50, size=200_000)
        order(other, to="play", do="who")
        assert hear(other, "answer")
        assert studio.ask("GET", "/api/about")[0] == 200
