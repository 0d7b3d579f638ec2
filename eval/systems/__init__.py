"""Whatever recommends in a dialogue, measured by one protocol: ours, a served model's, a researcher's own."""
