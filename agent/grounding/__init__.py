"""Is what an answer claims supported by the evidence of its turn? One sentence at a time."""

from agent.grounding.check import check_sentence
from agent.grounding.sentence import Language, Mention, Verdict

__all__ = ["Language", "Mention", "Verdict", "check_sentence"]
