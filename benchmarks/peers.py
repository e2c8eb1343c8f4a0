"""Side by side with moto's server, MiniStack and an empty uvicorn, in one run.

    python -m benchmarks.peers [--rounds 7] [--seconds 0.5] [--only SQS] [--python PYTHON]

The peers are installed from PyPI into `.bench/` by the first run. All servers are up, one at a time
is asked: each case goes round them in short turns, so that a busy minute of the machine is
everybody's. What is printed is the median of the rounds, and the median of each round's ratio.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.load import Figures, drive, request_bytes, resident_mb

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".bench"
OURS = "cloudchamber"
OURS_ALONE = "SQS ReceiveMessage of 100,000"  # peers take minutes to fill such a queue
EMPTY_SERVER = "uvicorn (empty)"
PACKAGES = ("moto[server,sqs,sts,ec2,dynamodb,s3]", "ministack", "uvicorn", "httptools", "uvloop")
EMPTY = (
    "async def app(scope, receive, send):\n"
    "    if scope['type'] != 'http': return\n"
    "    await receive()\n"
    "    await send({'type': 'http.response.start', 'status': 200,"
    " 'headers': [(b'content-length', b'2')]})\n"
    "    await send({'type': 'http.response.body', 'body': b'{}'})\n"
)


class Server(NamedTuple):
    """A server under test: its name, how it is started (`{port}`), its environment."""

    name: str
    command: list[str]
    environment: tuple[tuple[str, str], ...] = ()


def servers(python: Path) -> list[Server]:
    """Ours first, then the peers."""
    tools = python.parent
    port = "{port}"
    return [
        Server(OURS, [sys.executable, "-m", "cloudchamber", "start", "--port", port]),
        Server("ministack", [str(tools / "ministack")], (("GATEWAY_PORT", port),)),
        Server("moto", [str(tools / "moto_server"), "-p", port]),
        Server(EMPTY_SERVER, [str(tools / "uvicorn"), "--app-dir", str(BENCH), "empty:app",
                                   "--port", port, "--log-level", "error", "--no-access-log"]),
    ]  # fmt: skip


@contextmanager
def running(server: Server) -> Iterator[tuple[int, int, float]]:
    """Start a server; gives its port, its process id and the seconds to the first answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [word.replace("{port}", str(port)) for word in server.command]
    extra = {name: value.replace("{port}", str(port)) for name, value in server.environment}
    began = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **extra}, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    try:
        while True:
            try:
                call(port, "GET", "/", {}, b"")
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - began > 60:
                    raise SystemExit(f"{server.name} does not start") from None
                time.sleep(0.002)
        yield port, process.pid, time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def call(port: int, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """One request, for setting up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, headers)
    answer = connection.getresponse().read()
    connection.close()
    return answer


def json_request(
    port: int, service: str, target: str, data: dict[str, object], version: str = "1.0"
) -> bytes:
    """A call in a JSON protocol; `target` is what X-Amz-Target says."""
    headers = {"X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{version}"}
    return request_bytes(port, service, headers, json.dumps(data).encode())


def sqs(port: int, operation: str, data: dict[str, object]) -> bytes:
    """An SQS call."""
    return json_request(port, "sqs", f"AmazonSQS.{operation}", data)


def dynamodb(port: int, operation: str, data: dict[str, object]) -> bytes:
    """A DynamoDB call."""
    return json_request(port, "dynamodb", f"DynamoDB_20120810.{operation}", data)


def query_request(port: int, service: str, **parameters: str) -> bytes:
    """A call in the query protocol."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return request_bytes(port, service, headers, urlencode(parameters).encode())


def s3(port: int, method: str, path: str, body: bytes = b"") -> bytes:
    """An S3 call, path style."""
    headers = {"X-Amz-Content-Sha256": sha256(body).hexdigest()}
    return request_bytes(port, "s3", headers, body, path, method)


def once(port: int, request: bytes) -> bytes:
    """Send prepared bytes and give back the body."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(request)
        response = http.client.HTTPResponse(link)
        response.begin()
        return response.read()


# Cases: what is set up on a server, and the request that is then sent over and over.


def queue_with(port: int, count: int) -> str:
    """The URL of a queue that holds so many messages."""
    made = json.loads(once(port, sqs(port, "CreateQueue", {"QueueName": f"queue-{count}"})))
    url: str = made["QueueUrl"]
    for start in range(0, count, 10):
        entries = [{"Id": str(n), "MessageBody": "x" * 100} for n in range(min(10, count - start))]
        once(port, sqs(port, "SendMessageBatch", {"QueueUrl": url, "Entries": entries}))
    return url


def send_message(port: int) -> bytes:
    return sqs(port, "SendMessage", {"QueueUrl": queue_with(port, 0), "MessageBody": "x" * 100})


def receive_message(port: int, queued: int = 10) -> bytes:
    asked = {"QueueUrl": queue_with(port, queued), "VisibilityTimeout": 0}
    return sqs(port, "ReceiveMessage", asked)


def receive_of_many(port: int) -> bytes:
    return receive_message(port, 100_000)


def caller_identity(port: int) -> bytes:
    return query_request(port, "sts", Action="GetCallerIdentity", Version="2011-06-15")


def zones(port: int) -> bytes:
    return query_request(port, "ec2", Action="DescribeAvailabilityZones", Version="2016-11-15")


def regions(port: int) -> bytes:
    return query_request(port, "ec2", Action="DescribeRegions", Version="2016-11-15")


def vpcs(port: int) -> bytes:
    """DescribeVpcs of the default VPC and four more."""
    describe = query_request(port, "ec2", Action="DescribeVpcs", Version="2016-11-15")
    for n in range(5):
        if once(port, describe).count(b"<vpcId>") >= 5:
            break
        made = {"Action": "CreateVpc", "Version": "2016-11-15", "CidrBlock": f"10.{n}.0.0/16"}
        once(port, query_request(port, "ec2", **made))
    found = once(port, describe).count(b"<vpcId>")
    assert found == 5, f"{found} VPCs, not 5"
    return describe


def table(port: int) -> str:
    """The name of a table with a partition key and a sort key, and 40 items in one partition."""
    name = "items"
    made: dict[str, object] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
    }
    once(port, dynamodb(port, "CreateTable", made))
    for n in range(40):
        once(port, dynamodb(port, "PutItem", {"TableName": name, "Item": item(n)}))
    return name


def item(n: int) -> dict[str, object]:
    return {
        "pk": {"S": "one"},
        "sk": {"N": str(n)},
        "name": {"S": "a name of some length"},
        "count": {"N": "12345"},
        "tags": {"SS": ["a", "b"]},
        "place": {"M": {"street": {"S": "somewhere"}, "number": {"N": "7"}}},
    }


def get_item(port: int) -> bytes:
    key = {"pk": {"S": "one"}, "sk": {"N": "7"}}
    return dynamodb(port, "GetItem", {"TableName": table(port), "Key": key})


def put_item(port: int) -> bytes:
    return dynamodb(port, "PutItem", {"TableName": table(port), "Item": item(7)})


def query_items(port: int) -> bytes:
    return dynamodb(
        port,
        "Query",
        {
            "TableName": table(port),
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": {"S": "one"}},
            "Limit": 20,
        },
    )


def put_object(port: int) -> bytes:
    once(port, s3(port, "PUT", "/bucket-of-objects"))
    return s3(port, "PUT", "/bucket-of-objects/key", b"x" * 1024)


def get_object(port: int) -> bytes:
    once(port, put_object(port))
    return s3(port, "GET", "/bucket-of-objects/key")


def nothing(port: int) -> bytes:
    """What the empty server is asked: it reads the request and answers two bytes."""
    return sqs(port, "SendMessage", {"QueueUrl": "q", "MessageBody": "x" * 100})


CASES: tuple[tuple[str, Callable[[int], bytes]], ...] = (
    ("SQS SendMessage", send_message),
    ("SQS ReceiveMessage of 10", receive_message),
    (OURS_ALONE, receive_of_many),
    ("STS GetCallerIdentity", caller_identity),
    ("EC2 DescribeAvailabilityZones", zones),
    ("EC2 DescribeRegions", regions),
    ("EC2 DescribeVpcs of 5", vpcs),
    ("DynamoDB GetItem", get_item),
    ("DynamoDB PutItem", put_item),
    ("DynamoDB Query of 20", query_items),
    ("S3 PUT 1 KiB", put_object),
    ("S3 GET 1 KiB", get_object),
)


def prepare(python: Path | None) -> Path:
    """An interpreter that has the peers."""
    BENCH.mkdir(exist_ok=True)
    (BENCH / "empty.py").write_text(EMPTY)
    if python is not None:
        return python
    own = BENCH / "venv" / "bin" / "python"
    if not own.exists():
        venv.create(BENCH / "venv", with_pip=True)
        subprocess.run([own, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return own


def measure(
    case: str,
    prepare_on: Callable[[int], bytes],
    up: dict[str, tuple[int, int]],
    rounds: int,
    seconds: float,
) -> dict[str, list[Figures]]:
    """Figures of every round by server; `up` gives each its port and process id."""
    requests: dict[str, bytes] = {}
    for name, (port, _) in up.items():
        if name == EMPTY_SERVER:
            requests[name] = nothing(port)
        elif name == OURS or case != OURS_ALONE:
            requests[name] = prepare_on(port)
    found: dict[str, list[Figures]] = {name: [] for name in requests}
    for _ in range(rounds):
        for name, request in requests.items():
            port, pid = up[name]
            found[name].append(drive(port, request, [pid], seconds=seconds))
    return found


def line(case: str, found: dict[str, list[Figures]], names: list[str]) -> str:
    """One line of the table."""
    mine = found[OURS]
    text = f"{case:32}{median(f.rate for f in mine):9,.0f}{median(f.cpu_us for f in mine):8.0f}"
    for name in names:
        theirs = found.get(name, [])
        if not theirs or any(each.errors or not each.rate for each in theirs):
            text += f"{'-':>18}{'':>13}"
            continue
        pairs = list(zip(mine, theirs, strict=True))
        text += f"{median(f.rate for f in theirs):18,.0f}"
        text += f"{median(a.rate / b.rate for a, b in pairs):7.2f}"
        text += f"{median(b.cpu_us / a.cpu_us for a, b in pairs):6.2f}"
    errors = sum(each.errors for each in mine)
    return text + (f"   errors: {errors}" if errors else "")


def main() -> None:
    """Measure all, print a table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.5, help="of one turn")
    parser.add_argument("--only", default="", help="cases whose names contain this")
    parser.add_argument("--without", default="", help="leave a peer out, by its name")
    parser.add_argument("--python", type=Path, default=None)
    options = parser.parse_args()
    chosen = [each for each in servers(prepare(options.python)) if each.name != options.without]
    with ExitStack() as stack:
        up: dict[str, tuple[int, int]] = {}
        for server in chosen:
            port, pid, started = stack.enter_context(running(server))
            up[server.name] = (port, pid)
            print(f"{server.name}: first answer after {started * 1000:.0f} ms, "
                  f"{resident_mb(pid):.0f} MB resident", flush=True)  # fmt: skip
        names = [name for name in up if name != OURS]
        heads = "".join(f"{name:>18}{'ratio':>7}{'CPU':>6}" for name in names)
        print(f"\n{'case':32}{'ours /s':>9}{'CPU µs':>8}{heads}")
        for case, prepare_on in CASES:
            if options.only in case:
                found = measure(case, prepare_on, up, options.rounds, options.seconds)
                print(line(case, found, names), flush=True)
    print("\nratio: our requests per second over the peer's. CPU: its µs per request over ours.")
    print("A peer with '-' was not asked, or did not answer 200 every time.")


if __name__ == "__main__":
    main()
