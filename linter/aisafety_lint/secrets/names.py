"""Which names hold a credential: the last words of a name decide, qualifiers before them can veto."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from aisafety_lint.secrets.searching import Pass, passes

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PLURALS = frozenset({"keys", "tokens", "passwords"})
_COUNTER = re.compile(r"\d{1,3}|v\d")
_SEPARATOR = (
    r"(?:\\?[\"'`\])]){0,3}[ \t]{0,20}(?:string[ \t]{0,20}(?==))?"
    r"(?:=>|:=|==|\|\||\?\?|[:=,>]|or(?=[ ])|if(?=[ ]))[ \t]{0,20}"
)
# The rest of a name and what separates it from its value; or what is only said to be a key, as in
# `vendor token 0a1b...`: of such values only formats of the vendor count.
_FOLLOWING = rf"(?=(?:([a-z0-9_-]{{0,20}}){_SEPARATOR}|()[ -](?=[a-z0-9_.+/=-]{{24}}))())"


class Role(Enum):
    """What a name says about its value."""

    NONE = 0
    CREDENTIAL = 1
    PASSWORD = 2
    # A secret that this software itself signs or checks with.
    OWN = 3


def split(name: str) -> tuple[str, ...]:
    """The words of a name in any case style, in lower case: `openAIKey` gives open, ai, key."""
    return tuple(word.lower() for word in _WORDS.findall(name[-120:]))


def squash(text: str) -> str:
    """The letters and digits of a text in lower case, to compare words whatever the style."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def mentions(words: tuple[str, ...], keyword: str) -> bool:
    """Whether consecutive words, run together, begin with a squashed keyword; a short keyword must be a whole word."""
    for index in range(len(words)):
        joined = ""
        for word in words[index : index + 6]:
            joined += word
            if len(joined) >= len(keyword):
                break
        if joined == keyword or (len(keyword) > 3 and joined.startswith(keyword)):
            return True
    return False


@dataclass(frozen=True)
class Names:
    """The judgement on names, from data.

    `roots` find words in lower case of which every name of a credential has one, where it may have a value: the name
    ends where the first or second group of the match does, the value begins at the third. `_roles` remembers what was
    decided.
    """

    heads: frozenset[str]
    passwords: frozenset[str]
    vetoes: frozenset[str]
    endings: frozenset[str]
    addresses: frozenset[str]
    own: frozenset[str]
    issued: frozenset[str]
    vendors: frozenset[str]
    roots: tuple[Pass, ...]
    queried: frozenset[str]
    callers: frozenset[str]
    prompt_words: frozenset[str]
    prompt_names: frozenset[str]
    spoken: tuple[tuple[str, bytes], ...]
    prompt_folders: frozenset[str]
    prompt_files: frozenset[str]
    _roles: dict[str, Role] = field(default_factory=dict, init=False, repr=False, compare=False)

    @staticmethod
    def build(names: Mapping[str, Any], prompts: Mapping[str, Any], vendors: Iterable[str]) -> "Names":
        """Build the judgement from the data of a judgement file."""
        heads = frozenset(map(squash, names["heads"]))
        return Names(
            heads=heads,
            passwords=frozenset(names["passwords"]),
            vetoes=frozenset(map(str, names["vetoes"])),
            endings=frozenset(names["endings"]),
            addresses=frozenset(map(squash, names["addresses"])),
            own=frozenset(map(squash, names["own"])),
            issued=frozenset(names["issued"]),
            vendors=frozenset(
                word for word in vendors if len(word) > 2 and word != "any" and not word.endswith(tuple(heads))
            ).difference(names["made_here"]),
            roots=passes(names["roots"], _FOLLOWING),
            queried=frozenset(names["queried"]),
            callers=frozenset(names["callers"]),
            prompt_words=frozenset(prompts["words"]),
            prompt_names=frozenset(map(squash, prompts["exact"])),
            spoken=tuple((word, word.encode()) for word in prompts["spoken"]),
            prompt_folders=frozenset(prompts["folders"]),
            prompt_files=frozenset(prompts["files"]),
        )

    def role(self, name: str) -> Role:
        """What kind of credential a name holds, if any."""
        found = self._roles.get(name)
        if found is None:
            found = self._roles[name] = _role(self, name)
        return found

    def is_prompt(self, name: str) -> bool:
        """Whether a name holds text that is put in front of a model."""
        words = split(name)
        return not self.prompt_words.isdisjoint(words[-2:]) or squash(name) in self.prompt_names

    def is_prompt_file(self, path: str) -> bool:
        """Whether a file holds text that is put in front of a model, by its path."""
        parts = path.lower().split("/")
        words = split(" ".join((*parts[-2:-1], parts[-1].partition(".")[0])))
        return parts[-1] in self.prompt_files or not self.prompt_folders.isdisjoint(words)

    def is_address(self, name: str) -> bool:
        """Whether a name holds the address of a service, in which a credential may stand."""
        words = _stem(self, split(name))
        return any("".join(words[-size:]) in self.addresses for size in (1, 2))

    def takes_a_credential(self, callee: str) -> bool:
        """Whether the first argument of what is called is a credential, by its name."""
        words = split(callee)
        return bool(words) and (words[-1] in self.callers or squash(callee) in self.callers | self.vendors)

    def tells_key(self, name: str, value: str) -> bool:
        """Whether a name is that of an entry in a store of secrets, and the value names it: `TOKEN_SECRET_KEY`."""
        words = _stem(self, split(name))
        return words[-2:] == ("secret", "key") and squash(value) in self.heads and squash(value) in words[:-2]

    def says_itself(self, name: str, value: str) -> bool:
        """Whether a value is made of words of its name that are no part of what makes it a secret: `DEFAULT_SECRET`."""
        words = _stem(self, split(name))
        told = {word.rstrip("s") for word in split(value)}
        size = next((n for n in (3, 2, 1) if "".join(words[-n:]) in self.own), 0)
        return told <= {word.rstrip("s") for word in words} and not told.isdisjoint(words[: len(words) - size])

    def names_one(self, value: str) -> bool:
        """Whether a value is itself the name of a credential, as in `tokenIssueSecret`, or of no more than a kind."""
        humps = value.isalpha() and value != value.lower() and value[:1].islower()
        return (humps and self.role(value) is not Role.NONE) or value in ("key", "token", "jwt")

    def alone(self, name: str) -> bool:
        """Whether the name is nothing but its head: `secret`, not `server_secret`."""
        return len(_stem(self, split(name))) == 1


def _stem(names: Names, words: tuple[str, ...]) -> tuple[str, ...]:
    while len(words) > 1 and (words[-1] in names.endings or _COUNTER.fullmatch(words[-1])):
        words = words[:-1]
    return words


def _role(names: Names, name: str) -> Role:
    words = _stem(names, split(name))
    if not words:
        return Role.NONE
    last = words[-1]
    if last in _PLURALS:
        # A list of what others issued; a count has no literal that is random.
        singular = _role(names, "_".join((*words[:-1], last[:-1])))
        return singular if singular is Role.NONE else Role.CREDENTIAL
    size = next((n for n in (3, 2, 1) if len(words) >= n and "".join(words[-n:]) in names.heads), 0)
    if not size and any(len(last) > len(head) > 5 and last.endswith(head) for head in names.heads):
        size = 1
    if (
        not size
        and last in ("key", "auth")
        and any("".join(words[i:-1]) in names.vendors for i in range(len(words) - 1))
    ):
        size = 1
    if not size or not names.vetoes.isdisjoint(words[:-size]):
        return Role.NONE
    if any(last.endswith(word) for word in names.passwords):
        return Role.PASSWORD
    own = next((n for n in (3, 2, 1) if len(words) >= n and "".join(words[-n:]) in names.own), 0)
    if not own:
        return Role.CREDENTIAL
    foreign = not names.issued.isdisjoint(words[:-own]) or any(mentions(words, vendor) for vendor in names.vendors)
    return Role.CREDENTIAL if foreign else Role.OWN
