"""What waits for a page: the latest frame, everything else in order."""

import asyncio

from profundo.studio.outbox import Outbox


def run(steps) -> None:
    asyncio.run(asyncio.wait_for(steps, 20))


def test_a_frame_is_replaced_by_the_next_and_nothing_else_is_lost() -> None:
    async def steps() -> None:
        out = Outbox(rate=1000)
        for number in range(5):
            out.put_frame(b"f%d" % number)
            await out.put(b"m%d" % number)
        out.put_frame(b"last")
        got = [await out.take() for _ in range(6)]
        assert got == [b"m0", b"m1", b"m2", b"m3", b"m4", b"last"] and not out.waiting

    run(steps())


def test_a_frame_that_was_made_before_a_message_is_sent_before_it() -> None:
    async def steps() -> None:
        out = Outbox(rate=1)
        out.put_frame(b"first")
        assert await out.take() == b"first"
        out.put_frame(b"old network")
        await out.put(b"ready")
        assert [await out.take(), await out.take()] == [b"old network", b"ready"], "neither waits for the rate"

    run(steps())


def test_frames_come_at_their_rate_and_the_latest_is_sent() -> None:
    async def steps() -> None:
        out, sent = Outbox(rate=20), []

        async def make() -> None:
            for number in range(100):
                out.put_frame(b"%d" % number)
                await asyncio.sleep(0.005)

        making = asyncio.create_task(make())
        while not sent or sent[-1] != b"99":
            sent.append(await out.take())
        await making
        assert 2 <= len(sent) < 60 and sent == sorted(sent, key=int)

    run(steps())


def test_a_message_does_not_wait_for_the_rate_of_frames() -> None:
    async def steps() -> None:
        out = Outbox(rate=0.01)
        out.put_frame(b"f")
        await out.take()
        taking = asyncio.create_task(out.take())
        out.put_frame(b"not due for 100 s")
        await asyncio.sleep(0)
        await out.put(b"m")
        assert await taking == b"not due for 100 s"
        assert await out.take() == b"m"

    run(steps())


def test_who_makes_messages_waits_while_the_page_does_not_read() -> None:
    async def steps() -> None:
        out = Outbox(room=2)
        await out.put(b"1")
        await out.put(b"2")
        third = asyncio.create_task(out.put(b"3"))
        await asyncio.sleep(0.05)
        assert not third.done()
        assert [await out.take() for _ in range(2)] == [b"1", b"2"]
        await third
        assert await out.take() == b"3"

    run(steps())
