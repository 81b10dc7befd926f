"""Foreign templates compiled, checked and rendered in a child process with limits of time, memory and output."""
