"""Text from the repository in Markdown of GitHub: it shows as it is, with no markup, link or mention of its own."""

import re
from html import escape as escape_html
from urllib.parse import quote

from aisafety_lint.report.terminal import visible

_MARKUP = re.compile(r"[\\`*_{}\[\]()#+\-.!|~:@<>&$^\"']")
_CODE = re.compile(r"`([^`]*)`")


def plain(text: str) -> str:
    """Text in one line, what stands between backticks as code."""
    parts = _CODE.split(_line(text))
    return "".join(f"<code>{escape(part)}</code>" if number % 2 else escape(part) for number, part in enumerate(parts))


def code(text: str) -> str:
    """Text as code."""
    return f"<code>{escape(_line(text))}</code>"


def link(text: str, path: str, line: int, base: str = "", *, html: bool = False) -> str:
    """A place as code, or as a link below the address of the repository's files; in HTML for where Markdown is not."""
    shown = code(text)
    if not base:
        return shown
    address = f"{base.rstrip('/')}/{quote(path.encode('utf-8', 'backslashreplace'))}#L{line}"
    return f'<a href="{escape_html(address)}">{shown}</a>' if html else f"[{shown}]({address})"


def escape(text: str) -> str:
    """Every character that could mean something, by its number."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", text)


def _line(text: str) -> str:
    """Without ends of lines and without what cannot be seen."""
    return visible(re.sub(r"\s*[\r\n]+\s*", " ", text)).encode("utf-8", "backslashreplace").decode()
