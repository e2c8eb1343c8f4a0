"""An OpenID Connect issuer on this machine: real keys, real signatures, a real HTTP server."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

DISCOVERY = "/.well-known/openid-configuration"


class Issuer:
    """Serves the public half of its keys and signs tokens; `asked` are the paths it answered."""

    def __init__(self) -> None:
        self.rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec_key = ec.generate_private_key(ec.SECP256R1())
        self.asked: list[str] = []
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                body = issuer.answer(self.path)
                self.send_response(200 if body else 404)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Tests are quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))

    def __enter__(self) -> Issuer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Be gone: the port is closed."""
        if self._thread.is_alive():
            self.server.shutdown()
            self._thread.join()
        self.server.server_close()

    def answer(self, path: str) -> bytes:
        if path == DISCOVERY:
            return json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys"}).encode()
        return json.dumps({"keys": self.keys()}).encode() if path == "/keys" else b""

    def keys(self) -> list[dict[str, Any]]:
        one = RSAAlgorithm.to_jwk(self.rsa_key.public_key(), as_dict=True)
        two = ECAlgorithm.to_jwk(self.ec_key.public_key(), as_dict=True)
        return [{**one, "kid": "one"}, {**two, "kid": "two"}]

    def claims(self, now_s: float, **more: Any) -> dict[str, Any]:
        return {
            "iss": self.url,
            "sub": "repo:octo/app",
            "aud": "app",
            "iat": int(now_s),
            "exp": int(now_s) + 300,
            **more,
        }

    def token(
        self, now_s: float, *, algorithm: str = "RS256", key: Any = None, **claims: Any
    ) -> str:
        mine, kid = (self.rsa_key, "one") if algorithm == "RS256" else (self.ec_key, "two")
        return jwt.encode(
            self.claims(now_s, **claims), key or mine, algorithm=algorithm, headers={"kid": kid}
        )
