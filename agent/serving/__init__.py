"""A local vLLM server and the weights that it serves."""
