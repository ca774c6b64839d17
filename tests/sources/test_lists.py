"""Lists: pages, order of fields, unchanged answers."""

from __future__ import annotations

import json

import pytest

from c3s_cli.sources.decode import metrics
from tests.conftest import Run
from tests.servers import FakeApi, Reply, Request, pod, pod_metrics


@pytest.mark.parametrize(
    "written",
    [
        '{{"metadata":{metadata},"items":{items}}}',
        '{{"items":{items},"metadata":{metadata}}}',
        '{{"kind": "PodList", "metadata": {metadata}, "items": {items}}}',
        '{{"metadata":{metadata},"other":{{"items":[1]}},"items":{items}}}',
        '{{"other":{{"items":[]}},"metadata":{metadata},"items":{items}}}',
    ],
)
def test_pages_are_found_wherever_the_metadata_of_a_list_stand(run: Run, api: FakeApi, written: str) -> None:
    def answer(request: Request) -> Reply:
        first = "continue" not in dict(request.query)
        metadata = {"continue": "more", "remainingItemCount": 1} if first else {}
        items = [pod("default", "one" if first else "two")]
        text = written.format(metadata=json.dumps(metadata), items=json.dumps(items))
        return Reply(text.encode())

    api.pod_metrics(namespace="default")
    api.routes["/api/v1/namespaces/default/pods"] = answer
    result = run(f"top pods -o json --columns node --server {api.url}")
    assert [item["name"] for item in json.loads(result.out)["items"]] == ["one", "two"], result.err


def test_a_watch_decodes_an_answer_once_that_comes_again_and_again(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    pod_list = metrics.pod_list

    def counting(body: bytes, context: str, problems: list[str]) -> object:
        decoded.append(context)
        return pod_list(body, context, problems)

    monkeypatch.setattr(metrics, "pod_list", counting)
    odd = pod_metrics("default", "odd", ("app", "nonsense", "1Mi"))
    answers = [[pod_metrics("default", "a", ("app", f"{cpu}m", "1Mi")), odd] for cpu in (1, 1, 1, 2, 1)]

    def answer(_request: Request) -> Reply:
        return Reply({"metadata": {}, "items": answers.pop(0)})

    api.routes["/apis/metrics.k8s.io/v1beta1/namespaces/default/pods"] = answer
    result = run(f"watch pods -o json --interval 0.01 --count 5 --server {api.url}")
    documents = [json.loads(line) for line in result.out.splitlines()]
    assert [[item["cpu"]["usage"] for item in each["items"]] for each in documents] == [
        [cpu * 10**6, None] for cpu in (1, 1, 1, 2, 1)
    ]
    assert len(decoded) == 3
    warnings = [line for line in result.err.splitlines() if "nonsense" in line]
    assert len(warnings) == 5, result.err
