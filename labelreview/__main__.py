"""`python -m labelreview` is the command line."""

from labelreview.cli import main

main()
