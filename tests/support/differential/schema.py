"""The schema from which configurations are generated: the gateway's, and the keys that only this library knows."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, EllipticCurve, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

Value: TypeAlias = "str | Table | list[Field]"
Table: TypeAlias = "dict[str, Field]"


@dataclass(frozen=True)
class Field:
    """The values of a key, each as YAML text, a nested block, or a list with one such value per item.

    `good` are values that the gateway accepts, the plainest first. `bad` are edge cases and wrong values of this key,
    in addition to the scalars that are tried for every key. `ours` marks a key that only this library knows.
    """

    good: tuple[Value, ...]
    bad: tuple[str, ...] = ()
    required: bool = False
    ours: bool = False


def pem(curve: EllipticCurve) -> str:
    """Returns a private key, the same each time."""
    return derive_private_key(7, curve).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


PEM = pem(SECP256R1())
PEM_OF_UNSUPPORTED_CURVE = pem(SECP384R1())

WRONG_NUMBERS = (
    "null",
    "''",
    "a",
    "[1]",
    "{a: 1}",
    "-1",
    "-0.1",
    ".nan",
    "-.inf",
    "'nan'",
    "'0x1'",
    "'1__0'",
    "2020-01-01",
)
HUGE = ("1" + "0" * 400, "'1" + "0" * 400 + "'", "1" + "0" * 5000, "'1" + "0" * 5000 + "'", "1e400", ".inf", "'inf'")
NEAR_ZERO = ("-0.0", "'-0'", "-1.0e-320", "'-1e-400'", "5e-324", "0x0", "!!binary MA==", "'\u0660'")

# The value of keys that neither the gateway nor this library knows.
UNKNOWN = Field(("w", "null", "'${A}'", "5", "{}", "secret:none"))
WORD = Field(("w", "'${A}'", "secret:none", "''"))
OPTIONAL_WORD = Field(("w", "null", "'${A}'", "''"), ("!!binary aGk=",))
WORDS = Field(
    ("[a, b]", "[]", [WORD, WORD], "['', '']"), ("null", "a", "[a, 5]", "[null]", "{a: b}", "!!set {a}", "[[a]]")
)
REQUIRED = Field(("t", "http://as/t", "'${A}'", "'secret:k'", "' '"), ("''", "null", "'${EMPTY}'"), required=True)
SECONDS = Field(("30", "0", "1.5", "'${NUM}'", "true", "null", ".inf", "' 1_0 '"), (*WRONG_NUMBERS, *HUGE, *NEAR_ZERO))
BUFFER = Field(("5", "0.5", "'${NUM}'", "'1_0'", ".inf", "0"), SECONDS.bad)
SWITCH = Field(
    ("true", "no", "'off'", "'${BOOL}'", "1", "0"),
    ("null", "''", "2", "-0.0", "1.0", "0.5", "'T'", "' yes'", "'1.0'", "!!binary eWVz", "[true]", "0x1", ".nan"),
)

HEADER = Field(
    ("v", "'Bearer ${A}'", "'secret:k'", "'secret:none'", "'${B}'", "'${REF}'", "secret:api-key", '""', '"a\\tb"'),
    ("'é'", '"a\\r\\nb"', "' v'", "5", "null", "[v]", "'${NL}'", '"\\x7f"', "!!binary aGk="),
)
HEADERS = {"X-A": HEADER, "Authorization": HEADER, "Accept": HEADER}
HEADERS_IN_TWO_CASES = {"X-A": HEADER, "x-a": HEADER, "X-B": HEADER}

ON_AUTH_FAILURE_IN_AUTH = Field((), ("open",), ours=True)
STATIC = {
    "type": Field(("static", "'static'"), ("Static", "bearer", "null", "''"), required=True),
    "headers": Field((HEADERS, HEADERS, HEADERS_IN_TWO_CASES), ("{}", "null", "[X-A]", "!!set {X-A}"), required=True),
    "on_auth_failure": ON_AUTH_FAILURE_IN_AUTH,
}
KEYS_OF_BOTH_GRANTS = {
    "scopes": WORDS,
    "token_expiry_buffer_seconds": BUFFER,
    "auth_retry_on_401": SWITCH,
    "scope": UNKNOWN,
    "on_auth_failure": ON_AUTH_FAILURE_IN_AUTH,
}
OUR_TEXT = Field(("x", "'${A}'", "secret:k"), ("''", "null", "5", "[x]", "'${EMPTY}'", "!!binary aGk="), ours=True)
OAUTH2 = {
    "type": Field(("oauth2", "'oauth2'"), ("OAuth2", "oauth", "client_credentials", "null"), required=True),
    "token_url": REQUIRED,
    "client_id": REQUIRED,
    "client_secret": REQUIRED,
    **KEYS_OF_BOTH_GRANTS,
    "token_endpoint_auth_method": Field(
        ("client_secret_post", "client_secret_basic", "private_key_jwt"), ("none", "null", "''", "5"), ours=True
    ),
    "private_key": Field(
        (json.dumps(PEM), "'${PEM}'"),
        (json.dumps(PEM_OF_UNSUPPORTED_CURVE), json.dumps(PEM[:90]), "k", "null", "''"),
        ours=True,
    ),
    "private_key_id": OUR_TEXT,
    "assertion_audience": OUR_TEXT,
    "audience": OUR_TEXT,
    "resource": Field(
        ("https://api/v1", "[]", "[https://api/v1, 'urn:x:y']", "'${URL}'"),
        ("https://api/#f", "/v1", "''", "null", "5", "[https://api/v1, a]", "{a: https://api/v1}", "!!set {a}"),
        ours=True,
    ),
    "extra_params": Field(
        ({"realm": WORD, "tenant": WORD}, "{}"), ("{scope: x}", "{grant_type: x}", "null", "[a]", "{a: 5}"), ours=True
    ),
    "ca_bundle": OUR_TEXT,
    "client_certificate": OUR_TEXT,
    "client_certificate_key": OUR_TEXT,
}
PRIVATE_KEY_JWT = {
    **{key: OAUTH2[key] for key in ("type", "token_url", "client_id")},
    "client_secret": Field(("s", "'${A}'"), ("''", "null")),
    "token_endpoint_auth_method": Field(("private_key_jwt",), ("private-key-jwt", "client_secret_post"), required=True),
    "private_key": replace(OAUTH2["private_key"], required=True),
    "private_key_id": OUR_TEXT,
    "assertion_audience": OUR_TEXT,
}
PKCE = {
    "type": Field(("pkce", "'pkce'"), ("PKCE", "authorization_code", "null"), required=True),
    "authorization_endpoint": REQUIRED,
    "token_endpoint": REQUIRED,
    "client_id": REQUIRED,
    "client_secret": Field((*REQUIRED.good, "''", "'${EMPTY}'"), ("null", "5")),
    **KEYS_OF_BOTH_GRANTS,
}

TIMEOUTS = {
    **dict.fromkeys(("init", "cap_fetch", "sse_startup", "startup"), SECONDS),
    "retries": Field(
        ("0", "10", "'3'", "2.0", "'${NUM}'", "null", "true"),
        ("11", "1.5", "10.0", "'10.0'", "10.5", "' 1_0 '", "'+3'", "0xA", *WRONG_NUMBERS, *HUGE, *NEAR_ZERO),
    ),
    "retry_delay": Field(
        ("0", "120", "1.5", "'120'", "null"), ("121", "120.00000000000001", "120.00000000000002", *SECONDS.bad)
    ),
    "timeout": UNKNOWN,
}
FILTER = {"allow": WORDS, "deny": WORDS, "block": UNKNOWN}
FILTERS = dict.fromkeys(("tools", "resources", "prompts"), Field((FILTER, "{}"), ("null", "[]", "a")))
OVERRIDE = Field(({"name": OPTIONAL_WORD, "description": OPTIONAL_WORD, "title": UNKNOWN}, "{}"), ("null", "n", "[]"))
KEYS_OF_ALL_BACKENDS = {
    "group": WORD,
    "filters": Field((FILTERS, "{}"), ("null", "[]", "a")),
    "tool_overrides": Field(({"tool": OVERRIDE, "'${A}'": OVERRIDE}, "{}"), ("null", "[]", "{5: {}}", "{null: {}}")),
    "timeouts": Field((TIMEOUTS, "{}"), ("null", "[]", "30")),
    **dict.fromkeys(("created_by", "updated_by", "created_via", "updated_via", "import_batch_id"), OPTIONAL_WORD),
    "metadata_version": Field(
        ("1", "null", "'2'", "true", "9223372036854775808"),
        (
            "0",
            "0.9",
            "1.0",
            "1.5",
            "'1.0'",
            "false",
            "9007199254740994.0",
            "9223372036854774784.0",
            "9223372036854775808.0",
            *WRONG_NUMBERS,
            *HUGE,
            *NEAR_ZERO,
        ),
    ),
}
COMMAND = {
    "command": Field(("run", "' run '", "null", "'${A}'"), ("''", "' '", "'${EMPTY}'", "'${BLANK}'", "[run]")),
    "args": WORDS,
    "env": Field(({"K": WORD, "k": WORD}, "{}", "null"), ("[]", "a", "{K: 5}", "{5: v}", "{K: null}")),
}
KEYS_OF_REMOTE_BACKENDS = {
    "url": Field(
        ("http://h", "https://h/p", "'${URL}'", "' http://h '", "http://"),
        (
            "HTTP://h",
            "ws://h",
            "h",
            "''",
            "null",
            "'\u00a0http://h'",
            "'\ufeffhttp://h'",
            '"\\x1chttp://h"',
            "[http://h]",
        ),
        required=True,
    ),
    "headers": Field(
        (HEADERS, HEADERS_IN_TWO_CASES, "{}", "null"), ("[]", "v", "{5: v}", "{null: v}", "!!set {a}", "{'': v}")
    ),
    "auth": Field(
        (*[OAUTH2] * 6, *[STATIC] * 2, *[PKCE] * 2, PRIVATE_KEY_JWT, "null", "null"),
        ("{}", "[]", "static", "{type: stdio}"),
    ),
    **COMMAND,
    **KEYS_OF_ALL_BACKENDS,
    "on_auth_failure": Field(("open", "closed"), ("OPEN", "null", "yes", "5", "''"), ours=True),
    "token_url": UNKNOWN,
}
SSE = {
    "type": Field(("sse", "sse", "'sse'"), ("SSE", "server-sent-events", "' sse'", "null"), required=True),
    **KEYS_OF_REMOTE_BACKENDS,
}
STREAMABLE_HTTP = {
    "type": Field(("streamable-http", "'streamable-http'"), ("http", "streamable_http", "remote"), required=True),
    **KEYS_OF_REMOTE_BACKENDS,
}
STDIO = {
    "type": Field(("stdio",), required=True),
    **COMMAND,
    "command": Field(("run",), ("''", "null"), required=True),
    "container": Field(("{enabled: false}", "null"), ("{volumes: ['/etc:/etc']}",)),
    **KEYS_OF_ALL_BACKENDS,
    "auth": UNKNOWN,
}

NAMES = ("b", "my-server", "x.y", "'${A}'", "日本", "stdio")
BACKEND = Field((*[SSE] * 8, *[STREAMABLE_HTTP] * 8, STDIO), ("null", "[]", "sse", "{}"))
DOCUMENT = {
    "backends": Field(
        ({"a": replace(BACKEND, required=True)} | dict.fromkeys(NAMES, BACKEND),), ("{}", "null", "[]"), required=True
    ),
    "version": Field(("'1'", '"2"', "v1", "'${NUM}'"), ("1", "null")),
    "secrets": Field(
        (
            {
                "enabled": Field(("true", "true", "false", "'no'"), SWITCH.bad),
                "provider": Field(("env", "env", "'env'", "file"), ("ENV", "vault", "''", "null")),
                "path": Field(("none.enc", "''", "Makefile", "."), ("null",)),
                "strict": Field(("false", "false", "true", "'no'"), SWITCH.bad),
            },
            "{}",
        ),
        ("null", "[]", "a"),
    ),
    "server": Field(("{}", "{port: 9000}"), ("null", "{port: x}", "{port: '${NUM}'}")),
    "plugins": Field(("{enabled: false}", "{}"), ("5",)),
    # Version 0.8.6 of the gateway accepts at most 20 levels.
    "unknown": Field(("a", "secret:none", "[" * 20 + "]" * 20), ("[" * 21 + "]" * 21, "[" * 20 + "a" + "]" * 20)),
}

# The open key of a template.
PLACEHOLDER = "<>"


def templates(table: Table, *, keys: bool) -> list[dict[str, object]]:
    """Returns a template for each value of the table, or with `keys` for each key. Includes nested blocks.

    A template is a block in which this value or key is open: an open value is the `Field` of its key, an open key is
    `PLACEHOLDER`. All other keys of a template are required keys.
    """
    base = {key: plain(field) for key, field in table.items() if field.required}
    found: list[dict[str, object]] = []
    for key, field in table.items():
        if keys:
            found.append({name: item for name, item in base.items() if name != key} | {PLACEHOLDER: plain(field)})
        found += [base | {key: part} for part in template_parts(field, keys=keys)]
    return found


def template_parts(field: Field, *, keys: bool) -> list[object]:
    """Returns the templates of a field: the field as an open value, and the templates of its blocks and lists."""
    parts: list[object] = [] if keys else [field]
    for value in {id(value): value for value in field.good}.values():
        if isinstance(value, dict):
            parts += templates(value, keys=keys)
        elif isinstance(value, list):
            parts += [[part] for part in template_parts(value[0], keys=keys)]
    return parts


def plain(field: Field) -> object:
    """Returns the first value of the field.

    A block is reduced to its required keys, or to its first key if no key is required.
    """
    value = (*field.good, *field.bad)[0]
    if not isinstance(value, dict):
        return value
    required = [key for key, item in value.items() if item.required] or list(value)[:1]
    return {key: plain(value[key]) for key in required}


ONE_BACKEND = DOCUMENT | {"backends": Field(({"a": Field((SSE, STREAMABLE_HTTP))},))}
TEMPLATES_OF_VALUES = templates(ONE_BACKEND, keys=False)
TEMPLATES_OF_KEYS = templates(ONE_BACKEND, keys=True)
