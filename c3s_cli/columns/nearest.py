"""What to say of a name that no column has: the column that was probably meant, or where the answer is."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from c3s_cli.columns.catalogue import CONTAINER, table_of
from c3s_cli.columns.kinds import OF_LABELS
from c3s_cli.columns.naming import ANY_GPU, Naming
from c3s_cli.columns.of_resources import CPU_AND_MEMORY
from c3s_cli.columns.spellings import ALIKE, meanings, shares_of_any
from c3s_cli.columns.vocabulary import GROUPS, MOVING, Column, Kind

LISTED: Final = "`c3s columns` lists them all"
BRACKETS: Final = (
    'write labels as label:app or labels["app"], and other resources as resources["nvidia.com/gpu"].requests'
)
# Names of columns in other tools and in kubectl's documents.
ELSEWHERE: Final = {
    "cordoned": "schedulable",
    "unschedulable": "schedulable",
    "creationtimestamp": "age",
    "ready": "status",
}
# What kubectl prints of nodes and pods that is no load.
OF_KUBECTL: Final = (
    *("image", "images", "ip", "internal-ip", "external-ip", "osimage", "os-image", "kernel", "kernel-version"),
    *("runtime", "container-runtime", "version", "kubelet-version", "nominated", "readiness-gates"),
)
# What people call their labels of pods.
USUAL_LABELS: Final = (
    *("app", "team", "env", "environment", "tier", "component", "release", "squad", "product", "project", "stage"),
)


def hint_for(naming: Naming, name: str, known: Mapping[str, Column]) -> str:
    """Return a hint for a name that is no column of the kind. known: the columns with a fixed name."""
    return _of_word(naming.kind, name) or _of_other_rows(naming.kind, name) or _similar(naming, name, known)


def _of_word(kind: Kind, name: str) -> str | None:
    """Return the hint for a word that people know from elsewhere; None for any other."""
    if kind in MOVING and name in table_of(Kind.FIT):
        return f"{name} is a column of nodes, which are the rows with pods to place, such as --cpu 1"
    if name.startswith(("sum(", "total(")):
        return "--by context makes one row of sums: ask about sums and about single rows in two commands"
    if name == CONTAINER.name and kind is Kind.POD:
        return "--containers shows a row for each container"
    if shares := shares_of_any(name):
        return _meant(*shares)
    if name.startswith(("labels", "label:", "resources")) or not {"[", "/"}.isdisjoint(name):
        return BRACKETS
    if name.casefold() in OF_LABELS and kind is Kind.NODE:
        return _meant(f"label:{OF_LABELS[name.casefold()]}")
    if hint := of_kubectl(kind, name):
        return hint
    if name.casefold() in USUAL_LABELS and kind is Kind.POD:
        return _meant(f"label:{name}")
    return None


def of_kubectl(kind: Kind, name: str) -> str | None:
    """Return the hint for what kubectl prints of nodes and pods that is no load; None for any other name."""
    if name.casefold() in OF_KUBECTL and kind in (Kind.NODE, Kind.POD):
        return f"c3s has no such column: kubectl get {kind.value.lower()}s -o wide shows it"
    return None


def _of_other_rows(kind: Kind, name: str) -> str | None:
    """Return the hint for a column that other rows have; None if these have none."""
    single = next((each for each, group in GROUPS.items() if group is kind and name in table_of(each)), None)
    if single:
        rows = f"{single.value.lower()}s"
        return f"{name} is a column of single {rows}: c3s top {rows} shows and judges it, without --by"
    if name.casefold() in ELSEWHERE:
        return None
    other = {Kind.NODE: Kind.POD, Kind.POD: Kind.NODE}.get(kind)
    names = (name, f"cpu.{name}", *meanings(name))
    if other and any(each in table_of(other) and each not in table_of(kind) for each in names):
        return f"{name} is a column of {other.value.lower()}s: c3s top {other.value.lower()}s"
    return None


def _similar(naming: Naming, name: str, known: Mapping[str, Column]) -> str:
    """Return the hint with the names that are most similar."""
    if alike := [each for each in ALIKE.get(name.casefold(), ()) if naming.aliases().get(each, each) in known]:
        return _meant(*alike)
    of_both = [each for r in CPU_AND_MEMORY if (each := f"{r}.{name}") in known or naming.open_ended(each)]
    if of_both:
        return _meant(*of_both)
    name = name.strip("{}.").rpartition("metadata.")[2]  # the form of kubectl get --sort-by
    candidates = naming.names() if name.startswith(ANY_GPU) else (*known, *naming.aliases())
    folded = {candidate.casefold(): candidate for candidate in candidates}
    same = ELSEWHERE.get(name.casefold().rpartition(".")[2], "").casefold()
    nearest = [same] if same in folded else get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return _meant(folded[nearest[0]]) if nearest else LISTED


def _meant(*names: str) -> str:
    return f"did you mean {' or '.join(names)}? {LISTED}"
