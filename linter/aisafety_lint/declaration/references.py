"""What a declaration refers to, beside what is there: suites, documents, the switch, owners, how long logs are kept."""

from collections.abc import Iterator, Sequence

from aisafety_lint.declaration.content import answer
from aisafety_lint.declaration.killswitch import reads_of
from aisafety_lint.declaration.model import Breach, PromisedAgent, Promises, Worker
from aisafety_lint.declaration.reading import key_span
from aisafety_lint.declaration.surroundings import Surroundings
from aisafety_lint.declaration.terms import Terms
from aisafety_lint.evals.model import Cover, Suite, covered
from aisafety_lint.evals.tree import at, items, text
from aisafety_lint.finding import Confidence, Location
from aisafety_lint.manifests.nodes import Node, Scalar
from aisafety_lint.program.model import Program

_DOCUMENTS = (
    "owner.escalation",
    "incident.report_to",
    "rollback.how",
    "monitoring.where",
    "monitoring.alerts",
    "system.threat_model.path",
)
_RUNS = ("every_change", "schedule")
_LONGEST = 5  # letters of the ending of a file


def reference_breaches(
    promised: Promises, around: Surroundings, program: Program, found: Sequence[Worker], terms: Terms
) -> Iterator[Breach]:
    """Everything that a declaration names and that is not there, or is not as it says."""
    yield from _addresses(promised, around, program, found)
    yield from _suites(promised, around)
    yield from _documents(promised, around)
    yield from _switch(promised, around, program, terms)
    yield from _owner(promised, around)
    yield from _retention(promised, around, terms)
    yield from _instrumentation(promised, around, found, terms)


def _addresses(promised: Promises, around: Surroundings, program: Program, found: Sequence[Worker]) -> Iterator[Breach]:
    """Agents whose code is not where they are said to be."""
    for agent in promised.agents:
        problem = _address_problem(agent, around, program, found)
        if problem:
            yield Breach(
                kind="declared-tool-absent",
                location=Location(promised.path, agent.address_span),
                words={"problem": problem},
                key=agent.name,
            )


def _address_problem(agent: PromisedAgent, around: Surroundings, program: Program, found: Sequence[Worker]) -> str:
    if not agent.path:
        return ""
    if not around.exists(agent.path):
        return f"the code of the agent `{agent.name}` is said to be in `{agent.path}`, which is not there"
    source = around.read(agent.path) if agent.symbol else None
    if source is None or any(worker.path == agent.path for worker in found):
        return ""
    last = agent.symbol.rpartition(".")[2]
    return "" if last in source.text else f"`{agent.path}` has no `{agent.symbol}`, the agent `{agent.name}`"


def _suites(promised: Promises, around: Surroundings) -> Iterator[Breach]:
    """Suites that are not there, or do not test what they are said to cover."""
    suites = [suite for suite in around.evaluation.suites if not suite.external]
    for number, entry in enumerate(items(at(promised.root, "evals"))):
        config = answer(at(entry, "config"))
        if not config:
            continue
        name, place = text(at(entry, "id")) or str(number + 1), _place(promised, at(entry, "config"))
        hits = around.found(promised.folder, config)
        if not hits:
            yield _suite(place, name, f"its configuration `{config}` is not there")
            continue
        known = tuple(suite for suite in suites if suite.path in hits)
        yield from _claims(promised, entry, name, known)
        runs = text(at(entry, "runs"))
        unwired = bool(known) and all(suite.wired is Cover.ABSENT for suite in known)
        if runs in _RUNS and unwired and any(suite.wired is not Cover.ABSENT for suite in suites):
            yield _suite(_place(promised, at(entry, "runs")), name, f"no pipeline runs it, but `runs` says `{runs}`")


def _claims(promised: Promises, entry: Node, name: str, known: tuple[Suite, ...]) -> Iterator[Breach]:
    """The dimensions that a suite is said to cover and does not."""
    claimed = [item for item in items(at(entry, "covers")) if isinstance(item, Scalar)]
    missing = [
        item
        for item in claimed
        if known and all(item.raw in suite.coverage for suite in known) and covered(known, item.raw) is Cover.ABSENT
    ]
    if missing:
        told = ", ".join(f"`{item.raw}`" for item in missing)
        related = tuple(Location(suite.path, suite.span, f"a suite of {suite.title}") for suite in known)
        yield _suite(
            Location(promised.path, missing[0].span),
            name,
            f"it is said to cover {told} and tests nothing of it",
            related,
        )


def _suite(place: Location, name: str, problem: str, related: tuple[Location, ...] = ()) -> Breach:
    return Breach(
        kind="declared-evaluation-not-found",
        location=place,
        words={"suite": name, "problem": problem},
        related=related,
        key=name,
    )


def _documents(promised: Promises, around: Surroundings) -> Iterator[Breach]:
    """Documents that are referred to and are not there."""
    for where in _DOCUMENTS:
        node = at(promised.root, where)
        path = answer(node)
        if is_path(path) and not around.found(promised.folder, path.partition("#")[0]):
            yield Breach(
                kind="declared-document-not-found",
                location=_place(promised, node),
                words={"key": where, "path": path},
                key=where,
            )


def is_path(answered: str) -> bool:
    """Whether a place is a path in the repository: not an address, a channel or the name of somebody."""
    plain = answered.partition("#")[0]
    if not plain or answered.startswith(("#", "@")) or "://" in answered or " " in plain or "@" in answered:
        return False
    name, _, ending = plain.rpartition("/")[2].rpartition(".")
    # An address without its scheme has a host before the first slash.
    host = "/" in plain and "." in plain.partition("/")[0].lstrip(".")
    return not host and bool(name) and 0 < len(ending) <= _LONGEST and ending.isalnum()


def _switch(promised: Promises, around: Surroundings, program: Program, terms: Terms) -> Iterator[Breach]:
    """A switch that nothing in the code asks about, or goes by."""
    node = at(promised.root, "rollback.kill_switch")
    kind, _, name = answer(node).partition(":")
    related: tuple[Location, ...] = ()
    problem = ""
    if kind == "env" and name.strip():
        problem, related = _variable_problem(name.strip(), around, program, terms)
    elif kind == "code":
        path, _, symbol = name.partition(":")
        hits = around.found(promised.folder, path)
        source = around.read(hits[0]) if hits else None
        if not hits:
            problem = f"`{path}` is not there"
        elif source is not None and symbol.rpartition(".")[2] not in source.text:
            problem = f"`{path}` has no `{symbol}`"
    if problem:
        yield Breach("kill-switch-not-found", _place(promised, node), {"problem": problem}, related=related)


def _variable_problem(
    name: str, around: Surroundings, program: Program, terms: Terms
) -> tuple[str, tuple[Location, ...]]:
    """Why a variable of the environment switches nothing off, and where it is read all the same."""
    mentions = around.mentioning(name)
    if not mentions:
        return f"no code reads the variable `{name}`", ()
    reads = reads_of(program, name, terms.tracing)
    # What is mentioned elsewhere, or read by settings or another language, may be gone by there.
    if not reads.places or reads.heeded or not mentions <= {place.path for place in reads.places}:
        return "", ()
    return f"`{reads.places[0].path}` reads the variable `{name}`, and nothing is decided by it", reads.places


def _owner(promised: Promises, around: Surroundings) -> Iterator[Breach]:
    """The accountable one is another than the code owners of the agent and of the declaration."""
    node = at(promised.root, "owner.accountable")
    owner = answer(node)
    paths = [promised.path, *(agent.path for agent in promised.agents if agent.path)]
    named = around.owners(paths)
    alike = {other for other in named if other.startswith("@") == owner.startswith("@")}
    known = owner.startswith("@") or ("@" in owner and " " not in owner)
    # Whether a person belongs to a team is not in the repository.
    maybe_member = "/" not in owner and any("/" in other for other in named)
    if known and alike and not maybe_member and owner.lower() not in {other.lower() for other in alike}:
        told = ", ".join(f"`{other}`" for other in sorted(alike)[:3])
        yield Breach(
            kind="declared-owner-is-no-code-owner",
            location=_place(promised, node),
            words={"owner": owner, "owners": told},
            confidence=Confidence.MEDIUM,
        )


def _retention(promised: Promises, around: Surroundings, terms: Terms) -> Iterator[Breach]:
    """Logs are kept for fewer days than declared, wherever the infrastructure says a number."""
    node = at(promised.root, "monitoring.retention_days")
    declared = node.value if isinstance(node, Scalar) else None
    if not isinstance(declared, int) or isinstance(declared, bool):
        return
    kept = [
        (days.value, path, days) for path, days in around.retentions(terms.retention) if isinstance(days.value, int)
    ]
    # Zero is for ever.
    if not kept or any(number == 0 or number >= declared for number, _, _ in kept):
        return
    longest, path, _ = max(kept, key=lambda one: one[0])
    yield Breach(
        kind="retention-shorter-than-declared",
        location=_place(promised, node),
        words={"declared": str(declared), "found": str(longest), "path": path},
        related=tuple(Location(path, days.span, f"keeps {number} days") for number, path, days in kept),
    )


def _instrumentation(
    promised: Promises, around: Surroundings, found: Sequence[Worker], terms: Terms
) -> Iterator[Breach]:
    """Logs are declared, and no Python file imports anything that could write them."""
    logs = at(promised.root, "monitoring.logs")
    if not items(logs) or not found or not around.modules:
        return
    roots = {".".join(name.split(".")[:count]) for name in around.modules for count in (1, 2, 3)}
    if roots.isdisjoint(terms.tracing):
        told = ", ".join(f"`{text(item)}`" for item in items(logs))
        yield Breach(
            kind="no-monitoring",
            location=Location(promised.path, key_span(promised, "monitoring.logs")),
            words={"problem": f"{told} are said to be logged, and nothing in the code writes a log or a trace"},
            confidence=Confidence.MEDIUM,
            related=tuple(Location(worker.path, worker.span, "builds the agent") for worker in found[:1]),
        )


def _place(promised: Promises, node: Node | None) -> Location:
    return Location(promised.path, promised.span if node is None else node.span)
