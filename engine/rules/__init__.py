"""Rules: YAML in, SQL out."""
