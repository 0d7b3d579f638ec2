"""`python -m ui` is the command `tastegraph`."""

from ui.cli import main

main()
