"""What does the page look like? A Gradio theme of fonts that every machine has, and the style sheet."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

FONTS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans",
    "Helvetica Neue",
    "Arial",
    "sans-serif",
)
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace")
STATIC = Path(__file__).parent / "static"
STYLE_SHEETS = tuple(STATIC / name for name in ("page.css", "cards.css", "side.css"))
"""Of the chat page, in the order in which they are read."""
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Crect width='32' height='32' rx='8' fill='%230f766e'/%3E"
    "%3Cg stroke='%23fff' stroke-width='2' fill='none'%3E%3Cpath d='M10 21 16 10l6 11M10 21h12'/%3E%3C/g%3E"
    "%3Cg fill='%23fff'%3E%3Ccircle cx='16' cy='10' r='3.4'/%3E%3Ccircle cx='10' cy='21' r='3.4'/%3E"
    "%3Ccircle cx='22' cy='21' r='3.4'/%3E%3C/g%3E%3C/svg%3E"
)
HEAD = f'<link rel="icon" type="image/svg+xml" href="{ICON}"><meta name="color-scheme" content="light dark">'


def theme() -> gr.themes.Base:
    """Return the theme: no font, style sheet or picture comes from elsewhere."""
    base: gr.themes.Base = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        secondary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        text_size=gr.themes.sizes.text_md,
        font=FONTS,
        font_mono=MONO,
    ).set(
        body_background_fill="#f7f6f3",
        body_background_fill_dark="#16171a",
        body_text_color="#23221f",
        body_text_color_dark="#ebe9e4",
        body_text_color_subdued="#6a675f",
        body_text_color_subdued_dark="#a5a198",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1f2024",
        background_fill_secondary="#f1efea",
        background_fill_secondary_dark="#282a2f",
        border_color_primary="#e3e0d8",
        border_color_primary_dark="#36383e",
        block_background_fill="*background_fill_primary",
        block_border_width="1px",
        block_shadow="none",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1f2024",
        button_primary_background_fill="#0f766e",
        button_primary_background_fill_hover="#115e59",
        button_primary_background_fill_dark="#127d74",
        button_primary_background_fill_hover_dark="#0f766e",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#282a2f",
        button_secondary_border_color="*border_color_primary",
    )
    return base
