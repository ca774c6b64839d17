"""c3s: kubectl top for scripts.

From the words of a command line to the text of its output:

cli → commands (flags: words) → request: Target, Query, View (columns) → run → metrics → sources (kube) → model.Sample
→ analysis → model.Report → output → stdout; words for people: terminal. docs/how-it-works.md follows one command.
"""

import time

__version__ = "0.1.0"

# When the program began, for the timings of -v.
STARTED = time.perf_counter()
