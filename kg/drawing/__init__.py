"""Pictures of what surrounds an entity: an interactive page and a static drawing."""

from kg.drawing.files import write_pictures
from kg.drawing.page import render_page
from kg.drawing.selection import Neighbourhood, neighbourhood
from kg.drawing.svg import render_svg

__all__ = ["Neighbourhood", "neighbourhood", "render_page", "render_svg", "write_pictures"]
