"""A load from this process: plain sockets, epoll, one request in flight on each connection.

Rules of this file: the client is as thin as Python allows, so that the server is what is measured;
where two processes share two cores, the figure to trust is the server's own CPU time per request.
"""

from __future__ import annotations

import os
import select
import socket
import time
from typing import NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")


class Figures(NamedTuple):
    """What one run showed: requests per second, server CPU µs per request, answers not 200."""

    rate: float
    cpu_us: float
    errors: int


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of the children it has waited for."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def resident_mb(pid: int) -> float:
    """Resident memory of a process, in MB of 2^20 bytes."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def drive(
    port: int, request: bytes, pids: list[int], *, seconds: float = 3.0, connections: int = 16
) -> Figures:
    """Send one request over and over on every connection for so long."""
    poller = select.epoll()
    links: dict[int, socket.socket] = {}
    rest: dict[int, bytes] = {}
    for _ in range(connections):
        rest[_open(port, poller, links)] = b""
    before = sum(map(cpu_seconds, pids))
    began = time.perf_counter()
    for link in links.values():
        link.sendall(request)
    done = errors = 0
    while time.perf_counter() - began < seconds:
        for number, _ in poller.poll(1.0):
            piece = links[number].recv(262_144)
            data = rest[number] + piece
            size = _answer_size(data)
            if piece and (size is None or len(data) < size):
                rest[number] = data
                continue
            done += 1
            errors += data[9:12] != b"200"
            if not piece or data.startswith(b"HTTP/1.0") or b"onnection: close" in data[:600]:
                # A server that closes after each answer: every request needs a new connection.
                poller.unregister(number)
                links.pop(number).close()
                del rest[number]
                number = _open(port, poller, links)
            rest[number] = b""
            links[number].send(request)
    spent = time.perf_counter() - began
    cpu = sum(map(cpu_seconds, pids)) - before
    for link in links.values():
        link.close()
    return Figures(done / spent, cpu / done * 1e6 if done else 0.0, errors)


def _open(port: int, poller: select.epoll, links: dict[int, socket.socket]) -> int:
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    links[link.fileno()] = link
    poller.register(link.fileno(), select.EPOLLIN)
    return link.fileno()


def _answer_size(data: bytes) -> int | None:
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return None
    lowered = data[:head].lower()
    place = lowered.find(b"content-length:")
    if place < 0:
        # Chunked: whole when the last chunk has come.
        return len(data) if data.endswith(b"0\r\n\r\n") else None
    line = lowered[place + 15 :].split(b"\r\n", 1)[0]
    return head + 4 + int(line)


def request_bytes(
    port: int,
    service: str,
    headers: dict[str, str],
    body: bytes,
    path: str = "/",
    method: str = "POST",
) -> bytes:
    """A request as boto3 would send it, with a signature that nobody here verifies."""
    given = {
        "Host": f"localhost:{port}",
        "Accept-Encoding": "identity",
        "User-Agent": "Boto3/1.44 md/Botocore#1.44 ua/2.1 os/linux lang/python#3.11",
        "X-Amz-Date": "20270101T000000Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=000000000000/20270101/us-east-1/"
        f"{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
        **headers,
        "Content-Length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
