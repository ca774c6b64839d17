"""c3s rightsize of a cluster that has no Prometheus, without a recording."""

from __future__ import annotations

from tests.conftest import Run
from tests.servers import FakeApi, Reply, pod, pod_metrics, status

SNAPSHOT = """\
NAMESPACE   OWNER              CONTAINER   FINDING   CPU-FINDING   MEMORY-FINDING   REASON
shop        Pod/bare           app         risk      risk          risk             no history, no request now
shop        StatefulSet/db     app         risk      unknown       risk             cpu: no history; memory: no history, near its limit
shop        StatefulSet/idle   app         unknown   fine          unknown          cpu: autoscaled on cpu: left alone; memory: no history
"""  # noqa: E501


def test_without_a_past_there_are_findings_and_a_hint(run: Run, api: FakeApi) -> None:
    limits = {"cpu": "1", "memory": "256Mi"}
    api.pods(
        pod("shop", "bare", requests={}, limits={}),
        pod("shop", "full", requests={"cpu": "100m", "memory": "256Mi"}, limits=limits, owner=("StatefulSet", "db")),
        pod("shop", "idle", requests={"cpu": "1", "memory": "1Gi"}, limits={}, owner=("StatefulSet", "idle")),
    )
    used = [("bare", "1m", "1Mi"), ("full", "10m", "250Mi"), ("idle", "1m", "10Mi")]
    api.pod_metrics(*(pod_metrics("shop", name, ("app", cpu, memory)) for name, cpu, memory in used))
    for path in ("apps/v1/replicasets", "batch/v1/jobs"):
        api.routes[f"/apis/{path}"] = Reply({"metadata": {}, "items": []})
    target = {"kind": "StatefulSet", "name": "idle"}
    metrics = [{"type": "Resource", "resource": {"name": "cpu"}}]
    scaler = {"metadata": {"namespace": "shop", "name": "h"}, "spec": {"scaleTargetRef": target, "metrics": metrics}}
    api.routes["/apis/autoscaling/v2/horizontalpodautoscalers"] = Reply({"metadata": {}, "items": [scaler]})
    words = f"rightsize -A --server {api.url} --columns finding,cpu.finding,memory.finding,reason"
    result = run(words)
    assert result.code == 5
    assert result.out == SNAPSHOT
    assert result.err.splitlines()[-1] == (
        "hint: there is no past to recommend from: name a Prometheus (--from prometheus), or record a day "
        "(c3s record load.c3s)"
    )
    assert run(f"{words} --where 'finding = risk'").code == 0
    api.routes["/apis/autoscaling/v2/horizontalpodautoscalers"] = status(403, "Forbidden", "no")
    assert "horizontal pod autoscalers could not be read: " in run(words).err
