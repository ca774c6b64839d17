"""The rights that commands need, and a check of which ones the caller lacks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from msgspec import Struct

from c3s_cli.errors import C3sError
from c3s_cli.kube.cluster import Cluster
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.decisive_lists import SPACED, WHOLE
from c3s_cli.sources.metrics_api import GROUP
from c3s_cli.sources.scalers import LISTS, VERTICAL
from c3s_cli.sources.server import Right, may_i
from c3s_cli.sources.surroundings import BUDGETS, OF_VOLUMES
from c3s_cli.sources.templates import KINDS as TEMPLATES

# The lists that c3s watch -A follows.
FOLLOWED: Final = (("", "nodes"), ("", "pods", None), ("apps", "replicasets", None), ("batch", "jobs", None))


class Use(Struct, frozen=True):
    """The purpose of a right. required: whether the commands fail without it; otherwise they show less."""

    right: Right
    commands: str
    required: bool = False


def uses_of(namespace: str, origin: str) -> list[Use]:
    """Return every right that some command needs, for the pods of one namespace and of all.

    origin: where usage comes from, an Origin.kind; the rights that this source needs are required.
    """
    metrics, kubelet, prometheus = (origin == kind for kind in ("metrics", "kubelet", "prometheus"))
    return [
        Use(Right("list", GROUP, "nodes"), "c3s top nodes, c3s top cluster", required=metrics),
        Use(Right("list", "", "nodes"), "c3s top nodes, c3s top cluster, c3s fit", required=True),
        Use(Right("list", GROUP, "pods", namespace), "c3s top pods", required=metrics),
        Use(Right("get", "", "nodes/proxy"), "--from kubelet, c3s top volumes", required=kubelet),
        Use(Right("list", "", "services", None), "--from prometheus, to find the service", required=prometheus),
        Use(Right("get", "", "services/proxy", None), "--from prometheus", required=prometheus),
        Use(Right("get", GROUP, "nodes"), "c3s top nodes NAME"),
        Use(Right("get", "", "nodes"), "c3s top nodes NAME"),
        Use(Right("get", GROUP, "pods", namespace), "c3s top pods NAME"),
        Use(Right("get", "", "pods", namespace), "c3s top pods NAME with requests and limits"),
        Use(Right("list", "", "pods", namespace), "requests, limits and status of pods"),
        Use(Right("list", "apps", "replicasets", namespace), "the owner of pods"),
        Use(Right("list", "batch", "jobs", namespace), "the owner of pods"),
        Use(Right("list", GROUP, "pods", None), "c3s top pods -A"),
        Use(Right("list", "", "pods", None), "requests of nodes, the pods of c3s top cluster, c3s fit"),
        Use(Right("list", "apps", "replicasets", None), "the owner of pods, with -A"),
        Use(Right("list", "batch", "jobs", None), "the owner of pods, with -A"),
        Use(Right("list", "", "namespaces"), "-n PATTERN; c3s fit with selectors of namespaces"),
        Use(_listing(BUDGETS, None), "c3s fit --without NODE, for the budgets"),
        *(Use(_listing(path, namespace), "c3s fit -f FILE, which otherwise exits 5") for path, _, _ in SPACED.values()),
        *(Use(_listing(WHOLE[name][1], None), "c3s fit, for pods with volumes") for name in OF_VOLUMES),
        *(
            Use(_listing(path, None), "c3s fit, for pods that name a class")
            for name, (_, path, _) in WHOLE.items()
            if name not in OF_VOLUMES
        ),
        *(
            Use(_listing(f"/apis/{group}/{kind}", namespace), "c3s rightsize, for what templates declare")
            for group, kind in TEMPLATES.values()
        ),
        Use(
            _listing("/apis/{}/{}".format(*LISTS[VERTICAL]), namespace),
            "c3s rightsize, which leaves alone what is scaled",
        ),
        *(Use(Right("watch", *what), "c3s watch, which otherwise lists at every reading") for what in FOLLOWED),
    ]


def _listing(path: str, namespace: str | None) -> Right:
    """Return the right to read the list at a path, such as /apis/storage.k8s.io/v1/csinodes."""
    first, *rest = path.strip("/").split("/")
    return Right("list", rest[0] if first == "apis" else "", rest[-1], namespace)


def missing(cluster: Cluster, uses: list[Use]) -> tuple[list[Use], C3sError | None]:
    """Ask for all rights in parallel. Return the uses whose right is missing, and the first error, if any."""
    answers: Mapping[Right, bool | C3sError] = in_parallel(
        {use.right: partial(may_i, cluster, use.right) for use in uses}
    )
    problem = next((answer for answer in answers.values() if isinstance(answer, C3sError)), None)
    return [use for use in uses if answers[use.right] is False], problem
