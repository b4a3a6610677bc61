"""What the site is made of: pages, and the sections that hold them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Page:
    """One page: where it lies below the site's root, its title in the navigation, and its Markdown."""

    path: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """Pages under one heading of the navigation.

    `aside` are pages that only others link to, `files` other files by their path, copied as they are.
    """

    title: str
    pages: "tuple[Page | Section, ...]"
    aside: tuple[Page, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)

    def every_page(self) -> Iterator[Page]:
        """The pages of the navigation, of the section and of those in it."""
        for page in self.pages:
            if isinstance(page, Page):
                yield page
            else:
                yield from page.every_page()

    def every_aside(self) -> Iterator[Page]:
        """The pages beside the navigation, of the section and of those in it."""
        yield from self.aside
        for page in self.pages:
            if isinstance(page, Section):
                yield from page.every_aside()

    def navigation(self) -> dict[str, list[object]]:
        """The section as an entry of the navigation of mkdocs."""
        return {
            self.title: [
                {page.title: page.path} if isinstance(page, Page) else page.navigation() for page in self.pages
            ]
        }
