"""What servers refuse to those who ask too often, in words that help."""

from __future__ import annotations

from tests.conftest import Run
from tests.servers import FakeApi, Reply
from tests.sources.test_prometheus import QUERY


def test_a_limit_is_worded_whatever_its_name(run: Run, api: FakeApi) -> None:
    with FakeApi() as server:
        body = {"status": "error", "errorType": "too_many_requests", "error": "4 queries are running"}
        server.routes[QUERY] = Reply(body, 429)
        result = run(f"top pods -A --from {server.url} --server {api.url}")
        assert (result.code, result.err.splitlines()[0]) == (
            1,
            "error: the server limits the rate of queries (429): 4 queries are running",
        )
