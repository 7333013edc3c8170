"""The resolver: headers by the name of a backend, awaited and blocking."""

from __future__ import annotations

import asyncio
import gc
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import argus_auth
from argus_auth import Resolver

from .conftest import CANARY

if TYPE_CHECKING:
    from .endpoint import TokenEndpoint


@pytest.fixture
def resolver(config: str) -> Resolver:
    """A resolver for the fixture `config`."""
    return Resolver.from_str(config)


def test_headers_of_each_kind_of_backend_are_the_same_awaited_and_blocking(resolver: Resolver) -> None:
    assert resolver.backends == ("static", "oauth2", "closed", "none")
    assert resolver.warnings == ()

    async def all_headers() -> dict[str, dict[str, str]]:
        return {name: await resolver.headers(name) for name in resolver.backends}

    headers = asyncio.run(all_headers())
    assert headers == {
        "static": {"Authorization": f"Bearer {CANARY}", "X-Tenant": "a"},
        "oauth2": {"X-Source": "argus", "Authorization": "Bearer tok-1"},
        "closed": {"Authorization": "Bearer tok-1"},
        "none": {},
    }
    assert list(headers["oauth2"]) == ["X-Source", "Authorization"]
    assert {name: resolver.headers_sync(name) for name in resolver.backends} == headers


def test_headers_sync_returns_a_dict_that_the_caller_may_change(resolver: Resolver) -> None:
    for name in resolver.backends:
        first = resolver.headers_sync(name)
        expected = dict(first)
        first.clear()
        first["X"] = "mine"
        assert resolver.headers_sync(name) == expected


def test_from_file_accepts_str_and_path(tmp_path: Path, config: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(config)
    assert Resolver.from_file(path).backends == Resolver.from_file(str(path)).backends


def test_load_config_returns_the_dict_of_the_gateways_loader(
    tmp_path: Path, config: str, endpoint: TokenEndpoint, client: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(config)
    backends = argus_auth.load_config(path)
    assert list(backends) == ["static", "oauth2", "closed", "none"]
    assert backends["none"] == {"type": "sse", "url": "http://127.0.0.1:1/sse"}
    assert backends["oauth2"]["headers"] == {"X-Source": "argus", "authorization": "replaced"}
    assert backends["oauth2"]["auth"] == {
        "type": "oauth2",
        "token_url": endpoint.url,
        "client_id": client,
        "client_secret": CANARY,
        "scopes": [],
        "token_expiry_buffer_seconds": 300.0,
        "auth_retry_on_401": True,
    }


@pytest.mark.parametrize("loop_count", [1, 3])
def test_headers_for_many_callers_without_a_token_cause_one_request(
    resolver: Resolver, endpoint: TokenEndpoint, loop_count: int
) -> None:
    endpoint.hold()
    results: list[dict[str, str]] = []

    all_have_called = threading.Barrier(loop_count + 1)

    async def herd() -> None:
        callers = [asyncio.ensure_future(resolver.headers("oauth2")) for _ in range(1000)]
        await asyncio.sleep(0)
        all_have_called.wait(10)
        results.extend(await asyncio.gather(*callers))

    threads = [threading.Thread(target=asyncio.run, args=[herd()]) for _ in range(loop_count)]
    for thread in threads:
        thread.start()
    all_have_called.wait(10)
    endpoint.release()
    for thread in threads:
        thread.join()
    assert results == [{"X-Source": "argus", "Authorization": "Bearer tok-1"}] * 1000 * loop_count
    assert len({id(headers) for headers in results}) == len(results)
    assert len(endpoint.requests()) == 1


def test_token_request_has_form_user_agent_and_accept_header(
    resolver: Resolver, endpoint: TokenEndpoint, client: str
) -> None:
    resolver.headers_sync("oauth2")
    (request,) = endpoint.requests()
    assert request["method"] == "POST"
    assert request["body"] == f"grant_type=client_credentials&client_id={client}&client_secret={CANARY}"
    headers = {name.lower(): value for name, value in request["headers"]}
    assert headers["user-agent"] == f"argus-auth/{argus_auth.__version__}"
    assert headers["accept"] == "application/json"


def test_headers_with_a_cached_token_start_no_thread(resolver: Resolver) -> None:
    async def many() -> tuple[int, int]:
        await resolver.headers("oauth2")
        before = _threads()
        for _ in range(100_000):
            await resolver.headers("oauth2")
        return before, _threads()

    before, after = asyncio.run(many())
    assert before == after


def _threads() -> int:
    """Returns the number of all threads of the process, including threads that Python did not start."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("Threads:"))


def test_headers_is_a_coroutine_that_tasks_and_wait_for_accept(resolver: Resolver) -> None:
    async def main() -> dict[str, str]:
        coroutine = resolver.headers("none")
        assert asyncio.iscoroutine(coroutine)
        return await asyncio.wait_for(asyncio.create_task(coroutine), 5)

    assert asyncio.run(main()) == {}


def test_cancelled_caller_leaves_the_fetch_to_the_other_caller(resolver: Resolver, endpoint: TokenEndpoint) -> None:
    endpoint.hold()

    async def main() -> dict[str, str]:
        impatient = asyncio.create_task(resolver.headers("oauth2"))
        patient = asyncio.create_task(resolver.headers("oauth2"))
        await asyncio.to_thread(endpoint.wait_for_requests, 1)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        endpoint.release()
        return await patient

    assert asyncio.run(main())["Authorization"] == "Bearer tok-1"
    assert len(endpoint.requests()) == 1


def test_fetch_whose_callers_timed_out_serves_the_next_caller(resolver: Resolver, endpoint: TokenEndpoint) -> None:
    endpoint.hold()

    async def give_up() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(resolver.headers("oauth2"), 0.05)

    asyncio.run(give_up())  # Closes the loop during the fetch.
    endpoint.release()
    assert resolver.headers_sync("oauth2", timeout=5)["Authorization"] == "Bearer tok-1"
    assert len(endpoint.requests()) == 1


def test_callers_that_gave_up_leave_no_descriptor_open(resolver: Resolver, endpoint: TokenEndpoint) -> None:
    endpoint.hold()

    async def give_up() -> None:
        waiting = asyncio.ensure_future(resolver.headers("oauth2"))
        await asyncio.sleep(0)
        waiting.cancel()

    def open_descriptors() -> int:
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    asyncio.run(give_up())
    before = open_descriptors()
    for _ in range(50):
        asyncio.run(give_up())
        with pytest.raises(argus_auth.DeadlineError):
            resolver.headers_sync("oauth2", timeout=0)
    assert open_descriptors() <= before
    endpoint.release()


def test_loops_closed_with_callers_waiting_get_no_outcome(config: str, endpoint: TokenEndpoint) -> None:
    """Outcomes for closed loops are dropped without an error."""
    endpoint.hold()
    resolver = Resolver.from_str(config)

    async def leave() -> None:
        left = [asyncio.ensure_future(resolver.headers("oauth2")) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in left)

    for _ in range(100):
        asyncio.run(leave())
    endpoint.release()
    assert resolver.headers_sync("oauth2")["Authorization"] == "Bearer tok-1"
    assert len(endpoint.requests()) == 1


def test_loop_that_does_not_run_does_not_delay_other_loops(resolver: Resolver, endpoint: TokenEndpoint) -> None:
    endpoint.hold()
    idle = asyncio.new_event_loop()
    task = idle.create_task(resolver.headers("oauth2"))
    idle.run_until_complete(asyncio.sleep(0))
    # Now the task waits for its token, and its loop does not run.
    threads = [threading.Thread(target=lambda: asyncio.run(resolver.headers("oauth2"))) for _ in range(10)]
    for thread in threads:
        thread.start()
    endpoint.release()
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()
    assert idle.run_until_complete(task)["Authorization"] == "Bearer tok-1"
    idle.close()


def test_loop_without_add_reader_gets_headers_through_the_relay(resolver: Resolver, endpoint: TokenEndpoint) -> None:
    class Loop(asyncio.SelectorEventLoop):
        def add_reader(self, fd, callback, *args):
            if "argus_auth" in getattr(callback, "__module__", ""):
                raise NotImplementedError
            return super().add_reader(fd, callback, *args)

    async def herd() -> list[dict[str, str]]:
        return await asyncio.gather(*(resolver.headers("oauth2") for _ in range(100)))

    loop = Loop()
    assert {headers["Authorization"] for headers in loop.run_until_complete(herd())} == {"Bearer tok-1"}
    loop.close()
    assert len(endpoint.requests()) == 1


def test_headers_on_uvloop_cause_one_request(resolver: Resolver, endpoint: TokenEndpoint) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def herd() -> list[dict[str, str]]:
        return await asyncio.gather(*(resolver.headers("oauth2") for _ in range(100)))

    for _ in range(2):
        loop = uvloop.new_event_loop()
        assert {headers["Authorization"] for headers in loop.run_until_complete(herd())} == {"Bearer tok-1"}
        loop.close()
    assert len(endpoint.requests()) == 1


def test_invalidate_with_the_rejected_value_drops_that_token_only(resolver: Resolver, endpoint: TokenEndpoint) -> None:
    rejected = resolver.headers_sync("oauth2")["Authorization"]
    for _ in range(50):
        resolver.invalidate("oauth2", rejected)
        assert resolver.headers_sync("oauth2")["Authorization"] == "Bearer tok-2"
    assert len(endpoint.requests()) == 2
    resolver.invalidate("oauth2")
    assert resolver.headers_sync("oauth2")["Authorization"] == "Bearer tok-3"


def test_headers_sync_lets_other_threads_run(resolver: Resolver, endpoint: TokenEndpoint) -> None:
    endpoint.hold()
    result: list[dict[str, str]] = []
    thread = threading.Thread(target=lambda: result.append(resolver.headers_sync("oauth2")))
    thread.start()
    endpoint.wait_for_requests(1)  # This thread runs Python code while the other thread waits.
    assert thread.is_alive()
    endpoint.release()
    thread.join(timeout=5)
    assert result == [{"X-Source": "argus", "Authorization": "Bearer tok-1"}]


def test_headers_sync_after_its_timeout_raises_deadline_error(resolver: Resolver, endpoint: TokenEndpoint) -> None:
    endpoint.hold()
    for timeout in (0, -1.0, 0.05):
        with pytest.raises(argus_auth.DeadlineError) as caught:
            resolver.headers_sync("oauth2", timeout=timeout)
        assert (caught.value.code, caught.value.retryable) == ("deadline", True)
    endpoint.release()
    assert resolver.headers_sync("oauth2", timeout=None)["Authorization"] == "Bearer tok-1"
    with pytest.raises(ValueError, match="not a number"):
        resolver.invalidate("oauth2") or resolver.headers_sync("oauth2", timeout=float("nan"))


def test_headers_sync_in_many_threads_at_once_causes_one_request(resolver: Resolver, endpoint: TokenEndpoint) -> None:
    barrier = threading.Barrier(8)
    results: list[str] = []

    def first_use() -> None:
        barrier.wait()
        results.append(resolver.headers_sync("oauth2", timeout=10)["Authorization"])

    threads = [threading.Thread(target=first_use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["Bearer tok-1"] * 8
    assert len(endpoint.requests()) == 1
