"""What monitoring asks: alive, ready, and numbers."""

from engine.web.health.beside import beside
from engine.web.health.meter import Meter
from engine.web.health.room import register, register_metrics

__all__ = ["Meter", "beside", "register", "register_metrics"]
