"""The columns that can be shown, and how names are resolved to columns."""
