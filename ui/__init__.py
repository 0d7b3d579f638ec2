"""What a person sees: web chat, terminal chat, command line."""
