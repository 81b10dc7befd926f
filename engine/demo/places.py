"""Where the invented people live, what they are called, and what their companies are called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Place:
    """A time zone with its language, currency and names."""

    zone: str
    locale: str
    currency: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]


def _place(zone: str, locale: str, currency: str, first_names: str, last_names: str) -> Place:
    return Place(
        zone=zone,
        locale=locale,
        currency=currency,
        first_names=tuple(first_names.split()),
        last_names=tuple(last_names.split()),
    )


PLACES = (
    _place(
        "Europe/Stockholm",
        "sv-SE",
        "EUR",
        "Alva Elsa Maja Saga Ebba Wilma Nils Hugo Axel Love Sixten Åsa",
        "Lindqvist Sjöberg Nyström Ekdahl Hedlund Öberg Sandell Wallin",
    ),
    _place(
        "Europe/Berlin",
        "en-DE",
        "EUR",
        "Lena Jonas Mira Felix Greta Anton Klara Emil Frieda Jürgen Paula Tobias",
        "Brandt Keller Vogt Seidel Krüger Albrecht Winter Lorenz",
    ),
    _place(
        "Europe/London",
        "en-GB",
        "GBP",
        "Amelia Rory Priya Imogen Callum Zara Owen Freya Harriet Dev Isla Tom",
        "Ashworth Bell Chaudhry Fairley Hargreaves Nkemelu Pritchard Sutton",
    ),
    _place(
        "America/New_York",
        "en-US",
        "USD",
        "Maya Ethan Grace Jordan Nia Caleb Sofia Miles Ruth Andre Tessa Wes",
        "Alvarez Brooks Cohen Delgado Ellison Freeman Hughes Park",
    ),
    _place(
        "America/Los_Angeles",
        "en-US",
        "USD",
        "Kai Lucia Theo Hana Marco Jade River Naomi Diego Iris Sam Noor",
        "Castillo Fong Kimura Lopez Meyer Nguyen Okafor Reyes",
    ),
    _place(
        "Asia/Kolkata",
        "en-IN",
        "USD",
        "Ananya Rohan Meera Arjun Kavya Vikram Ishita Neel Pooja Dhruv Tara Sanjay",
        "Iyer Kapoor Menon Nair Rao Sharma Banerjee Gill",
    ),
    _place(
        "Australia/Sydney",
        "en-AU",
        "USD",
        "Matilda Jack Chloe Lachlan Ruby Angus Poppy Finn Zoe Hamish Ivy Cooper",
        "Barrett Doyle Fraser Hollis Kerr Lawson Nolan Quinn",
    ),
)

_FIRST = """
Harbour Juniper Northlight Copper Meadow Bluefin Lantern Granite Willow Orchard
Summit Pebble Falcon Marigold Cobalt Driftwood Ember Foxglove Glacier Heron
Indigo Kestrel Linden Maple Nimbus Osprey Prairie Quarry Rowan Saffron
"""
COMPANY_FIRST = tuple(_FIRST.split())
COMPANY_LAST = ("Studio", "Logistics", "Health", "Foods", "Press", "Energy", "Travel", "Labs", "Works", "Partners")
