"""The judges: they watch a submission work, in a process of its own, and say what they saw."""
