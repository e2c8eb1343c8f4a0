"""Everything a server can be told before it starts, in one frozen value.

Rules of this file: values only; the command line and the environment are read elsewhere.
"""

from __future__ import annotations

import msgspec

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.settings import Settings
from cloudchamber.server.http.admission import DEFAULT_NAMES
from cloudchamber.server.http.limits import Limits

DEFAULT_PORT = 4566


class StartError(Exception):
    """The server cannot start; the text says why and what can be done about it."""


class TlsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Speak TLS. Without files a certificate is made for localhost; give both files or none."""

    certificate: str = ""
    key: str = ""


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a chamber is served.

    `port` 0 takes a free one. `data` is a directory to keep the world in, or empty. `fsync` makes
    it survive the loss of power, not only of the process; `repair` lets a damaged journal be cut at
    the damage. `chamber` is the world; `given` names those of its fields that somebody chose: the
    others are taken from the data directory, when it has a world. `allowed_hosts` are further names
    that requests may call this chamber by. `grace_ns` is how long answers under way may take when
    the server stops. Below `function_folders` the code of functions may lie unpacked.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    data: str = ""
    fsync: bool = False
    repair: bool = False
    tls: TlsSettings | None = None
    limits: Limits = Limits()
    chamber: Settings = Settings()
    given: frozenset[str] = frozenset()
    allowed_hosts: tuple[str, ...] = DEFAULT_NAMES
    grace_ns: int = 5 * SECOND_NS
    function_folders: tuple[str, ...] = ()
