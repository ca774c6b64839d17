"""c3s: kubectl top for scripts.

From the words of a command line to the text of its output:

    cli         words → a command; errors → exit codes        __main__: the process around it
    commands    one file for each command                     words: its flags; help
    request     flags → Target, Query, View                   columns: what can be shown
    run         once, watching, fit, doctor, contexts         fleet: one cluster or many
    metrics     what the columns need → a source → Sample     sources: API server, kubelets, Prometheus; kube: HTTP
    analysis    Samples → Report
    output      Report → text                                 terminal: the live view; words on stderr

Below them: model (rows, Sample, Report), amounts (quantities, rounding), errors. Separate: demo, a simulated
cluster. docs/how-it-works.md follows one command from start to end.
"""

import time

__version__ = "0.1.0"

# When the program started, for the timings of -v.
STARTED = time.perf_counter()
