"""What we say and do next: chat models, tools, memory and grounding."""
