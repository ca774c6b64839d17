"""Arithmetic on exact amounts, and kubectl's way of rounding and writing them."""
