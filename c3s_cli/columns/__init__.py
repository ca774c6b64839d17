"""The columns that can be shown, and how names are resolved to columns.

vocabulary: Kind, Needs, Unit, Column; catalogue: table_of(kind), with the columns of_resources, of_sources, of_states
and of fitting, and the getters and obstacles that they read; statistics: columns over a range of time; naming:
Naming(kind).find(name); headings: their titles in a table.
"""
