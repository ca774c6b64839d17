"""`python -m c3s_cli`."""

from c3s_cli.cli import entry_point

if __name__ == "__main__":
    entry_point()
