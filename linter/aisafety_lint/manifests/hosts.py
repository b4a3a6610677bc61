"""Where a URL leads: the tests of the `url` predicate."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

_LOCAL_NAMES = frozenset({"localhost", "host.docker.internal", "host.containers.internal", "gateway.docker.internal"})
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".svc", ".svc.cluster.local", ".lan", ".home.arpa", ".test")
_REFERENCE = re.compile(r"\$\{|\$\(|\$[A-Za-z_]|\{\{|\{env:|<[^<>]*>")


def url_meets(text: str, argument: Mapping[str, Any], words: Callable[[Any], tuple[Any, ...]]) -> dict[str, str] | None:
    """Test a URL: `scheme` (one or a list), `host` (`remote`, or `local`: this machine or its own network).

    Gives `host` for the message, or None. A host that is a variable or that is not known is neither remote nor local.
    """
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname or ""
    except ValueError:
        return None
    if "scheme" in argument and parts.scheme.lower() not in words(argument["scheme"]):
        return None
    if "host" in argument and argument["host"] != _side(host, parts.netloc):
        return None
    return {"host": host}


def _side(host: str, netloc: str) -> str:
    if not host or _REFERENCE.search(netloc):
        return "unknown"
    return "local" if is_local(host) else "remote"


def is_local(host: str) -> bool:
    """Whether a host name or address is this machine, a container beside it, or a private network."""
    host = host.rstrip(".").lower()
    if host in _LOCAL_NAMES or host.endswith(_LOCAL_SUFFIXES):
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        # A name without a dot resolves only beside its own service: compose services, hosts of the local network.
        return "." not in host
    return address.is_loopback or address.is_private or address.is_link_local or address.is_unspecified
