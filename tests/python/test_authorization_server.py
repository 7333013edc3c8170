"""A real authorization server: oidc-provider, as configured in tests/authorization-server.

It is strict where RFC 6749 and RFC 7523 leave a choice: Basic credentials must be form-encoded, an assertion is for
this server and good for one request.
"""

from __future__ import annotations

import base64
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from argus_auth import Resolver, TokenError

from .endpoint import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = ROOT / "build" / "authorization-server"
# Every printable character of ASCII, most of which form-encoding changes.
ODD = "".join(map(chr, range(0x20, 0x7F)))
KEYS: dict[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
}

pytestmark = pytest.mark.skipif(not SERVER.is_dir(), reason="needs `make build/authorization-server.stamp`")


def _number(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def _coordinate(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes(32, "big")).rstrip(b"=").decode()


def _public(algorithm: str) -> dict[str, Any]:
    """The public key as the server's list of clients has it (RFC 7517)."""
    numbers = KEYS[algorithm].public_key().public_numbers()
    if isinstance(numbers, rsa.RSAPublicNumbers):
        return {"kty": "RSA", "kid": algorithm, "n": _number(numbers.n), "e": _number(numbers.e)}
    return {"kty": "EC", "kid": algorithm, "crv": "P-256", "x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}


def _private(algorithm: str) -> str:
    return KEYS[algorithm].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


CLIENTS = [
    {"client_id": f"post {ODD}", "client_secret": ODD, "token_endpoint_auth_method": "client_secret_post"},
    {"client_id": f"basic {ODD}", "client_secret": ODD, "token_endpoint_auth_method": "client_secret_basic"},
    *(
        {
            "client_id": f"client-{algorithm}",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": algorithm,
            "jwks": {"keys": [_public(algorithm)]},
        }
        for algorithm in KEYS
    ),
]


class Server:
    """The running server, and its log of answered token requests."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self._line("http")

    def _line(self, start: str) -> str:
        """The next line that is ours: the server has warnings for those who run it in earnest."""
        assert self._process.stdout
        return next(line.strip() for line in self._process.stdout if line.startswith(start))

    def answered(self) -> Any:
        """The next token request that was answered: its `form`, and the `error` if there was one."""
        return json.loads(self._line("{"))

    def post(self, path: str, form: dict[str, str]) -> Any:
        """What the server answers to someone else than us."""
        data = urllib.parse.urlencode(form).encode()
        try:
            with urllib.request.urlopen(f"{self.url}{path}", data, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return json.load(refused)

    def introspect(self, headers: dict[str, str]) -> Any:
        """What the server says of a token (RFC 7662)."""
        scheme, token = headers["Authorization"].split(" ")
        assert scheme == "Bearer"
        post = {"client_id": f"post {ODD}", "client_secret": ODD}
        return self.post("/token/introspection", {**post, "token": token})

    def resolver(self, client_id: str, **auth: Any) -> Resolver:
        """A resolver for one backend, `b`, whose token this server issues. JSON is YAML."""
        oauth2 = {"type": "oauth2", "token_url": f"{self.url}/token", "client_id": client_id, **auth}
        backend = {"type": "sse", "url": "http://127.0.0.1:9/sse", "on_auth_failure": "closed", "auth": oauth2}
        return Resolver.from_str(json.dumps({"backends": {"b": backend}}))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    process = subprocess.Popen(
        [SERVER / "bin" / "node", "--no-warnings", SERVER / "server.js", json.dumps(CLIENTS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Server(process)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("method", ["post", "basic"])
def test_client_secret(server: Server, method: str) -> None:
    client_id = f"{method} {ODD}"
    resolver = server.resolver(
        client_id,
        client_secret=ODD,
        token_endpoint_auth_method=f"client_secret_{method}",
        scopes=["mcp:read", "mcp:write"],
    )
    headers = resolver.headers_sync("b")
    form = server.answered()["form"]
    assert ("client_secret" in form) == (method == "post")
    said = server.introspect(headers)
    assert said["active"]
    assert said["client_id"] == client_id
    assert said["scope"] == "mcp:read mcp:write"
    assert said["exp"] > time.time()


def test_resource(server: Server) -> None:
    resolver = server.resolver(
        f"post {ODD}", client_secret=ODD, scopes=["mcp:read"], resource="https://mcp.example.test/"
    )
    said = server.introspect(resolver.headers_sync("b"))
    server.answered()
    assert (said["aud"], said["scope"]) == ("https://mcp.example.test/", "mcp:read")


@pytest.mark.parametrize("algorithm", KEYS)
def test_private_key_jwt(server: Server, algorithm: str) -> None:
    client_id = f"client-{algorithm}"
    resolver = server.resolver(
        client_id,
        token_endpoint_auth_method="private_key_jwt",
        private_key=_private(algorithm),
        private_key_id=algorithm,
    )
    identifiers = set()
    for _ in range(2):
        said = server.introspect(resolver.headers_sync("b"))
        assert said["active"]
        assert said["client_id"] == client_id
        form = server.answered()["form"]
        header, claims, _ = form["client_assertion"].split(".")
        assert json.loads(base64.urlsafe_b64decode(header + "==")) == {
            "alg": algorithm,
            "typ": "JWT",
            "kid": algorithm,
        }
        identifiers.add(json.loads(base64.urlsafe_b64decode(claims + "=="))["jti"])
        # The server is one that would notice: sent again by anyone, the same assertion is refused.
        assert server.post("/token", form)["error"] == "invalid_client"
        assert server.answered()["error"] == "invalid_client"
        resolver.invalidate("b")
    assert len(identifiers) == 2


def test_assertion_audience(server: Server) -> None:
    auth = {"token_endpoint_auth_method": "private_key_jwt", "private_key": _private("ES256")}
    resolver = server.resolver("client-ES256", assertion_audience=server.url, **auth)
    assert server.introspect(resolver.headers_sync("b"))["active"]
    assert "error" not in server.answered()
    resolver = server.resolver("client-ES256", assertion_audience="https://another.test/", **auth)
    with pytest.raises(TokenError) as caught:
        resolver.headers_sync("b")
    assert caught.value.oauth_error == server.answered()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("client_id", "auth"),
    [
        (f"post {ODD}", {"client_secret": f"{ODD}."}),
        (f"basic {ODD}", {"client_secret": f"{ODD}.", "token_endpoint_auth_method": "client_secret_basic"}),
        ("client-ES256", {"client_secret": "s"}),
        ("client-RS256", {"token_endpoint_auth_method": "private_key_jwt", "private_key": _private("ES256")}),
        ("nobody", {"client_secret": "s"}),
    ],
    ids=["wrong secret, post", "wrong secret, basic", "wrong method", "wrong key", "unknown client"],
)
def test_invalid_client(server: Server, client_id: str, auth: dict[str, str]) -> None:
    with pytest.raises(TokenError) as caught:
        server.resolver(client_id, **auth).headers_sync("b")
    assert caught.value.code == "token_rejected"
    assert caught.value.oauth_error == server.answered()["error"] == "invalid_client"
    assert not caught.value.retryable
