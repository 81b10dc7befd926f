"""The real stages over a moving clock, on a database that refuses to be changed."""
