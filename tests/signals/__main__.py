"""python -m tests.signals: run every kind, or those that are named, and say what was wrong."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.signals.kinds import KINDS, places
from tests.signals.moments import outcomes, summary

# How many runs with faults are shown of each kind.
SHOWN: Final = 10


def main() -> int:
    """Return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[[], *KINDS], metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--runs", type=int, default=1000, help="of each kind")
    parser.add_argument("--within", type=float, default=1.0, help="seconds that an end may take")
    parser.add_argument("--python", default=sys.executable, help="the Python that runs c3s")
    flags = parser.parse_args()
    # What runs in the background, as under nohup, ignores these signals, and so would the programs that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for ignored in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(ignored, signal.SIG_DFL)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, places(Path(folder)) as found:
        for name in flags.kinds or KINDS:
            results = outcomes(KINDS[name], found, flags.runs, flags.within, flags.python)
            sys.stdout.write(f"{name}: {summary(results)}\n")
            faulty = [result for result in results if result.faults]
            wrong += len(faulty)
            for result in faulty[:SHOWN]:
                sys.stdout.write(f"  {', '.join(result.faults)}: {result.written[-3000:]!r}\n")
            sys.stdout.flush()
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
