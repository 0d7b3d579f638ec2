"""Tunes the small instruction model to call our tools and to write from what they return."""
