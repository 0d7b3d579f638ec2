"""One module a question about simulated conversations; each has `measure(options, progress)`."""
