"""Sends a SARIF file to the code-scanning API of GitHub, and asks until it is processed.

The protocol is https://docs.github.com/rest/code-scanning: the file is compressed and encoded, the answer names an id
under which the state of processing can be asked for. What may pass is tried again, and the server's word on when is
heeded. The token goes to the one address that was named, never along with a redirection, and into no message.
"""

import base64
import gzip
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from aisafety_lint import __version__
from aisafety_lint.errors import UserError
from aisafety_lint.report.terminal import visible

ATTEMPTS = 5
MOST_BYTES = 10_000_000
_TIMEOUT = (10, 120)
_LONGEST_PAUSE = 300.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HINTS = {
    401: "the token is wrong or over",
    403: "the token needs the permission `security-events: write`, and the repository code scanning",
    404: "there is no such repository, or the token may not see it",
    413: "the file is too large; `--min-severity` or `--select` make it smaller",
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where the results go: the address of the API, the repository, and the commit and reference that they are of."""

    api: str
    repository: str
    commit: str
    ref: str

    def __post_init__(self) -> None:
        address = urlsplit(self.api)
        if address.scheme != "https" and address.hostname not in _LOOPBACK:
            raise UserError(f"`{self.api}` is not encrypted", "the address of the API begins with https://")
        if address.username or address.password:
            raise UserError("the address of the API holds a credential", "the token comes from the environment")

    @property
    def uploads(self) -> str:
        """The address that takes uploads."""
        return f"{self.api.rstrip('/')}/repos/{self.repository}/code-scanning/sarifs"


class _Bearer(AuthBase):
    """Sets the token for one request; what stands in a `.netrc` has no say."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def __repr__(self) -> str:
        return "_Bearer(***)"


@dataclass(frozen=True, slots=True)
class Client:
    """Talks to the API; `sleep` is how it waits."""

    token: _Bearer
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def with_token(cls, token: str, sleep: Callable[[float], None] = time.sleep) -> "Client":
        """A client for a token."""
        return cls(_Bearer(token), sleep)

    def send(self, target: Target, sarif: bytes) -> str:
        """Upload a file; gives the id of the upload."""
        encoded = base64.b64encode(gzip.compress(sarif, mtime=0)).decode()
        if len(encoded) > MOST_BYTES:
            raise UserError(f"the file is larger than {MOST_BYTES} bytes when compressed", _HINTS[413])
        content = {"commit_sha": target.commit, "ref": target.ref, "sarif": encoded, "tool_name": "aisafety-lint"}
        answer = self._ask("POST", target.uploads, content)
        found = answer.get("id")
        if not isinstance(found, str) or not found:
            raise UserError("the answer of the API names no upload")
        return found

    def wait(self, target: Target, upload: str, seconds: float) -> bool:
        """Ask until the upload is processed; whether it was in this time. Raises UserError where it was refused."""
        pause, waited = 1.0, 0.0
        while True:
            state = self._ask("GET", f"{target.uploads}/{upload}")
            if state.get("processing_status") == "complete":
                return True
            if state.get("processing_status") == "failed":
                errors = state.get("errors") or ["it does not say why"]
                raise UserError(f"the upload was refused: {self._shown('; '.join(map(str, errors)))}")
            if waited >= seconds:
                return False
            self.sleep(min(pause, seconds - waited))
            waited += pause
            pause = min(pause * 2, 30)

    def _ask(self, method: str, address: str, content: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """One request, tried again where that may help; the answer as data."""
        problem = ""
        for attempt in range(ATTEMPTS):
            try:
                answer = requests.request(
                    method,
                    address,
                    json=content,
                    auth=self.token,
                    headers={
                        "Accept": "application/vnd.github+json",
                        "X-GitHub-Api-Version": "2022-11-28",
                        "User-Agent": f"aisafety-lint/{__version__}",
                    },
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                )
            except requests.exceptions.SSLError as error:
                raise UserError(f"`{_host(address)}` cannot be trusted: {self._shown(str(error))}") from None
            except requests.RequestException as error:
                problem, pause = f"`{_host(address)}` does not answer: {type(error).__name__}", 2.0**attempt
            else:
                if answer.ok and not answer.is_redirect:
                    return self._data(answer)
                problem = f"`{_host(address)}` answers {answer.status_code}{self._reason(answer)}"
                again = _pause(answer, attempt, time.time())
                if again is None:
                    raise UserError(problem, _HINTS.get(answer.status_code, ""))
                pause = again
            if attempt + 1 < ATTEMPTS:
                self.sleep(pause)
        raise UserError(f"{problem}, also after {ATTEMPTS} attempts", "try again later")

    def _data(self, answer: requests.Response) -> Mapping[str, Any]:
        try:
            data = answer.json()
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise UserError(f"`{_host(answer.url)}` does not answer as the API of GitHub does", "check `--api`")
        return data

    def _reason(self, answer: requests.Response) -> str:
        if answer.is_redirect:
            return ", a redirection, which is not followed"
        try:
            data = answer.json()
        except ValueError:
            return ""
        message = data.get("message") if isinstance(data, dict) else None
        return f": {self._shown(message)}" if isinstance(message, str) else ""

    def _shown(self, text: str) -> str:
        """What a server says, as a person may see it, and never with the token."""
        return visible(" ".join(text.replace(self.token.token, "***").split()))[:500]


def _pause(answer: requests.Response, attempt: int, now: float) -> float | None:
    """How long to wait before the next attempt; None where another one does not help."""
    headers = answer.headers
    limited = answer.status_code == 429 or (
        answer.status_code == 403 and ("retry-after" in headers or headers.get("x-ratelimit-remaining") == "0")
    )
    if not limited and answer.status_code not in (500, 502, 503, 504):
        return None
    if (after := _number(headers.get("retry-after"))) is not None:
        return after if after <= _LONGEST_PAUSE else None
    reset = _number(headers.get("x-ratelimit-reset"))
    if limited and reset is not None:
        return max(reset - now, 1.0) if reset - now <= _LONGEST_PAUSE else None
    return 60.0 if limited else 2.0**attempt


def _number(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdigit() else None


def _host(address: str) -> str:
    return visible(urlsplit(address).netloc.rpartition("@")[2])
