"""The tools: what the chat model may ask for. One file each; arguments in one place."""
