"""Figures of conversational recommendation; each module is a section, or serves several."""
