"""The command line: one module a command, thin over `engine.app` and the stages."""
