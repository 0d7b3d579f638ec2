"""What people do with what they are shown, and how it moves the next answer: events, weights, and a bandit over
granularities."""
