"""One module a question about explanations; each has `measure(options, progress)`."""
