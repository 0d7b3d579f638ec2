"""Simulated people with a hidden taste: what they want, how they say it, and who they talk to."""
