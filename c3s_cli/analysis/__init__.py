"""Samples → Report: everything that is computed from plain facts."""
