"""The nearest names: takes a word that is not known, gives the hint that saves the user a search."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names that are most like a word, best first; possibly none."""
    from difflib import get_close_matches

    names = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), names, n=count, cutoff=0.6)
    # A name that continues the word is near however long it is.
    longer = sorted(name for name in names if len(word) >= 3 and name.startswith(word.lower()))
    return [names[name] for name in dict.fromkeys((*found, *longer))][:count]


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The hint for an unknown word; `otherwise` where nothing is near."""
    names = [f"`{name}`" for name in nearest(word, known)]
    return f"did you mean {' or '.join(names)}?" if names else otherwise
