"""Functions of a served chamber: asked by URL over a socket, and there again after a crash."""

from __future__ import annotations

import http.client
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3

from tests.unit.server.served import Server
from tests.unit.services.lambda_.crew import ONE, archive

SOURCE = """
def handler(event, context):
    return {"statusCode": 201, "cookies": ["a=1; Path=/", "b=2"], "body": event["rawPath"]}
"""


def client_of(server: Server) -> Any:
    return boto3.client(
        "lambda",
        endpoint_url=f"http://localhost:{server.port}",
        region_name="us-east-1",
        aws_access_key_id=ONE,
        aws_secret_access_key="x",
    )


def visit(server: Server, host: str, path: str) -> tuple[int, bytes, list[str]]:
    """The status, the body and the cookies of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    with closing(connection):
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers.get_all("set-cookie") or []


def test_a_url_is_there_and_there_again(tmp_path: Path) -> None:
    data = str(tmp_path / "world")
    with Server(tmp_path, chamber={"iam": "off"}, data=data) as server:
        client = client_of(server)
        client.create_function(
            FunctionName="jobs",
            Runtime=f"python3.{sys.version_info.minor}",
            Handler="app.handler",
            Role=f"arn:aws:iam::{ONE}:role/worker",
            Code={"ZipFile": archive(app=SOURCE)},
        )
        made = client.create_function_url_config(FunctionName="jobs", AuthType="NONE")
        host = made["FunctionUrl"].split("/")[2]
        assert host.endswith(f".lambda-url.us-east-1.localhost:{server.port}")
        assert visit(server, host, "/a/b") == (201, b"/a/b", ["a=1; Path=/", "b=2"])
        client.close()
        server.kill()
    with Server(tmp_path, chamber={"iam": "off"}, data=data) as server:
        host = f"{host.partition('.')[0]}.lambda-url.us-east-1.on.aws"
        assert visit(server, host, "/again")[:2] == (201, b"/again")
