"""The desk: what the learner sees and types; it never loads torch."""
