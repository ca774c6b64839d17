"""Content negotiation: choose the first form in the Accept header that the server supports."""

from __future__ import annotations

from c3s_cli.demo.answer import Refusal

# as=KIND of an Accept clause -> the versions of its group that are served.
_FORMS = {
    "Table": ("meta.k8s.io", ("v1",)),
    "PartialObjectMetadata": ("meta.k8s.io", ("v1",)),
    "PartialObjectMetadataList": ("meta.k8s.io", ("v1",)),
    "APIGroupDiscoveryList": ("apidiscovery.k8s.io", ("v2", "v2beta1")),
}
_PLAIN = ("application/json", "application/*", "*/*")
_OFFER = (
    "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
    "application/vnd.kubernetes.protobuf, application/json;stream=watch, "
    "application/vnd.kubernetes.protobuf;stream=watch"
)


def form(header: str, possible: tuple[str, ...]) -> tuple[str, str]:
    """(kind, version) of the first acceptable form; ("", "") is the plain object as JSON.

    Clauses for other media types (protobuf, YAML) or other forms are skipped.
    """
    if not header.strip():
        return "", ""
    for clause in header.split(","):
        medium, *parameters = (part.strip() for part in clause.split(";"))
        if medium not in _PLAIN:
            continue
        values = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
        kind = values.get("as", "")
        if not kind:
            return "", ""
        group, versions = _FORMS.get(kind, ("", ()))
        if kind in possible and values.get("g") == group and values.get("v") in versions:
            return kind, values["v"]
    raise Refusal(406, _OFFER, {})
