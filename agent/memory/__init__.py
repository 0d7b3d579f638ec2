"""What was said in every dialogue, in a file of the workspace or on a Postgres server."""

from agent.memory.conversations import Conversation, UnknownConversation
from agent.memory.dialogues import Dialogues, DialogueStoreError
from agent.memory.names import MAX_NAME, check_name, thread_key

__all__ = [
    "MAX_NAME",
    "Conversation",
    "DialogueStoreError",
    "Dialogues",
    "UnknownConversation",
    "check_name",
    "thread_key",
]
