"""The brand's colours can be read, in the light and in the dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

TEMPLATES = Path(__file__).parents[2] / "templates"
BRAND = YAML(typ="safe").load((TEMPLATES / "brand.yaml").read_text("utf-8"))
READABLE = 4.5
PAIRS = (
    ("ink", "card"),
    ("ink", "accent_soft"),
    ("ink", "shell_soft"),
    ("ink", "page"),
    ("muted", "card"),
    ("muted", "page"),
    ("muted", "accent_soft"),
    ("accent", "card"),
    ("accent", "accent_soft"),
    ("accent", "shell_soft"),
    ("on_accent", "accent"),
    ("on_deep", "deep"),
    ("on_shell", "shell"),
)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(mode: str, text: str, ground: str) -> None:
    """Each text colour reaches the contrast of WCAG AA on each ground it stands on."""
    assert contrast(BRAND[mode][text], BRAND[mode][ground]) >= READABLE


def test_contrast_is_computed_as_the_standard_says() -> None:
    """Black on white is 21, a colour on itself 1, and the grey #767676 on white just passes."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#0c6a65", "#0c6a65") == pytest.approx(1)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_both_modes_name_the_same_colours() -> None:
    """What has a colour in the light has one in the dark."""
    assert set(BRAND["light"]) == set(BRAND["dark"])


def test_designs_name_no_colour_of_their_own() -> None:
    """Layouts and parts take every colour from the brand, so that changing it there is enough."""
    sources = [*TEMPLATES.glob("layouts/*.mjml"), *TEMPLATES.glob("parts/*.mjml")]
    assert len(sources) > 1
    found = {
        path.name: colours
        for path in sources
        if (colours := re.findall(r"(?<!&)#[0-9a-fA-F]{3,6}\b", path.read_text("utf-8")))
    }
    assert found == {}


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours as WCAG 2 defines it, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
