"""A rule as SQL: moments and arms of each trigger, expressions and arms of each leaf, the judgement of a window."""
