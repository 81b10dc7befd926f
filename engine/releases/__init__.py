"""Files become releases, and releases are what runs."""
