"""Reviews: who the caller is, what it may do, and which service has the metrics API.

The simulation has no users: every caller is the same administrator.
"""

from __future__ import annotations

import json

from c3s_cli.demo.templates import Json

_REVIEWS: dict[str, Json] = {
    "/apis/authentication.k8s.io/v1/selfsubjectreviews": {
        "userInfo": {"username": "demo", "groups": ["system:masters", "system:authenticated"]}
    },
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": {"allowed": True},
}
_API_SERVICE = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
_AVAILABLE = {"type": "Available", "status": "True", "reason": "Passed", "message": "all checks passed"}
_SERVED: Json = {
    "kind": "APIService", "apiVersion": "apiregistration.k8s.io/v1",
    "metadata": {"name": "v1beta1.metrics.k8s.io", "labels": {"k8s-app": "metrics-server"}},
    "spec": {
        "service": {"namespace": "kube-system", "name": "metrics-server", "port": 443},
        "group": "metrics.k8s.io", "version": "v1beta1", "insecureSkipTLSVerify": True,
        "groupPriorityMinimum": 100, "versionPriority": 100,
    },
    "status": {"conditions": [_AVAILABLE]},
}  # fmt: skip


def answer(method: str, path: str, body: bytes) -> Json | None:
    """Answer such a question; None for any other request. A review is what was sent, and its status."""
    if method == "POST" and path in _REVIEWS:
        try:
            review = json.loads(body)
        except ValueError:
            review = None
        return (review if isinstance(review, dict) else {}) | {"metadata": {}, "status": _REVIEWS[path]}
    return _SERVED if method in ("GET", "HEAD") and path == _API_SERVICE else None
