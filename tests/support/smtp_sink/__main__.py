"""The sink's process: `python -m tests.support.smtp_sink FOLDER` with options as JSON on standard input.

Each further line of standard input is a command: {"options": {...}} (with "start_over": true or without),
{"flush": true} or {"stop": true}; each is answered by one line. When standard input ends (the parent is gone)
the sink ends too.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import sys
from pathlib import Path
from typing import Any

from tests.support.smtp_sink.log import Log
from tests.support.smtp_sink.options import SinkOptions
from tests.support.smtp_sink.session import Session
from tests.support.smtp_sink.shared import Sink

FLUSH_SECONDS = 0.05


async def main(folder: Path) -> None:
    options = SinkOptions.from_json(json.loads(sys.stdin.readline()))
    sink = Sink(
        options,
        Log(folder, keep_messages=options.keep_messages),
        _tls(folder) if options.tls else None,
        random.Random(options.seed),
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Session(sink),
        "127.0.0.1",
        0,
        ssl=sink.tls if options.tls == "implicit" else None,
        backlog=512,
    )
    _tell({"port": server.sockets[0].getsockname()[1]})
    flusher = asyncio.create_task(_flush_now_and_then(sink))
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        command = json.loads(line)
        if command.get("start_over"):
            sink.start_over(SinkOptions.from_json(command["options"]))
        elif "options" in command:
            sink.options = SinkOptions.from_json(command["options"])
            sink.used.clear()
        sink.log.flush()
        _tell({"connections": sink.connections, "hellos": sink.hellos})
        if command.get("stop"):
            break
    flusher.cancel()
    server.close()
    sink.log.close()


async def _flush_now_and_then(sink: Sink) -> None:
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        sink.log.flush()


def _tell(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def _tls(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
