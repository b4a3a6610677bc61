"""The hook of mkdocs: puts the generated pages into the site, and behind the others into its navigation."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

from sitegen.sections import sections


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages and files; nothing is written into the sources."""
    for section in sections():
        assert config.nav is not None
        config.nav.append(section.navigation())
        for page in section.every_page():
            files.append(File.generated(config, page.path, content=page.text))
        for page in section.every_aside():
            files.append(File.generated(config, page.path, content=page.text, inclusion=InclusionLevel.NOT_IN_NAV))
        for path, content in section.files.items():
            files.append(File.generated(config, path, content=content))
    return files
