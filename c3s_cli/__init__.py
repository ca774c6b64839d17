"""c3s: the load of Kubernetes clusters, read from a shell."""

import time

__version__ = "0.1.0"

# When the program began, for the -v summary.
STARTED = time.perf_counter()
