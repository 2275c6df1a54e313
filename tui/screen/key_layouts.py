"""Keys of other keyboards: what a Cyrillic or Greek letter would be on the Latin layout, by the place of its key.

Who switches the layout to write to a friend need not switch it back to trade.  Pure.
"""

from __future__ import annotations

_CYRILLIC = dict(zip("йцукенгшщзхъфывапролджэячсмитьбю", "qwertyuiop[]asdfghjkl;'zxcvbnm,.", strict=True))
_UKRAINIAN = {"і": "s", "ї": "]", "є": "'"}
_GREEK = dict(zip("ςερτυθιοπασδφγηξκλζχψωβνμ", "wertyuiopasdfghjklzxcvbnm", strict=True))
_LOWER = {**_CYRILLIC, **_UKRAINIAN, **_GREEK}
# Shift on the keys that are no letters there: < and > are Б and Ю of the Russian layout.
_SHIFTED = {"[": "{", "]": "}", ";": ":", "'": '"', ",": "<", ".": ">"}
_LAYOUTS = {
    **_LOWER,
    **{
        letter.upper(): _SHIFTED.get(latin, latin.upper())
        for letter, latin in _LOWER.items()
        if len(letter.upper()) == 1 and letter.upper() != letter and letter != "ς"
    },
}


def latin_key(name: str) -> str:
    """The key's name on the Latin layout; itself if it is no letter of the others."""
    return _LAYOUTS.get(name, name)
