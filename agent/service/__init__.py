"""The service mode: a person of the shop answers a customer, with what the agent found, cited and drafted."""
