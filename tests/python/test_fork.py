"""Fork before, after and in the middle of a fetch, each in an interpreter of its own where warnings are errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import succeed

if TYPE_CHECKING:
    from .endpoint import TokenEndpoint


@pytest.fixture
def held(endpoint: TokenEndpoint) -> TokenEndpoint:
    """The first request waits for release(); the others are answered."""
    endpoint.script({"body": {"access_token": "parent", "expires_in": 3600}, "hold": True})
    return endpoint


def test_before_the_first_use(endpoint: TokenEndpoint, client: str) -> None:
    succeed(
        """
        from python.child import *
        p = provider()
        assert in_child(lambda: fetch(p)) == 0
        assert fetch(p).startswith("Bearer tok-")
        """,
        endpoint.url,
        client,
    )
    assert len(endpoint.requests()) == 2


def test_after_use(endpoint: TokenEndpoint, client: str) -> None:
    succeed(
        """
        from python.child import *
        p = provider()
        first = fetch(p)

        def child():
            assert fetch(p) == first  # a hit, without an engine
            p.invalidate()
            assert fetch(p) != first  # an engine of its own
            assert in_child(lambda: fetch(p)) == 0  # and of its child's own

        assert in_child(child) == 0
        assert fetch(p) == first
        """,
        endpoint.url,
        client,
    )


def test_with_a_fetch_under_way(held: TokenEndpoint, client: str) -> None:
    succeed(
        """
        from python.child import *
        p = provider()

        async def main():
            waiting = await under_way(p.get_headers())
            assert in_child(lambda: fetch(p) == "Bearer tok-1" or sys.exit(1)) == 0
            assert not waiting.done()
            endpoint.release()
            return await waiting

        assert asyncio.run(main()) == {"Authorization": "Bearer parent"}
        """,
        held.url,
        client,
    )


def test_from_another_thread(held: TokenEndpoint, client: str) -> None:
    succeed(
        """
        from python.child import *
        p = provider()
        tokens, statuses = [], []
        waiting = threading.Thread(target=lambda: tokens.append(fetch(p)))
        waiting.start()
        endpoint.wait_for_requests(1)
        forking = threading.Thread(target=lambda: statuses.append(in_child(lambda: fetch(p))))
        forking.start()
        forking.join()
        endpoint.release()
        waiting.join()
        assert (tokens, statuses) == (["Bearer parent"], [0])
        """,
        held.url,
        client,
    )


def test_callers_that_waited_are_told_in_the_child(held: TokenEndpoint, client: str) -> None:
    succeed(
        """
        from python.child import *
        p = provider()
        loop = asyncio.SelectorEventLoop()
        waiting = loop.run_until_complete(under_way(p.get_headers()))

        def child():  # goes on with the loop that it inherits
            try:
                loop.run_until_complete(waiting)
            except argus_auth.AuthError as error:
                assert (error.code, error.retryable) == ("forked", True)
            else:
                raise AssertionError("an answer that can't be")
            assert fetch(p) == "Bearer tok-1"

        assert in_child(child) == 0
        endpoint.release()
        assert loop.run_until_complete(waiting) == {"Authorization": "Bearer parent"}
        loop.close()
        """,
        held.url,
        client,
    )


def test_a_signal_handler_that_forks(held: TokenEndpoint, client: str) -> None:
    succeed(
        """
        from python.child import *
        r = resolver()
        parent, children = os.getpid(), []

        def fork(*_):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                children.append(os.fork())
            if os.getpid() == parent:
                endpoint.release()

        def interrupt():
            endpoint.wait_for_requests(1)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)

        signal.signal(signal.SIGUSR1, fork)
        threading.Thread(target=interrupt).start()
        try:
            headers = r.headers_sync("a")
        except argus_auth.AuthError as error:
            os._exit(0 if os.getpid() != parent and error.code == "forked" else 1)
        assert os.getpid() == parent and headers == {"Authorization": "Bearer parent"}
        assert os.waitpid(children[0], 0)[1] == 0
        """,
        held.url,
        client,
    )


def test_multiprocessing(endpoint: TokenEndpoint, client: str) -> None:
    succeed(
        """
        from python.child import *
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
        """,
        endpoint.url,
        client,
    )
