"""The HTTP API: OpenAI's form and our own, over the same agents as the page."""
