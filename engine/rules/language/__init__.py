"""The language of rules: its words, how they are read from a file, and what is refused."""
