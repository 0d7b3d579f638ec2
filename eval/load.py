"""Many people at once over the real application, and what they see and lose when a part of it fails."""

from __future__ import annotations

from eval.sections import Suite

SUITE = Suite(
    name="load",
    title="Load and faults, measured",
    package="eval.load_figures",
    sections=("people", "faults"),
    settings={
        "people": "how many people talk at once; 16 by default, 4 while parts fail",
        "pause": "seconds that a person thinks between an answer and the next message; 0 by default",
        "workspace": "a workspace to serve; by default the starter films, built in the folder of the report",
        "faults": "which faults, with semicolons between; all by default",
    },
    needs_data=False,
)
