"""What can be shown: every column once, and how names become columns.

vocabulary: Kind, Needs, Unit, Column; catalogue: table_of(kind); naming: Naming(kind).find(name);
headings: what a table calls them.
"""
