"""Empty servers side by side: what does a request cost before anybody looks at it?

    python -m benchmarks.front_end [--seconds 3] [--connections 16] [--peers PYTHON]

Each server answers every request with the same eleven bytes. The number to compare is the server's
own CPU time per request; memory is that of all its processes. `--peers` names an interpreter that
has uvicorn, granian and hypercorn; those that are missing are left out, and said so. The findings
stand in docs/decisions/0010.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from benchmarks.load import drive, resident_mb

ROOT = Path(__file__).resolve().parent.parent
BODY = b'{"QueueUrl":"http://localhost:4566/000000000000/q","MessageBody":"hello"}'
REQUEST = (
    b"POST / HTTP/1.1\r\nHost: localhost:4566\r\nAccept-Encoding: identity\r\n"
    b"X-Amz-Target: AmazonSQS.SendMessage\r\nContent-Type: application/x-amz-json-1.0\r\n"
    b"User-Agent: Boto3/1.40 md/Botocore#1.40 ua/2.1 os/linux lang/python#3.11\r\n"
    b"X-Amz-Date: 20270101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=000000000000/"
    b"20270101/us-east-1/sqs/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + b"0" * 64
    + b"\r\nContent-Length: " + str(len(BODY)).encode() + b"\r\n\r\n" + BODY
)  # fmt: skip
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"

OURS = """
    import asyncio, sys, uvloop
    from cloudchamber.server.http.admission import Admission
    from cloudchamber.server.http.limits import Limits
    from cloudchamber.server.http.listener import Listener
    from cloudchamber.wire.http import Response

    class App:
        def begin(self, exchange):
            exchange.answer(
                Response(200, {"content-type": "application/json"}, b'{"ok":true}'))
        def gone(self, exchange):
            return True

    async def main():
        await Listener(App(), Admission(), Limits()).open("127.0.0.1", int(sys.argv[1]))
        await asyncio.Event().wait()

    uvloop.run(main())
"""
ASGI = """
    HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"11")]

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": b'{"ok":true}'})
"""
UVICORN = (
    ASGI
    + """
    import sys, uvicorn
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False, loop="uvloop",
                http="httptools", lifespan="off")
"""
)
GRANIAN = (
    ASGI
    + """
    import sys
    from granian import Granian
    if __name__ == "__main__":
        Granian("served:app", port=int(sys.argv[1]), interface="asginl", loop="uvloop",
                log_enabled=False).serve()
"""
)
HYPERCORN = (
    ASGI
    + """
    import asyncio, sys, uvloop
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    config = Config()
    config.bind = [f"127.0.0.1:{sys.argv[1]}"]
    config.loglevel = "ERROR"
    uvloop.install()
    asyncio.run(serve(app, config))
"""
)
SERVERS = (("ours", OURS), ("uvicorn", UVICORN), ("granian", GRANIAN), ("hypercorn", HYPERCORN))


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def family(pid: int) -> list[int]:
    """A process and its descendants (granian serves from a child)."""
    found = [pid]
    for parent in found:
        try:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        except OSError:
            children = []
        found.extend(int(child) for child in children)
    return found


def first_answer_s(port: int, process: subprocess.Popen[bytes]) -> float:
    """Seconds until a request is answered. Raises RuntimeError when the server ends before."""
    started = time.perf_counter()
    while process.poll() is None and time.perf_counter() - started < 20:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.sendall(REQUEST)
                if client.recv(65536).startswith(b"HTTP/1.1 200"):
                    return time.perf_counter() - started
        except OSError:
            time.sleep(0.002)
    raise RuntimeError("it never answered")


def speaks_h2c(port: int) -> bool:
    """Whether the server answers HTTP/2's preface with a SETTINGS frame."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
        client.sendall(PREFACE)
        try:
            return client.recv(9)[3:4] == b"\x04"
        except OSError:
            return False


def measure(python: str, source: str, connections: int, seconds: float) -> str:
    """One row of the table. Raises RuntimeError when the server does not come up."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "served.py").write_text(textwrap.dedent(source))
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{folder}"}
        process = subprocess.Popen(
            [python, "served.py", str(port)],
            cwd=folder,
            env=environment,
            stderr=subprocess.PIPE,
        )
        try:
            start_ms = first_answer_s(port, process) * 1000
            pids = family(process.pid)
            idle_mb = sum(map(resident_mb, pids))
            drive(port, REQUEST, pids, seconds=0.5, connections=connections)
            figures = drive(port, REQUEST, pids, seconds=seconds, connections=connections)
            h2c = "yes" if speaks_h2c(port) else "no"
        finally:
            process.terminate()
            process.wait(10)
    return (
        f"| {figures.rate:,.0f} | {figures.cpu_us:.1f} | {start_ms:.0f} | {idle_mb:.1f} | {h2c} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--peers", default=sys.executable)
    options = parser.parse_args()
    print("| server | requests/s | CPU µs/request | first answer ms | idle MB | h2c |")
    print("|---|---|---|---|---|---|")
    for name, source in SERVERS:
        python = sys.executable if name == "ours" else options.peers
        if (
            name != "ours"
            and subprocess.run(
                [python, "-c", f"import {name}"], stderr=subprocess.DEVNULL, check=False
            ).returncode
        ):
            print(f"| {name} | left out: {python} does not have it (pip install {name}) |")
            continue
        print(f"| {name} {measure(python, source, options.connections, options.seconds)}")


if __name__ == "__main__":
    main()
