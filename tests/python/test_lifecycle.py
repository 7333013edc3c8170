"""Import, shutdown, exit and signals, each in a new interpreter in which warnings are errors."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from .conftest import run_python, start_python, wait_for_success
from .endpoint import ROOT

if TYPE_CHECKING:
    from .endpoint import TokenEndpoint


def test_import_and_construction_start_no_thread_and_open_no_descriptor(endpoint: TokenEndpoint, client: str) -> None:
    run_python(
        """
        import os, sys, threading
        events = []
        sys.addaudithook(lambda name, arguments: events.append(name))
        before = set(os.listdir("/proc/self/fd"))
        import argus_auth
        provider = argus_auth.OAuth2Provider(sys.argv[1], sys.argv[2], "s")
        argus_auth.create_auth_provider({"type": "static", "headers": {"a": "b"}})
        resolver = argus_auth.Resolver.from_str(
            "backends: {a: {type: sse, url: 'http://h/', auth: {type: oauth2, token_url: 'https://h/', "
            "client_id: i, client_secret: s}}}"
        )
        argus_auth.install()
        assert set(os.listdir("/proc/self/fd")) == before
        assert len(os.listdir("/proc/self/task")) == 1
        assert not any(name.startswith(("socket.", "subprocess.", "_thread.start", "os.fork")) for name in events)
        # If there were other threads, Python 3.12 and later would warn of this fork, and a warning is an error here.
        if (pid := os.fork()) == 0:
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        """,
        endpoint.url,
        client,
    )
    assert endpoint.requests() == []


@pytest.mark.parametrize("leave", ["", "sys.exit(0)", "threading.Thread(target=lambda: fetch(p), daemon=True).start()"])
def test_exit_during_a_fetch_is_prompt_and_silent(endpoint: TokenEndpoint, client: str, leave: str) -> None:
    endpoint.hold()
    started = time.monotonic()
    run_python(
        f"""
        from python.child import *
        p, r = provider(), resolver()

        async def main():
            (await start_waiting(p.get_headers())).cancel()

        asyncio.run(main())
        threading.Thread(target=lambda: r.headers_sync("a"), daemon=True).start()
        {leave}
        """,
        endpoint.url,
        client,
    )
    assert time.monotonic() - started < 5


def test_exit_with_waiting_daemon_threads_is_silent(endpoint: TokenEndpoint, client: str) -> None:
    """The engine's shutdown wakes the threads at exit. They must not attach to the interpreter from Rust."""
    endpoint.hold()
    for number in range(20):
        run_python(
            """
            from python.child import *
            r = resolver()
            for _ in range(5):
                threading.Thread(target=lambda: r.headers_sync("a"), daemon=True).start()
            endpoint.wait_for_requests(int(sys.argv[3]))
            """,
            endpoint.url,
            f"{client}-{number}",
            str(number + 1),
        )


@pytest.mark.parametrize(
    "work",
    [
        # Callers on a loop. The shutdown of the engine ends their fetch.
        "asyncio.run(waits())",
        # Construction of exceptions with fields, and of statuses.
        "rejected('backends: {b: {type: sse, url: 5, auth: {}}}')",
        "rejected('[')",
        "r.status('a')",
    ],
)
def test_exit_with_daemon_threads_in_native_calls_is_silent(endpoint: TokenEndpoint, client: str, work: str) -> None:
    """At exit, the interpreter ends each daemon thread that runs Python code. No Rust frame may be on its stack."""
    endpoint.hold()
    for _ in range(3):
        run_python(
            f"""
            from python.child import *
            p, r = provider(), resolver()

            async def waits():
                await asyncio.gather(*(p.get_headers() for _ in range(1000)))

            def rejected(text):
                try:
                    argus_auth.Resolver.from_str(text)
                except argus_auth.ConfigError as error:
                    assert error.problems

            def work():
                while True:
                    {work}

            for _ in range(3):
                threading.Thread(target=work, daemon=True).start()
            threading.Event().wait(0.05)  # lets the threads start their work
            """,
            endpoint.url,
            client,
        )


def test_exit_with_a_relay_thread_is_silent(endpoint: TokenEndpoint, client: str) -> None:
    endpoint.hold()
    run_python(
        """
        from python.child import *
        class Loop(asyncio.SelectorEventLoop):
            def add_reader(self, fd, callback, *args):
                if "argus_auth" in getattr(callback, "__module__", ""):
                    raise NotImplementedError
                return super().add_reader(fd, callback, *args)

        loop = Loop()
        waiting = loop.run_until_complete(start_waiting(provider().get_headers()))
        waiting.cancel()
        loop.run_until_complete(asyncio.wait([waiting]))
        loop.close()
        """,
        endpoint.url,
        client,
    )


def test_headers_sync_is_interrupted_by_ctrl_c(endpoint: TokenEndpoint, client: str) -> None:
    endpoint.hold()
    process = start_python(
        """
        from python.child import *
        # A shell makes its background jobs ignore the signal, and child processes inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            resolver().headers_sync("a")
        except KeyboardInterrupt:
            print("interrupted")
        """,
        endpoint.url,
        client,
    )
    endpoint.wait_for_requests(1)
    process.send_signal(signal.SIGINT)
    assert wait_for_success(process) == "interrupted\n"


def test_shutdown_ends_all_threads_and_the_next_fetch_starts_the_engine(endpoint: TokenEndpoint, client: str) -> None:
    run_python(
        """
        from python.child import *
        import time
        from argus_auth import _native
        p = provider()
        for number in range(1, 6):
            assert fetch(p) == f"Bearer tok-{number}"
            assert _native.shutdown(5.0)
            for _ in range(100):  # helper threads of the engine may end a little later
                if len(os.listdir("/proc/self/task")) == 1:
                    break
                time.sleep(0.05)
            assert len(os.listdir("/proc/self/task")) == 1
            p.invalidate()
        """,
        endpoint.url,
        client,
    )


def test_shutdown_during_a_fetch_raises_auth_error_in_its_callers(endpoint: TokenEndpoint, client: str) -> None:
    endpoint.hold()
    run_python(
        """
        from python.child import *
        import logging
        from argus_auth import _native
        logging.getLogger("argus_mcp").addHandler(logging.NullHandler())

        async def main():
            waiting = await start_waiting(provider().get_headers())
            _native.shutdown(5.0)
            try:
                await waiting
            except argus_auth.AuthError as error:
                assert (error.code, error.retryable) == ("shutdown", True)
            else:
                raise AssertionError

        asyncio.run(main())
        """,
        endpoint.url,
        client,
    )


def test_example_host_prints_headers_and_error_codes(endpoint: TokenEndpoint, config: str, tmp_path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(config)
    output = subprocess.check_output([sys.executable, ROOT / "examples/python/host.py", path], text=True)
    assert output.splitlines() == [
        "static\tAuthorization: <redacted> (20 bytes)",
        "static\tX-Tenant: <redacted> (1 bytes)",
        "oauth2\tX-Source: <redacted> (5 bytes)",
        "oauth2\tAuthorization: <redacted> (12 bytes)",
        "closed\tAuthorization: <redacted> (12 bytes)",
        "none\t(no headers)",
    ]
    endpoint.default({"status": 400, "body": {"error": "invalid_client"}})
    path.write_text(config.replace("client_id: client", "client_id: other"))
    arguments = [sys.executable, ROOT / "examples/python/host.py", path, "--show-secrets"]
    output = subprocess.run(arguments, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    assert output.splitlines() == [
        "static\tAuthorization: Bearer canary-7f3a91",
        "static\tX-Tenant: a",
        "oauth2\tX-Source: argus",
        "oauth2\tauthorization: replaced",
        "closed\terror: token_rejected",
        "none\t(no headers)",
    ]
