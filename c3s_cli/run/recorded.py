"""The clusters of a recording, in place of those of a kubeconfig."""

from __future__ import annotations

from typing import Any, NoReturn

from c3s_cli.errors import ConfigError, UsageError
from c3s_cli.kube.contexts import selected
from c3s_cli.request.period import Period
from c3s_cli.request.target import Target
from c3s_cli.run.member import Member
from c3s_cli.run.stages import Stages
from c3s_cli.sources.recording.reader import RecordingReader
from c3s_cli.sources.recording.recording import Moment, Recorded, Recording


class RecordedMember(Member):
    """One cluster of a recording. It has no connection. when: the reading to read, None for the last one."""

    is_recorded = True

    def __init__(self, recording: Recording, cluster: Recorded, target: Target, stages: Stages) -> None:
        super().__init__(cluster.context, target, _no_server, _no_server, stages)
        self._recording = recording
        self._recorded = cluster
        self.when: Period | None = None

    def cluster(self) -> Any:
        """Return what the recording knows of the cluster: its context and namespace."""
        return self._recorded

    def reader(self) -> Any:
        """Return the reader of the cluster."""
        return self.reader_at(self.when)

    def reader_at(self, when: Period | None) -> RecordingReader:
        """Return a reader of one of its readings."""
        return RecordingReader(self._recording, self._recorded, when)

    def moments(self, period: Period) -> list[Moment]:
        """Return when the readings in a range were made."""
        return self._recording.moments(self._recorded, period)

    def number(self, when: Period) -> int:
        """Return the number of the reading at a time. C3sError if there is none."""
        return self._recording.moment(self._recorded, when).count

    def version(self) -> str:
        """Return "": the version of the server is not recorded."""
        return ""

    def open_reading(self) -> NoReturn:
        """Refuse to read single objects."""
        _no_server()

    def identity(self, query: object = None) -> bytes:  # noqa: ARG002  every cluster is its own
        """Return the name: every cluster of a recording is its own."""
        return self.name.encode()


def members_of(target: Target, stages: Stages) -> list[Member]:
    """Return a member for each cluster that the flags select. C3sError if the recording cannot be read."""
    recording = Recording(target.origin.file)
    clusters = {cluster.context: cluster for cluster in recording.clusters()}
    if not clusters:
        raise ConfigError(f"{target.origin.file} has no readings yet")

    def unknown(text: str) -> ConfigError:
        return ConfigError(f"{target.origin.file} has no context {text}", hint=f"it has {', '.join(clusters)}")

    names = (
        list(clusters) if target.all_contexts or not target.contexts else selected(target.contexts, clusters, unknown)
    )
    return [RecordedMember(recording, clusters[name], target, stages) for name in names]


def _no_server(*_access: object) -> NoReturn:
    raise UsageError("a recording is read without a server", hint="leave out --from FILE")
