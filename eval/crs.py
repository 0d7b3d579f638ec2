"""Every figure of conversational recommendation: recorded dialogues, a folder of one's own, the wording."""

from __future__ import annotations

import sys

from eval.crs_figures.running import SETTINGS
from eval.sections import Suite

SUITE = Suite(
    name="crs",
    title="Conversational recommendation, measured",
    package="eval.crs_figures",
    # What is trained for `redial` is asked again by `folder`.
    sections=("redial", "opendialkg", "folder", "response"),
    settings=SETTINGS,
)

if __name__ == "__main__":
    from eval.cli import app

    app(["crs", *sys.argv[1:]], prog_name="tastegraph eval")
