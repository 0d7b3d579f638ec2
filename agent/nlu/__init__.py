"""What a message says, read by heads on the sentence encoder: intents, polarity, scope, service intent."""

from agent.nlu.reader import NluReader, Reading, service_intent, shared_reader

__all__ = ["NluReader", "Reading", "service_intent", "shared_reader"]
