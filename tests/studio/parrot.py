"""A worker without PyTorch, for tests of the server: it does what the messages say, as `profundo.worker` would."""

import os
import sys
import time

from profundo.errors import DataError
from profundo.frames import header_of, pack, receive, send


def main() -> None:
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while (message := receive(source)) is not None:
        order = header_of(message)
        match order.get("verb") or order.get("do"):
            case "die":
                os._exit(3)
            case "sleep":
                time.sleep(order["seconds"])
                send(target, pack({"kind": "answer"}))
            case "fail":
                error = {"kind": DataError.__name__, "message": "row 3 is odd", "exit_code": 3}
                send(target, pack({"kind": "error", "error": error}))
            case "frames":
                for step in range(order["count"]):
                    send(target, pack({"kind": "frame", "step": step, "filled": "x" * order.get("size", 0)}))
                send(target, pack({"kind": "said", "step": order["count"]}))
            case "leave":
                send(target, pack({"kind": "left"}))
            case _:
                send(target, pack({"kind": "answer", "pid": os.getpid(), "heard": order, "bytes": len(message)}))


if __name__ == "__main__":
    main()
