"""The protocol of a source: needs and scope in, Sample out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from c3s_cli.kube.cluster import segment

if TYPE_CHECKING:
    from c3s_cli.columns.vocabulary import Kind, Needs
    from c3s_cli.model import Sample
    from c3s_cli.request.selectors import FieldSelector, LabelSelector

Pairs = list[tuple[str, str]]


class Scope(Struct, frozen=True):
    """Which objects are read: of one kind, by name or by selectors. namespace: None for all."""

    objects: Kind
    name: str | None = None
    namespace: str | None = None
    labels: LabelSelector | None = None
    fields: FieldSelector | None = None

    def namespaced(self, resource: str) -> str:
        """Return the last part of a path: `namespaces/NAMESPACE/pods`, or `pods` for all namespaces."""
        return resource if self.namespace is None else f"namespaces/{segment(self.namespace, 'namespace')}/{resource}"

    def label_query(self) -> Pairs:
        """Return the query parameter of the label selector, if there is one."""
        return [("labelSelector", self.labels.text)] if self.labels else []

    def selectors(self) -> Pairs:
        """Return the query parameters of both selectors."""
        return self.label_query() + ([("fieldSelector", self.fields.text)] if self.fields else [])


class Source(Protocol):
    """Something that knows the usage of a cluster."""

    def read(self, needs: Needs, scope: Scope) -> Sample:
        """Read what is needed, now.

        Raises a C3sError if there is nothing to show without it; anything else that cannot be read is a Failure in the
        Sample.
        """
