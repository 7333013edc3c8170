"""Tests against a real authorization server: oidc-provider, as configured in tests/authorization-server.

The server follows RFC 6749 and RFC 7523 more strictly than many servers do: Basic credentials must be form-encoded, and
an assertion must name this server as its audience and is accepted only once.
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
# Every printable character of ASCII. Form-encoding changes most of the punctuation.
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
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
    """Returns the public key in the form of the server's list of clients (RFC 7517)."""
    numbers = KEYS[algorithm].public_key().public_numbers()
    if isinstance(numbers, rsa.RSAPublicNumbers):
        return {"kty": "RSA", "kid": algorithm, "n": _number(numbers.n), "e": _number(numbers.e)}
    return {"kty": "EC", "kid": algorithm, "crv": "P-256", "x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}


def _private(algorithm: str) -> str:
    """Returns the private key as PEM text."""
    return KEYS[algorithm].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


CLIENTS = [
    {"client_id": f"post {PRINTABLE}", "client_secret": PRINTABLE, "token_endpoint_auth_method": "client_secret_post"},
    {
        "client_id": f"basic {PRINTABLE}",
        "client_secret": PRINTABLE,
        "token_endpoint_auth_method": "client_secret_basic",
    },
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
    """The running server, with the token requests that it has answered."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self._line("http")

    def _line(self, start: str) -> str:
        """Returns the next line of output that begins with `start`. Skips other lines, such as warnings."""
        assert self._process.stdout
        return next(line.strip() for line in self._process.stdout if line.startswith(start))

    def answered(self) -> Any:
        """Returns the next token request that was answered: its `form`, and the `error` if there was one."""
        return json.loads(self._line("{"))

    def post(self, path: str, form: dict[str, str]) -> Any:
        """Sends a request that does not go through argus_auth. Returns the server's response."""
        data = urllib.parse.urlencode(form).encode()
        try:
            with urllib.request.urlopen(f"{self.url}{path}", data, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as rejected:
            with rejected:
                return json.load(rejected)

    def introspect(self, headers: dict[str, str]) -> Any:
        """Returns the server's description of the token in `headers` (RFC 7662)."""
        scheme, token = headers["Authorization"].split(" ")
        assert scheme == "Bearer"
        post = {"client_id": f"post {PRINTABLE}", "client_secret": PRINTABLE}
        return self.post("/token/introspection", {**post, "token": token})

    def resolver(self, client_id: str, **auth: Any) -> Resolver:
        """Returns a resolver for one backend, `b`, whose token this server issues."""
        oauth2 = {"type": "oauth2", "token_url": f"{self.url}/token", "client_id": client_id, **auth}
        backend = {"type": "sse", "url": "http://127.0.0.1:9/sse", "on_auth_failure": "closed", "auth": oauth2}
        return Resolver.from_str(json.dumps({"backends": {"b": backend}}))  # JSON is a subset of YAML


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The authorization server, with the clients of CLIENTS, in a process of its own."""
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
def test_client_secret_in_form_or_basic_header_is_accepted(server: Server, method: str) -> None:
    client_id = f"{method} {PRINTABLE}"
    resolver = server.resolver(
        client_id,
        client_secret=PRINTABLE,
        token_endpoint_auth_method=f"client_secret_{method}",
        scopes=["mcp:read", "mcp:write"],
    )
    headers = resolver.headers_sync("b")
    form = server.answered()["form"]
    assert ("client_secret" in form) == (method == "post")
    token = server.introspect(headers)
    assert token["active"]
    assert token["client_id"] == client_id
    assert token["scope"] == "mcp:read mcp:write"
    assert token["exp"] > time.time()


def test_resource_parameter_becomes_the_audience_of_the_token(server: Server) -> None:
    resolver = server.resolver(
        f"post {PRINTABLE}", client_secret=PRINTABLE, scopes=["mcp:read"], resource="https://mcp.example.test/"
    )
    token = server.introspect(resolver.headers_sync("b"))
    server.answered()
    assert (token["aud"], token["scope"]) == ("https://mcp.example.test/", "mcp:read")


@pytest.mark.parametrize("algorithm", KEYS)
def test_private_key_jwt_is_accepted_and_each_assertion_is_new(server: Server, algorithm: str) -> None:
    client_id = f"client-{algorithm}"
    resolver = server.resolver(
        client_id,
        token_endpoint_auth_method="private_key_jwt",
        private_key=_private(algorithm),
        private_key_id=algorithm,
    )
    identifiers = set()
    for _ in range(2):
        token = server.introspect(resolver.headers_sync("b"))
        assert token["active"]
        assert token["client_id"] == client_id
        form = server.answered()["form"]
        header, claims, _ = form["client_assertion"].split(".")
        assert json.loads(base64.urlsafe_b64decode(header + "==")) == {
            "alg": algorithm,
            "typ": "JWT",
            "kid": algorithm,
        }
        identifiers.add(json.loads(base64.urlsafe_b64decode(claims + "=="))["jti"])
        # Shows that the server detects a repeated assertion: it rejects the same assertion when it is sent again.
        assert server.post("/token", form)["error"] == "invalid_client"
        assert server.answered()["error"] == "invalid_client"
        resolver.invalidate("b")
    assert len(identifiers) == 2


def test_assertion_audience_of_this_server_is_accepted_and_of_another_is_rejected(server: Server) -> None:
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
        (f"post {PRINTABLE}", {"client_secret": f"{PRINTABLE}."}),
        (f"basic {PRINTABLE}", {"client_secret": f"{PRINTABLE}.", "token_endpoint_auth_method": "client_secret_basic"}),
        ("client-ES256", {"client_secret": "s"}),
        ("client-RS256", {"token_endpoint_auth_method": "private_key_jwt", "private_key": _private("ES256")}),
        ("no-such-client", {"client_secret": "s"}),
    ],
    ids=["wrong secret, post", "wrong secret, basic", "wrong method", "wrong key", "unknown client"],
)
def test_wrong_credentials_raise_token_error_with_invalid_client(
    server: Server, client_id: str, auth: dict[str, str]
) -> None:
    with pytest.raises(TokenError) as caught:
        server.resolver(client_id, **auth).headers_sync("b")
    assert caught.value.code == "token_rejected"
    assert caught.value.oauth_error == server.answered()["error"] == "invalid_client"
    assert not caught.value.retryable
