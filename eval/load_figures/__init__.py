"""Load and faults: one section a question."""
