"""What is measured of the conversation, one module a question."""
