"""`python -m engine.cli`: the same as `lifecycle`."""

from engine.cli.main import main

main()
