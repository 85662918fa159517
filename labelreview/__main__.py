"""`labelreview` and `python -m labelreview` are the command line."""

import sys


def main() -> None:
    """Run the command line. What it needs takes a second or two to import, and Ctrl-C may come in that time."""
    try:
        from labelreview.cli import main as run
    except KeyboardInterrupt:
        sys.stderr.write("\nlabelreview: stopped before anything was done.\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
