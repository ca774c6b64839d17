"""List the licence of every package installed for this interpreter; fail if one is not allowed.

`make audit` runs it in an environment that has only c3s and its dependencies.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from typing import Final, Protocol

ALLOWED: Final = frozenset(
    ("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "PSF-2.0", "Python-2.0")
)
# Free-form names used by older packages.
SPELLINGS: Final = {
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
# In every environment, or c3s itself.
PASSED_OVER: Final = frozenset(("pip", "setuptools", "wheel", "c3s-cli"))
UNKNOWN: Final = "unknown"


class Metadata(Protocol):
    """The part of a package's metadata that is used here."""

    def get_all(self, name: str, /) -> list[str] | None:
        """Return all values of a field, None if there are none."""


def licence_of(metadata: Metadata) -> str:
    """Return a package's licence as an SPDX expression if recognized, else as the package states it."""
    for field in ("License-Expression", "License"):
        for text in metadata.get_all(field) or ():
            # Some packages have the whole licence text here.
            if text.strip() not in ("", "UNKNOWN") and "\n" not in text:
                return _spelled(text)
    kinds = [line.split(" :: ") for line in metadata.get_all("Classifier") or () if line.startswith("License :: ")]
    named = sorted({_spelled(kind[-1]) for kind in kinds if kind[-1] != "OSI Approved"})
    return " AND ".join(named) or UNKNOWN


def _spelled(text: str) -> str:
    return SPELLINGS.get(text.strip().lower(), text.strip())


def is_allowed(licence: str) -> bool:
    """Whether every licence named in an expression is allowed; "A OR B" needs both."""
    return all(name in ALLOWED for name in re.split(r" (?:AND|OR) ", licence.replace("(", "").replace(")", "")))


def main(installed: Iterable[Distribution]) -> int:
    """Print the list, sorted by name; licences that are not allowed also go to stderr. Returns the exit code."""
    listed = sorted((d.name.lower(), d.version, licence_of(d.metadata)) for d in installed)
    listed = [row for row in listed if row[0] not in PASSED_OVER]
    if not listed:
        sys.stderr.write("nothing to list: is c3s installed for this interpreter?\n")
        return 1
    widths = [max(len(row[column]) for row in listed) for column in (0, 1)]
    refused = [row for row in listed if not is_allowed(row[2])]
    for name, version, licence in listed:
        sys.stdout.write(f"{name:{widths[0]}}  {version:{widths[1]}}  {licence}\n")
    for name, version, licence in refused:
        sys.stderr.write(f"not on the list of allowed licences: {name} {version}: {licence}\n")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(distributions()))
