"""Files in, emails out: Markdown, MJML, parts, layouts and brand compiled once, rendered for each reader."""

from engine.rendering.checking import Use, check
from engine.rendering.compiling import compile_library
from engine.rendering.content import Content, RenderError
from engine.rendering.library import Library

__all__ = ["Content", "Library", "RenderError", "Use", "check", "compile_library"]
