"""What tests of the engine, and of things built on it, need: contract suites and faithful local servers."""
