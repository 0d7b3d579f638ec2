"""What do people of a customer service see? A console over `agent.service`, beside the chat."""
