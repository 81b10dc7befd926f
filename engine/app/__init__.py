"""What commands do, apart from words and tables: the stages and questions put together over one workspace."""

from engine.app.opened import App, opened

__all__ = ["App", "opened"]
