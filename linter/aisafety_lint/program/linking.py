"""What the parts of the resolver ask of each other: takes the index and the models, answers on demand."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from aisafety_lint.program.index import Index
from aisafety_lint.program.models import Models
from aisafety_lint.program.refs import Ref, Refs
from aisafety_lint.program.versions import Versions
from aisafety_lint.python.facts import Annotation


class Linking(ABC):
    """The questions that names, members and results answer together.

    `versions` tells which facts hold for the versions that a module has; `cut` counts the answers that were left
    incomplete because they were being looked for already.
    """

    versions: Versions

    def __init__(self, index: Index, models: Models) -> None:
        self.index = index
        self.models = models
        self.cut = 0

    @abstractmethod
    def refs(self, scope: int, value: int) -> Refs:
        """Everything that a value may stand for; empty where that is unknown."""

    @abstractmethod
    def annotated(self, scope: int, annotation: Annotation, depth: int = 6) -> Refs:
        """Instances of an annotated type; empty for plain types and unknown ones."""

    @abstractmethod
    def module_member(self, module: int, name: str) -> Refs:
        """A name in a module's namespace."""

    @abstractmethod
    def decorated_with(self, scope: int) -> tuple[str, ...]:
        """The names of a function's decorators as written."""

    @abstractmethod
    def member(self, base: Ref, name: str) -> Refs:
        """The attribute of something resolved."""

    @abstractmethod
    def lineage(self, owner: int) -> tuple[Ref, ...]:
        """A class and its bases, nearest first."""

    @abstractmethod
    def subclasses(self, owner: int) -> list[int]:
        """All project classes below a class."""

    @abstractmethod
    def types(self, owner: int) -> tuple[str, ...]:
        """The modelled types that instances of a project class are."""

    @abstractmethod
    def callees(self, scope: int, call: int) -> Refs:
        """What a call calls."""

    @abstractmethod
    def function_of(self, callee: Ref) -> int | None:
        """The project function that a callee runs."""

    @abstractmethod
    def returned(self, callee: Ref) -> Iterable[Ref]:
        """What a project function returns."""

    @property
    @abstractmethod
    def idle(self) -> bool:
        """Whether no question is being answered: only then is an answer complete."""

    @abstractmethod
    def item(self, base: Ref, key: str, depth: int = 4) -> Refs:
        """An element of something resolved; an empty key means any element."""

    @abstractmethod
    def instances(self, named: Ref) -> Iterable[Ref]:
        """Instances of a class."""

    @abstractmethod
    def aliases(self, scope: int, name: str) -> Iterable[tuple[int, Annotation]]:
        """The annotations that a name stands for, each with the scope that it is written in."""

    @abstractmethod
    def dotted(self, scope: int, name: str) -> Refs:
        """A dotted name as written in a scope."""

    @abstractmethod
    def named_like(self, base: Ref, pattern: str) -> Refs:
        """The functions and classes under the names of a class or module that fit a glob."""

    @abstractmethod
    def imported(self, scope: int, module: str, name: str) -> Refs:
        """What an import binds: `name` of a module, or the module itself where the name is empty."""

    @abstractmethod
    def entered(self, base: Ref) -> Iterable[Ref]:
        """What `with` gives of a context manager."""
