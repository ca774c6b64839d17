"""The request of a command line: Target (where), Query (what), View (how), and the languages they are written in.

from_flags: flags become target, query, view and pace; fitting, manifests: flags and files become the workloads of
`c3s fit`. Values of flags: formats, origin (--from), shown (--columns), grouping (--by), sorting (--sort-by), period
and ranges (--since). Languages: where (→ condition), selectors, jsonpath; nesting: YAML that is too deep.
"""
