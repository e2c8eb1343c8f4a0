"""boto3 without a socket: botocore's requests answered by a chamber in this process.

Rules of this file: botocore's public hooks only. A client gets a `before-send` handler; what that
handler returns is the answer, and no connection is ever made. Credentials name the account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from cloudchamber.cloud.settings import Settings
from cloudchamber.wire.http import Request, Response

if TYPE_CHECKING:
    import boto3

ENDPOINT = "http://localhost:4566"
SECRET = "chamber"
Handle = Callable[[Request], Response]


class Body(BytesIO):
    """A response body as botocore reads it from urllib3."""

    def stream(self, amt: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        """The body in pieces of at most `amt` bytes."""
        while piece := self.read(amt):
            yield piece

    def release_conn(self) -> None:
        """There is no connection to give back."""


def before_send(handle: Handle) -> Callable[..., AWSResponse]:
    """The botocore `before-send` handler that lets `handle` answer."""

    def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        response = handle(request_of(request))
        whole = response.body if response.streamed is None else response.streamed.joined()
        raw = Body(b"" if request.method == "HEAD" else whole)
        headers = HTTPHeaders()
        for name, value in response.headers.items():
            headers[name] = value
        if "content-length" not in response.headers:
            headers["content-length"] = str(len(whole))
        return AWSResponse(request.url, response.status, headers, raw)

    return send


def request_of(prepared: AWSPreparedRequest) -> Request:
    """A botocore request as the wire layer reads it."""
    url = urlsplit(prepared.url)
    headers: dict[str, str] = {}
    for name, value in prepared.headers.items():
        raw: Any = value
        text = raw.decode("latin-1") if isinstance(raw, bytes) else str(raw)
        key = name.lower()
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    headers.setdefault("host", url.netloc)
    return Request(prepared.method, url.path or "/", url.query, headers, _body(prepared.body))


def _body(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    data = body.read()
    return data if isinstance(data, bytes) else data.encode()


class Patcher(Protocol):
    """What `lead_botocore` needs of pytest's monkeypatch."""

    def setattr(self, target: Any, name: str, value: Any) -> None: ...
    def setenv(self, name: str, value: str) -> None: ...
    def delenv(self, name: str, raising: bool = True) -> None: ...


def lead_botocore(handle: Handle, settings: Settings, patch: Patcher) -> None:
    """Let `handle` answer every botocore client of this process until `patch` is undone."""
    answer = before_send(handle)

    def send(_: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        return answer(request)

    patch.setattr(URLLib3Session, "send", send)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ROLE_ARN"):
        patch.delenv(name, raising=False)
    patch.setenv("AWS_ACCESS_KEY_ID", settings.account)
    patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    patch.setenv("AWS_DEFAULT_REGION", settings.region)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@lru_cache(maxsize=1)
def shared_session() -> Session:
    """One botocore session for all chambers: it holds parsed service models and nothing else."""
    session = Session()
    session.set_config_variable("region", "us-east-1")
    return session


def make_client(
    handle: Handle,
    service: str,
    *,
    region: str,
    access_key: str,
    secret: str = SECRET,
    token: str | None = None,
    config: Config | None = None,
) -> Any:
    """A botocore client of one service whose requests go to `handle`."""
    base = Config(retries={"mode": "standard", "total_max_attempts": 2})
    client = shared_session().create_client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=base.merge(config) if config else base,
    )
    answer: Any = before_send(handle)
    client.meta.events.register("before-send.*", answer)
    return client


def make_session(
    handle: Handle, *, region: str, access_key: str, secret: str = SECRET, token: str | None = None
) -> boto3.Session:
    """A boto3 session whose requests all go to `handle`."""
    import boto3

    core = Session()
    answer: Any = before_send(handle)
    core.register("before-send.*", answer)
    core.set_config_variable("ec2_metadata_service_num_attempts", 0)
    return boto3.Session(
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        region_name=region,
        botocore_session=core,
    )
