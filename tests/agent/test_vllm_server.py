"""The chat model behind a real vLLM server, with the small instruction model."""
