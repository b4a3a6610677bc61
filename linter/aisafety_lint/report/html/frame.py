"""What every page of ours has around it: its style and script, and a policy that allows those by their digests only."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from aisafety_lint import __version__
from aisafety_lint.report.encode import dump

_HERE = Path(__file__).parent


def framed(title: str, body: str, script: str, data: Any = None) -> str:
    """A whole page around a body that is already safe; `script` names the file of its script, `data` is for that."""
    style = (_HERE / "page.css").read_text("utf-8")
    code = (_HERE / script).read_text("utf-8")
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(code)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>aisafety-lint: {title}</title>
<style>{style}</style>
</head>
<body>
{body}
<footer>Written by aisafety-lint {__version__}. No finding is no proof of safety: read what was looked at.</footer>
{_embedded(data)}<script>{code}</script>
</body>
</html>
"""


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _embedded(data: Any) -> str:
    """Data as JSON for the script, in which nothing ends the element that it stands in; nothing where there is none."""
    if data is None:
        return ""
    text = dump(data).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f'<script type="application/json" id="data">{text}</script>\n'
