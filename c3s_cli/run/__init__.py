"""Run a request: connect, read, compute, render, write."""
