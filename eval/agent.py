"""Every figure of the conversation: what is understood, which tool is called, what an answer claims, how soon."""

from __future__ import annotations

import sys

from eval.sections import Suite

SUITE = Suite(
    name="agent",
    title="The conversation, measured",
    package="eval.agent_figures",
    # The timed ones run before those that train.
    sections=("speed", "next_tool", "instruction_model", "service", "understanding", "grounding", "guards"),
)

if __name__ == "__main__":
    from eval.cli import app

    app(["agent", *sys.argv[1:]], prog_name="tastegraph eval")
