"""The lists that decide where pods may run, besides nodes and pods: their paths and decoders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from c3s_cli.sources.decode import policies, storage
from c3s_cli.sources.decode.shapes import Rows

STORAGE: Final = "/apis/storage.k8s.io/v1"
# The names of these lists in messages, with their kinds, paths and decoders.
WHOLE: Final[Mapping[str, tuple[str, str, Rows]]] = {
    "persistent volume claims": ("PersistentVolumeClaim", "/api/v1/persistentvolumeclaims", storage.claims),
    "persistent volumes": ("PersistentVolume", "/api/v1/persistentvolumes", storage.volumes),
    "storage classes": ("StorageClass", f"{STORAGE}/storageclasses", storage.storage_classes),
    "CSI nodes": ("CSINode", f"{STORAGE}/csinodes", storage.volume_counts),
    "runtime classes": ("RuntimeClass", "/apis/node.k8s.io/v1/runtimeclasses", policies.runtime_classes),
    "priority classes": ("PriorityClass", "/apis/scheduling.k8s.io/v1/priorityclasses", policies.priority_classes),
    "device classes": ("DeviceClass", "/apis/resource.k8s.io/v1/deviceclasses", policies.device_classes),
}
# The lists of one namespace: path, kind, decoder.
SPACED: Final[Mapping[str, tuple[str, str, Rows]]] = {
    "resource quotas": ("/api/v1/namespaces/{}/resourcequotas", "ResourceQuota", policies.quotas),
    "limit ranges": ("/api/v1/namespaces/{}/limitranges", "LimitRange", policies.limit_ranges),
    "horizontal pod autoscalers": (
        "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        policies.scalers,
    ),
}
