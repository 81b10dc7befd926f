"""What a test file beside a rule says: invented customers, what they do, and which mail they get or never get."""
