"""Fork before, after and in the middle of a fetch, each in an interpreter of its own where warnings are errors."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from .conftest import CHILD, TokenEndpoint, succeed


def test_fork_before_the_first_use(endpoint: TokenEndpoint, client: str) -> None:
    succeed(
        CHILD
        + textwrap.dedent("""
        p = provider()
        assert in_child(lambda: fetch(p)) == 0
        assert fetch(p).startswith("Bearer tok-")
        """),
        endpoint.url,
        client,
    )
    assert len(endpoint.requests()) == 2


def test_fork_after_use(endpoint: TokenEndpoint, client: str) -> None:
    succeed(
        CHILD
        + textwrap.dedent("""
        p = provider()
        first = fetch(p)

        def child():
            assert fetch(p) == first  # a hit, without an engine
            p.invalidate()
            assert fetch(p) != first  # an engine of its own
            assert in_child(lambda: fetch(p)) == 0  # and of its child's own

        assert in_child(child) == 0
        assert fetch(p) == first
        """),
        endpoint.url,
        client,
    )


def test_fork_with_a_fetch_under_way(endpoint: TokenEndpoint, client: str) -> None:
    endpoint.script({"body": {"access_token": "parent", "expires_in": 3600}, "delay_ms": 1000})
    succeed(
        CHILD
        + textwrap.dedent("""
        p = provider()

        async def main():
            waiting = asyncio.ensure_future(p.get_headers())
            await asyncio.sleep(0.2)
            assert in_child(lambda: fetch(p) == "Bearer tok-1" or sys.exit(1)) == 0
            assert not waiting.done()
            return await waiting

        assert asyncio.run(main()) == {"Authorization": "Bearer parent"}
        """),
        endpoint.url,
        client,
    )


def test_fork_from_another_thread(endpoint: TokenEndpoint, client: str) -> None:
    endpoint.hold()
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            CHILD
            + textwrap.dedent("""
            p = provider()
            waiting = threading.Thread(target=lambda: fetch(p))
            waiting.start()
            time.sleep(0.3)
            statuses = []
            forking = threading.Thread(target=lambda: statuses.append(in_child(lambda: fetch(p))))
            forking.start()
            forking.join()
            waiting.join()
            assert statuses == [0]
            """),
            endpoint.url,
            client,
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    endpoint.wait_for_requests(2)
    endpoint.release()
    assert (process.communicate(timeout=20)[1], process.returncode) == ("", 0)


def test_callers_that_waited_are_told_in_the_child(endpoint: TokenEndpoint, client: str) -> None:
    endpoint.script({"body": {"access_token": "parent", "expires_in": 3600}, "delay_ms": 1000})
    succeed(
        CHILD
        + textwrap.dedent("""
        p = provider()
        loop = asyncio.SelectorEventLoop()
        waiting = loop.create_task(p.get_headers())
        loop.run_until_complete(asyncio.sleep(0.2))

        def child():  # goes on with the loop that it inherits
            try:
                loop.run_until_complete(waiting)
            except argus_auth.AuthError as error:
                assert (error.code, error.retryable) == ("forked", True)
            else:
                raise AssertionError("an answer that can't be")
            assert fetch(p) == "Bearer tok-1"

        assert in_child(child) == 0
        assert loop.run_until_complete(waiting) == {"Authorization": "Bearer parent"}
        loop.close()
        """),
        endpoint.url,
        client,
    )


def test_a_signal_handler_that_forks(endpoint: TokenEndpoint, client: str) -> None:
    endpoint.script({"body": {"access_token": "parent", "expires_in": 3600}, "delay_ms": 1000})
    succeed(
        CHILD
        + textwrap.dedent("""
        resolver = argus_auth.Resolver.from_str(
            f"backends: {{a: {{type: sse, url: 'http://h', auth: {{type: oauth2, token_url: '{sys.argv[1]}', "
            f"client_id: {sys.argv[2]}, client_secret: s}}}}}}"
        )
        parent, children = os.getpid(), []

        def fork(*_):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                children.append(os.fork())

        signal.signal(signal.SIGUSR1, fork)
        threading.Timer(0.2, os.kill, [parent, signal.SIGUSR1]).start()
        try:
            headers = resolver.headers_sync("a")
        except argus_auth.AuthError as error:
            os._exit(0 if os.getpid() != parent and error.code == "forked" else 1)
        assert os.getpid() == parent and headers == {"Authorization": "Bearer parent"}
        assert os.waitpid(children[0], 0)[1] == 0
        """),
        endpoint.url,
        client,
    )


def test_multiprocessing(endpoint: TokenEndpoint, client: str) -> None:
    succeed(
        CHILD
        + textwrap.dedent("""
        import multiprocessing
        p = provider()
        first = fetch(p)

        def work(number):
            cached = fetch(p)
            p.invalidate()
            return cached, fetch(p)

        warnings.simplefilter("ignore", DeprecationWarning)
        with multiprocessing.get_context("fork").Pool(3) as pool:
            results = pool.map(work, range(3), chunksize=1)
        assert all(fresh != first for _, fresh in results)
        """),
        endpoint.url,
        client,
    )
