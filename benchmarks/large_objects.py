"""An object of 1 GiB through S3: speed beside nginx serving the same file, and the memory it took.

    python -m benchmarks.large_objects [--mib 1024] [--rounds 3]

Rules of this file: one client, plain sockets, one request at a time; the two servers take turns, so
that a ratio of one round is what to read. nginx is Debian's, unpacked into `.bench/` by the first
run, with sendfile and one worker. Its PUT is not measured: it would do none of what S3 must (sums,
sealing), so both directions stand beside its GET.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.load import request_bytes
from benchmarks.startup import free_port

BENCH = Path(__file__).resolve().parent.parent / ".bench"
MIB = 1 << 20
WANTED_MB = 100
WANTED_RATIO = 0.5
CONFIG = """
daemon off; worker_processes 1; {user} pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ }}
http {{ access_log off; sendfile on; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}
"""


def nginx_program() -> Path | None:
    """nginx, from Debian's package; None where it cannot be had."""
    program = BENCH / "nginx" / "usr" / "sbin" / "nginx"
    if program.exists():
        return program
    folder = BENCH / "nginx"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(["apt-get", "download", "-q", "nginx"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        package = next(folder.glob("nginx_*.deb"))
        subprocess.run(["dpkg", "-x", package.name, "."], cwd=folder, check=True)
    except (OSError, StopIteration, subprocess.CalledProcessError):
        return None
    return program if program.exists() else None


def wait_for(port: int) -> None:
    """Until somebody listens."""
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"nobody listens on port {port}")


def peak_mb(pid: int) -> float:
    """The most memory a process ever held, in MB of 2^20 bytes."""
    for row in Path(f"/proc/{pid}/status").read_text().splitlines():
        if row.startswith("VmHWM:"):
            return int(row.split()[1]) / 1024
    raise SystemExit("no VmHWM")


def answer_head(link: socket.socket) -> tuple[bytes, bytes]:
    """The head of an answer, and what came with it of the body."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = link.recv(65_536)
        if not piece:
            raise SystemExit(f"the connection ended: {data[:200]!r}")
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(data.decode("latin-1")[:500])
    return head, rest


def get(port: int, request: bytes, size: int, check: str = "") -> float:
    """Seconds to read a body of `size` bytes; with `check` its MD5 must be that."""
    buffer = bytearray(MIB)
    summing = hashlib.md5(usedforsecurity=False)
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(request)
        _, rest = answer_head(link)
        summing.update(rest)
        left = size - len(rest)
        while left:
            count = link.recv_into(buffer)
            if not count:
                raise SystemExit(f"{left} bytes are missing")
            left -= count
            if check:
                summing.update(memoryview(buffer)[:count])
    spent = time.perf_counter() - began
    if check and summing.hexdigest() != check:
        raise SystemExit("what came back is not what was sent")
    return spent


def put(port: int, head: bytes, file: Path) -> float:
    """Seconds to send a file as a body and be answered."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as link, file.open("rb") as body:
        link.sendall(head)
        link.sendfile(body)
        answer_head(link)
    return time.perf_counter() - began


def s3_head(port: int, method: str, path: str, size: int) -> bytes:
    """The head of an S3 request whose body, `size` bytes, is not hashed."""
    head = request_bytes(
        port, "s3", {"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}, b"", path, method
    )
    return head.replace(b"Content-Length: 0", b"Content-Length: %d" % size)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    size = options.mib * MIB
    program = nginx_program()
    processes: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "file"
        summing = hashlib.md5(usedforsecurity=False)
        with file.open("wb") as out:
            for _ in range(options.mib):
                piece = os.urandom(MIB)
                summing.update(piece)
                out.write(piece)
        ours, theirs = free_port(), free_port()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            command = [sys.executable, "-m", "cloudchamber", "start", "--port", str(ours)]
            processes.append(subprocess.Popen(command, **quiet))  # type: ignore[call-overload]
            wait_for(ours)
            if program is not None:
                # A worker of root's nginx would be nobody, who may not read the folder.
                user = "" if os.getuid() else "user root;"
                (folder / "nginx.conf").write_text(
                    CONFIG.format(folder=folder, port=theirs, user=user)
                )
                command = [str(program), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
                processes.append(subprocess.Popen(command, **quiet))  # type: ignore[call-overload]
                wait_for(theirs)
            with socket.create_connection(("127.0.0.1", ours)) as link:
                link.sendall(s3_head(ours, "PUT", "/large", 0))
                answer_head(link)
            times: dict[str, list[float]] = {"PUT": [], "GET": [], "nginx": []}
            for _ in range(options.rounds):
                times["PUT"].append(put(ours, s3_head(ours, "PUT", "/large/object", size), file))
                times["GET"].append(get(ours, s3_head(ours, "GET", "/large/object", 0), size))
                if program is not None:
                    plain = b"GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n"
                    times["nginx"].append(get(theirs, plain, size))
            whole = summing.hexdigest()
            get(ours, s3_head(ours, "GET", "/large/object", 0), size, whole)
            peak = peak_mb(processes[0].pid)
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
                process.wait()
    for what, seconds in times.items():
        if seconds:
            print(f"{what:6} {options.mib} MiB: {options.mib / median(seconds):8,.0f} MiB/s")
    if times["nginx"]:
        for what in ("PUT", "GET"):
            pairs = zip(times["nginx"], times[what], strict=True)
            ratio = median(theirs / mine for theirs, mine in pairs)
            print(f"{what} at {ratio:.2f} of nginx's GET   (wanted: at least {WANTED_RATIO})")
    else:
        print("nginx could not be had here")
    print(f"most memory held: {peak:.0f} MB   (wanted: at most {WANTED_MB})")
    print("the object came back byte for byte")


if __name__ == "__main__":
    main()
