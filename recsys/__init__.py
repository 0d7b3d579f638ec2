"""Who will like what, and why: data, models, interests, ranking and explanation."""
