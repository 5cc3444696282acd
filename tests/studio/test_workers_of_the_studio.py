"""The processes that compute: taken, given back, replaced, bounded, and never left behind."""

import asyncio
import os
import socket
import sys
import time

import pytest
from guests import PARROT

from profundo.frames import header_of, pack
from profundo.studio.asking import Askers
from profundo.studio.telling import Refused
from profundo.studio.workers import Players, Worker

HANGS = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"]


def run(steps) -> None:
    asyncio.run(asyncio.wait_for(steps, 30))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def answered(worker: Worker, **order) -> dict:
    await worker.send(pack(order))
    answer = await worker.receive()
    assert answer is not None
    return header_of(answer)


def test_a_warm_worker_waits_and_each_page_has_its_own() -> None:
    async def steps() -> None:
        players = Players(2, PARROT, rest=0.0)
        players.prepare()
        await players.starting
        (warm,) = players.free
        first, second = await asyncio.gather(players.take(), players.take())
        assert warm in (first, second)
        pids = {(await answered(w))["pid"] for w in (first, second)}
        assert len(pids) == 2
        with pytest.raises(Refused, match="2 pages play") as refused:
            await players.take()
        assert refused.value.status == 503 and refused.value.after
        await players.starting
        (spare,) = players.free
        players.give_back(first)
        third = await players.take()
        assert third is spare
        await players.close()
        assert not any(w.alive for w in (first, second, third)) and not any(map(alive, pids))

    run(steps())


def test_a_page_that_is_loaded_again_finds_its_worker_without_a_trace_of_before() -> None:
    async def steps() -> None:
        players = Players(2, PARROT, rest=30.0)
        worker = await players.take()
        await worker.send(pack({"do": "frames", "count": 300, "size": 20_000}))
        reading = asyncio.create_task(worker.receive())
        await asyncio.sleep(0.05)
        reading.cancel()
        players.give_back(worker)
        assert await players.take() is worker
        assert (await answered(worker, n=1))["heard"]["n"] == 1
        await players.close()
        assert not worker.alive

    run(steps())


def test_a_worker_that_does_not_forget_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("profundo.studio.workers.FORGET", 0.2)

    async def steps() -> None:
        players = Players(1, PARROT, rest=30.0)
        worker = await players.take()
        await worker.send(pack({"do": "sleep", "seconds": 60}))
        players.give_back(worker)
        assert await players.take() is not worker
        await asyncio.gather(*players.leaving)
        assert not worker.alive
        await players.close()

    run(steps())


def test_a_warm_worker_that_died_is_not_given_away() -> None:
    async def steps() -> None:
        players = Players(2, PARROT, rest=0.0)
        players.prepare()
        await players.starting
        (warm,) = players.free
        await warm.send(pack({"do": "die"}))
        await warm.process.wait()
        worker = await players.take()
        assert worker is not warm and (await answered(worker))["kind"] == "answer"
        await players.close()

    run(steps())


def test_the_next_warm_one_is_not_started_while_the_page_begins() -> None:
    async def steps() -> None:
        players = Players(3, PARROT, rest=30.0)
        await players.take()
        await asyncio.sleep(0.1)
        assert not players.free and not players.starting.done()
        await players.take()  # but at once where somebody waits for it
        await players.close()

    run(steps())


def test_a_worker_that_does_not_end_is_killed() -> None:
    async def steps() -> None:
        worker = await Worker.start(HANGS)
        await worker.end()
        assert not worker.alive and worker.process.returncode == -9
        await worker.end()
        await worker.send(b"lost")
        assert await worker.receive() is None

    run(steps())


def test_the_worker_that_answered_last_is_asked_first() -> None:
    async def steps() -> None:
        askers = Askers(2, 4, 20, PARROT)
        asked = [header_of(await askers.ask(pack({"verb": "who", "n": n}))) for n in range(3)]
        assert len({a["pid"] for a in asked}) == 1 and [a["heard"]["n"] for a in asked] == [0, 1, 2]
        both = await asyncio.gather(*(askers.ask(pack({"verb": "who"})) for _ in range(6)))
        assert len({header_of(a)["pid"] for a in both}) == 2
        await askers.close()
        assert not any(alive(a["pid"]) for a in asked)

    run(steps())


def test_a_process_for_questions_waits_for_the_first_one() -> None:
    async def steps() -> None:
        askers = Askers(2, 4, 20, PARROT)
        askers.prepare()
        askers.prepare()
        await askers.starting
        (worker,) = askers.idle
        assert header_of(await askers.ask(pack({"verb": "who"})))["pid"] == worker.process.pid
        await askers.close()
        assert not worker.alive

    run(steps())


def test_too_many_questions_are_refused_and_the_others_answered() -> None:
    async def steps() -> None:
        askers = Askers(1, 2, 20, PARROT)
        asks = [asyncio.create_task(askers.ask(pack({"verb": "sleep", "seconds": 0.2}))) for _ in range(5)]
        told = await asyncio.gather(*asks, return_exceptions=True)
        refused = [t for t in told if isinstance(t, Refused)]
        assert len(refused) == 2 and {t.status for t in refused} == {429} and askers.queued == 0
        await askers.close()

    run(steps())


def test_a_worker_that_dies_or_takes_too_long_is_told_and_replaced() -> None:
    async def steps() -> None:
        askers = Askers(1, 2, 0.5, PARROT)
        with pytest.raises(Refused, match="status 3"):
            await askers.ask(pack({"verb": "die"}))
        assert header_of(await askers.ask(pack({"verb": "who"})))["kind"] == "answer"
        began = time.monotonic()
        with pytest.raises(Refused, match="longer than"):
            await askers.ask(pack({"verb": "sleep", "seconds": 30}))
        assert time.monotonic() - began < 10
        assert header_of(await askers.ask(pack({"verb": "who"})))["kind"] == "answer"
        await askers.close()

    run(steps())


def test_a_page_that_goes_takes_its_questions_with_it(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("profundo.studio.questions.LONGER", 0.3)
    studio = opened(askers=Askers(1, 4, 60, PARROT))
    pid = header_of(studio.ask("POST", "/api/ask", {"verb": "who"})[2])["pid"]
    body = b'{"verb": "sleep", "seconds": 60}'
    head = f"POST /api/ask HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nOrigin: {studio.origin}\r\n"
    head += f"Cookie: {studio.cookie}\r\nContent-Length: {len(body)}\r\n\r\n"
    impatient = [socket.create_connection(("127.0.0.1", studio.port)) for _ in range(3)]
    for connection in impatient:
        connection.sendall(head.encode() + body)
    while studio.house.askers.queued < 2:
        time.sleep(0.01)
    for connection in impatient:
        connection.close()
    began = time.monotonic()
    assert header_of(studio.ask("POST", "/api/ask", {"verb": "who"})[2])["pid"] != pid
    assert time.monotonic() - began < 20 and studio.house.askers.queued == 0 and not alive(pid)


def test_the_answer_to_a_question_that_was_given_up_is_never_anothers() -> None:
    async def steps() -> None:
        askers = Askers(1, 2, 20, PARROT)
        given_up = asyncio.create_task(askers.ask(pack({"verb": "sleep", "seconds": 0.3})))
        await asyncio.sleep(0.1)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert header_of(await askers.ask(pack({"verb": "who", "n": 7})))["heard"]["n"] == 7
        await askers.close()

    run(steps())
