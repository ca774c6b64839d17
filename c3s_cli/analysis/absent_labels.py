"""What to say where no object has a label that was named: which labels they have instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final

from msgspec import structs

from c3s_cli.columns.vocabulary import Column
from c3s_cli.report import Report
from c3s_cli.request.query import Query

# What a selector asks objects to have.
SEEKING: Final = ("=", "==", "in", "exists")
AT_MOST: Final = 3
# Labels that tools put in the place of a short one.
ALSO: Final = {
    "app": ("app.kubernetes.io/name", "k8s-app", "app.kubernetes.io/instance"),
    "name": ("app.kubernetes.io/name",),
}


def about_labels(report: Report, query: Query, objects: Callable[[], Sequence[Any]]) -> Report:
    """Say which labels of --by or a condition no object has, or where to look if a selector finds nothing.

    objects: returns what was read, before --where.
    """
    thing = query.objects.value.lower()
    if query.labels and not report.rows:
        keys = [each.key for each in query.labels.requirements if each.operator in SEEKING]
        if keys and not (report.absence or query.where):
            where = "-A " if query.all_namespaces else "".join(f"-n {name} " for name in query.namespaces[:1])
            seen = f"c3s top {thing}s {where}--by label:{keys[0]} shows its values"
            return structs.replace(report, absence=f"no {thing} matches -l {query.labels.text}; {seen}")
        return report
    # Sums of a cluster have no labels, and none is asked of them.
    if not query.label_columns:
        return report
    notes = tuple(_absent(query.label_columns, objects(), thing))
    return structs.replace(report, remarks=(*report.remarks, *notes)) if notes else report


def _absent(columns: Iterable[Column], rows: Sequence[Any], thing: str) -> Iterator[str]:
    """Yield a line for each column of a label that none of the rows has."""
    known = [row.labels for row in rows if row.labels is not None]
    counts = Counter(key for labels in known for key in labels)
    for key in dict.fromkeys(column.path[-1] for column in columns):
        if known and all(labels.get(key) is None for labels in known):
            labels = _near(key, counts) or [label for label, _ in counts.most_common(AT_MOST)]
            yield f"no {thing} has the label {key}" + (f"; they have {', '.join(labels)}" if labels else "")


def _near(key: str, counts: Counter[str]) -> list[str]:
    """Return the labels that were probably meant, the most common first."""
    word = key.rpartition("/")[2].casefold()
    known = {label for label in counts if label.rpartition("/")[2].casefold() == word}
    known |= counts.keys() & {*ALSO.get(word, ()), *get_close_matches(key, counts, n=AT_MOST, cutoff=0.7)}
    return sorted(known, key=lambda label: (-counts[label], label))[:AT_MOST]
