"""Fork before, during and after a fetch, each in a new interpreter in which warnings are errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import run_python

if TYPE_CHECKING:
    from .endpoint import TokenEndpoint


@pytest.fixture
def held(endpoint: TokenEndpoint) -> TokenEndpoint:
    """A token endpoint that holds its reply to the first request until `release`. It answers other requests at once."""
    endpoint.script({"body": {"access_token": "parent", "expires_in": 3600}, "hold": True})
    return endpoint


def test_fork_before_the_first_fetch_lets_both_processes_fetch(endpoint: TokenEndpoint, client: str) -> None:
    run_python(
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


def test_fork_after_a_fetch_lets_the_child_use_the_token_and_fetch_another(
    endpoint: TokenEndpoint, client: str
) -> None:
    run_python(
        """
        from python.child import *
        p = provider()
        first = fetch(p)

        def child():
            assert fetch(p) == first  # a hit, which needs no engine
            p.invalidate()
            assert fetch(p) != first  # starts the child's own engine
            assert in_child(lambda: fetch(p)) == 0  # starts the engine of the child's child

        assert in_child(child) == 0
        assert fetch(p) == first
        """,
        endpoint.url,
        client,
    )


def test_fork_during_a_fetch_lets_the_child_fetch_and_the_parent_finish(held: TokenEndpoint, client: str) -> None:
    run_python(
        """
        from python.child import *
        p = provider()

        async def main():
            waiting = await start_waiting(p.get_headers())
            assert in_child(lambda: fetch(p) == "Bearer tok-1" or sys.exit(1)) == 0
            assert not waiting.done()
            endpoint.release()
            return await waiting

        assert asyncio.run(main()) == {"Authorization": "Bearer parent"}
        """,
        held.url,
        client,
    )


def test_fork_in_another_thread_during_a_fetch_lets_both_processes_fetch(held: TokenEndpoint, client: str) -> None:
    run_python(
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


def test_fork_with_a_caller_waiting_on_a_loop_fails_the_caller_in_the_child(held: TokenEndpoint, client: str) -> None:
    run_python(
        """
        from python.child import *
        p = provider()
        loop = asyncio.SelectorEventLoop()
        waiting = loop.run_until_complete(start_waiting(p.get_headers()))

        def child():  # continues to use the inherited loop
            try:
                loop.run_until_complete(waiting)
            except argus_auth.AuthError as error:
                assert (error.code, error.retryable) == ("forked", True)
            else:
                raise AssertionError("the child got the outcome of its parent's fetch")
            assert fetch(p) == "Bearer tok-1"

        assert in_child(child) == 0
        endpoint.release()
        assert loop.run_until_complete(waiting) == {"Authorization": "Bearer parent"}
        loop.close()
        """,
        held.url,
        client,
    )


def test_fork_in_a_signal_handler_fails_the_blocked_caller_in_the_child(held: TokenEndpoint, client: str) -> None:
    run_python(
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


def test_multiprocessing_workers_use_the_token_and_fetch_others(endpoint: TokenEndpoint, client: str) -> None:
    run_python(
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
