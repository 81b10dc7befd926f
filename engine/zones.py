"""Time zones by their names: those that mean the same on every host."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

NOT_A_ZONE = "is not a time zone of the IANA list, such as Europe/Stockholm"
_HOSTS_OWN = frozenset({"localtime", "posixrules", "factory"})
_COPIES = ("posix/", "right/")


def zone_name(name: str) -> str:
    """Return the name of a time zone; raises ValueError where there is none of that name on every host."""
    if _hosts_own(name) or not _there(name):
        message = f"{name!r} {NOT_A_ZONE}"
        raise ValueError(message)
    return name


def _there(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=1)
def zone_names() -> dict[str, str]:
    """Return every name there is, by its casefolded spelling."""
    return {name.casefold(): name for name in available_timezones() if not _hosts_own(name)}


def _hosts_own(name: str) -> bool:
    """Tell whether what a name means depends on how a host is set up."""
    folded = name.casefold()
    return folded in _HOSTS_OWN or folded.startswith(_COPIES)
