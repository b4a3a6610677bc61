"""Settings: which file is found, what it may say, who wins, and how a mistake in it is told."""

import datetime
import json
import re
from pathlib import Path

import jsonschema
import pytest

from aisafety_lint.config import Config
from aisafety_lint.errors import UserError
from aisafety_lint.finding import Confidence, Finding, Location, Persona, Severity
from aisafety_lint.knowledge import Knowledge, builtin_root
from aisafety_lint.rule import HEADINGS, Rule
from aisafety_lint.select import resolve
from aisafety_lint.settings import CommandLine, anchor, load_config
from aisafety_lint.settings_schema import config_schema, config_schema_text
from aisafety_lint.settings_view import settings_text
from aisafety_lint.source import Span
from conftest import MakeTree

TODAY = datetime.date(2026, 11, 20)


def load(root: Path, *paths: str, cwd: Path | None = None, **settings: object) -> Config:
    given = tuple(str(root / path) for path in paths) or (str(root),)
    return load_config(CommandLine(given, settings=settings), cwd=cwd or root, today=TODAY)


def error_of(root: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        load(root)
    return caught.value


class TestRoot:
    def test_it_is_the_git_root(self, tree: MakeTree) -> None:
        root = tree({".git/HEAD": "", "a/b/c.py": ""})
        assert load(root, "a/b").root == root
        assert load(root, "a/b/c.py").root == root

    def test_a_linked_work_tree_has_a_file_there(self, tree: MakeTree) -> None:
        root = tree({".git": "gitdir: elsewhere", "a/b.py": ""})
        assert load(root, "a").root == root

    def test_without_git_it_is_the_common_folder(self, tree: MakeTree) -> None:
        root = tree({"a/b/c.py": "", "a/d/e.py": ""})
        assert load(root, "a").root == root / "a"
        assert load(root, "a/b/c.py").root == root / "a/b"
        assert load(root, "a/b", "a/d/e.py").root == root / "a"

    def test_paths_are_real_and_named_once(self, tree: MakeTree) -> None:
        root = tree({".git/HEAD": "", "a/b.py": ""})
        (root / "link").symlink_to("a")
        assert load(root, "link", "a", "a/../a").paths == (root / "a",)


class TestWhichFile:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("pyproject.toml", '[tool.aisafety-lint]\npersona = "auditor"'),
            ("aisafety-lint.toml", 'persona = "auditor"'),
            (".github/aisafety-lint.toml", 'persona = "auditor"'),
        ],
    )
    def test_it_is_found_in_the_root(self, tree: MakeTree, tmp_path: Path, name: str, text: str) -> None:
        root = tree({".git/HEAD": "", "sub/a.py": "", name: text})
        for config in (load(root), load(root, "sub"), load(root, cwd=root / "sub"), load(root, "sub", cwd=tmp_path)):
            assert config.persona is Persona.AUDITOR
            assert config.origins == {"persona": name}

    def test_the_nearest_to_the_working_directory_counts(self, tree: MakeTree) -> None:
        settings = {"aisafety-lint.toml": 'fail-on = "low"', "sub/aisafety-lint.toml": 'fail-on = "high"'}
        root = tree({".git/HEAD": "", "sub/deep/a.py": "", **settings})
        assert load(root, "sub/deep").fail_on is Severity.LOW
        assert load(root, "sub/deep", cwd=root / "sub/deep").fail_on is Severity.HIGH

    def test_none_above_the_root_counts(self, tree: MakeTree) -> None:
        root = tree({"aisafety-lint.toml": "strict = true", "repository/.git/HEAD": ""})
        assert load(root / "repository").file is None

    def test_a_pyproject_without_settings_is_none(self, tree: MakeTree) -> None:
        root = tree({".git/HEAD": "", "aisafety-lint.toml": "strict = true", "sub/pyproject.toml": "[project]"})
        assert load(root, cwd=root / "sub").strict

    def test_of_two_in_one_folder_one_decides_and_that_is_told(self, tree: MakeTree) -> None:
        root = tree({"aisafety-lint.toml": "strict = true", "pyproject.toml": "[tool.aisafety-lint]\nstrict = false"})
        config = load(root)
        assert config.strict
        assert [item.message for item in config.notifications] == [
            "`aisafety-lint.toml` decides, the settings in `pyproject.toml` have no effect."
        ]

    def test_a_broken_pyproject_without_settings_only_makes_a_note(self, tree: MakeTree) -> None:
        config = load(tree({"pyproject.toml": "{{ template }}"}))
        assert [(item.id, item.level.value) for item in config.notifications] == [("unreadable-settings", "note")]

    def test_isolated_means_none(self, tree: MakeTree) -> None:
        root = tree({"aisafety-lint.toml": "strict = true"})
        assert load_config(CommandLine((str(root),), isolated=True), cwd=root).file is None

    def test_a_named_one_counts_wherever_it_is(self, tree: MakeTree) -> None:
        root = tree({"work/aisafety-lint.toml": "strict = false", "other.toml": "strict = true"})
        line = CommandLine((str(root / "work"),), config=str(root / "other.toml"))
        assert load_config(line, cwd=root).strict

    def test_a_link_out_of_the_project_is_not_read(self, tree: MakeTree, tmp_path: Path) -> None:
        (tmp_path / "evil.toml").write_text("strict = true")
        root = tree({".git/HEAD": ""})
        (root / "aisafety-lint.toml").symlink_to(tmp_path / "evil.toml")
        config = load(root)
        assert not config.strict
        assert [item.id for item in config.notifications] == ["link-out-of-root"]


class TestMistakes:
    """Each names the place and the way out."""

    @pytest.mark.parametrize(
        ("text", "message", "hint"),
        [
            ("\nfail_on = 1", "2:1: unknown key `fail_on`", "did you mean `fail-on`?"),
            ('persona = "auditer"', "1:1: `persona` cannot be the string `auditer`", "did you mean `auditor`?"),
            ('fail-on = "worst"', "1:1: `fail-on` cannot be", "it is one of `low`, `medium`, `high`, `critical`"),
            ("persona = 3", "1:1: `persona` cannot be `3`", "it is one of `regular`, `pedantic`, `auditor`"),
            ('select = "ALL"', "1:1: `select` must be a list, not the string `ALL`", ""),
            ('ignore = [\n  "a",\n  7]', "3:3: `ignore[1]` must be a string, not `7`", ""),
            ("max-file-size = 10", "1:1: `max-file-size` must be at least 1000", ""),
            ("strict = 1", "1:1: `strict` must be true or false, not `1`", ""),
            ('exclude = [""]', "1:12: `exclude[0]` is empty", ""),
            ('rules = ["a\\u0000b"]', "1:10: `rules[0]` has control characters", ""),
            ("[tool.aisafety-lint]", "1:2: unknown key `tool`", "only in `pyproject.toml` the settings are in"),
            ("zzz = 1", "1:1: unknown key `zzz`", "the keys are select, ignore, "),
            ("a = 1\nb = 2\n\nfail-on = 3", "1:1: unknown key `a` (and 1 more)", "the keys are"),
            ('[[overrides]]\npaths = ["x"]', "1:1: `overrides[0]` has no `reason`", "say why"),
            ('[[overrides]]\nreason = "x"', "1:1: `overrides[0]` has no `paths`", ""),
            (
                '[[overrides]]\npaths = ["x"]\nreason = "y"\nexpires = "soon"',
                "4:1: `overrides[0].expires` is not a date: `soon`",
                "a date is written 2027-01-31",
            ),
            (
                '[[overrides]]\npaths = ["x"]\nreason = "y"\nexpires = "2027-02-30"',
                "4:1: `overrides[0].expires` is not a date: `2027-02-30`",
                "a date is written",
            ),
            (
                '[[overrides]]\npaths = ["x"]\nreason = "y"\npath = 1',
                "4:1: unknown key `overrides[0].path`",
                "did you mean `paths`?",
            ),
            ("a = [1,\nb = 2", "2:1: not valid TOML: ", ""),
        ],
    )
    def test_they_are_told_with_their_place(self, tree: MakeTree, text: str, message: str, hint: str) -> None:
        error = error_of(tree({"aisafety-lint.toml": text}))
        assert error.message.startswith(f"aisafety-lint.toml:{message}")
        assert error.hint.startswith(hint) if hint else not error.hint

    def test_in_pyproject_too(self, tree: MakeTree) -> None:
        text = '[project]\nname = "x"\n\n[tool.aisafety-lint]\nextend-select = []\nextend-ignore = []\n'
        error = error_of(tree({"pyproject.toml": text}))
        assert error.message == "pyproject.toml:6:1: unknown key `extend-ignore`"
        assert error.hint == "did you mean `ignore` or `extend-select`?"

    def test_a_table_that_is_no_table(self, tree: MakeTree) -> None:
        error = error_of(tree({"pyproject.toml": "[tool]\naisafety-lint = 1"}))
        assert error.message == "pyproject.toml: `tool.aisafety-lint` must be a table"

    def test_a_file_that_nests_too_deeply(self, tree: MakeTree) -> None:
        error = error_of(tree({"aisafety-lint.toml": f"a = {'[' * 100_000}"}))
        assert "not valid TOML: it nests too deeply" in error.message

    def test_a_named_file_that_is_missing_or_has_no_settings(self, tree: MakeTree) -> None:
        root = tree({"pyproject.toml": "[project]"})
        with pytest.raises(UserError, match="does not exist"):
            load_config(CommandLine((str(root),), config=str(root / "no.toml")))
        with pytest.raises(UserError, match=re.escape("has no table `[tool.aisafety-lint]`")):
            load_config(CommandLine((str(root),), config=str(root / "pyproject.toml")))


class TestOwnRules:
    def test_folders_are_relative_to_the_file(self, tree: MakeTree) -> None:
        root = tree({".git/HEAD": "", "policy/x": "", ".github/aisafety-lint.toml": 'rules = ["policy"]'})
        assert load(root).rules == (root / "policy",)

    @pytest.mark.parametrize("folder", ["..", "/etc", "link"])
    def test_they_lie_in_the_project(self, tree: MakeTree, folder: str) -> None:
        root = tree({".git/HEAD": "", "aisafety-lint.toml": f'rules = ["{folder}"]'})
        (root / "link").symlink_to("/etc")
        error = error_of(root)
        assert error.message == f"aisafety-lint.toml:1:10: `{folder}` lies outside the project"

    def test_they_exist(self, tree: MakeTree) -> None:
        assert error_of(tree({"aisafety-lint.toml": 'rules = ["no"]'})).message.endswith("`no` is not a folder")

    def test_a_configuration_runs_no_code(self, tree: MakeTree, tmp_path: Path) -> None:
        mark = tmp_path / "ran"
        code = f"open({str(mark)!r}, 'w')"
        names = ["policy/__init__.py", "policy/conftest.py", "policy/output-sinks/x.py", "aisafety_lint.py", "yaml.py"]
        root = tree({"aisafety-lint.toml": 'rules = ["policy"]', **dict.fromkeys(names, code)})
        config = load(root)
        assert Knowledge((builtin_root(), *config.rules)).rules
        assert not mark.exists()


class TestOverrides:
    TEXT = '[[overrides]]\npaths = ["old/"]\nignore = ["secrets"]\nreason = "Goes away."\nexpires = {}\n'

    def test_they_hold_through_their_last_day(self, tree: MakeTree) -> None:
        config = load(tree({"aisafety-lint.toml": self.TEXT.format("2026-11-20")}))
        (override,) = config.overrides
        assert (override.paths, override.ignore, override.expires) == (("old/",), ("secrets",), "2026-11-20")
        assert config.notifications == ()

    @pytest.mark.parametrize("date", ["2026-11-19", '"2026-11-19"'])
    def test_then_they_have_no_effect_and_that_is_told(self, tree: MakeTree, date: str) -> None:
        config = load(tree({"aisafety-lint.toml": self.TEXT.format(date)}))
        assert config.overrides == ()
        (note,) = config.notifications
        assert (note.id, note.path) == ("override-expired", "aisafety-lint.toml")
        assert note.message == (
            "The override at `aisafety-lint.toml:1:1` expired on 2026-11-19 and has no effect: Goes away."
        )


class TestWhoWins:
    FILE = 'persona = "pedantic"\nselect = ["secrets"]\nignore = ["a"]\nextend-exclude = ["x/"]\n'

    def test_the_command_line(self, tree: MakeTree) -> None:
        root = tree({"aisafety-lint.toml": self.FILE})
        config = load(root, persona=Persona.AUDITOR, extend_exclude=("y/",), ignore=("b",))
        assert config.persona is Persona.AUDITOR
        assert (config.select, config.ignore) == (("secrets",), ("a", "b"))
        assert config.extend_exclude == ("x/", "y/")

    def test_who_selects_on_the_command_line_starts_afresh(self, tree: MakeTree) -> None:
        config = load(tree({"aisafety-lint.toml": self.FILE}), select=("a",))
        assert (config.select, config.ignore) == (("a",), ())

    def test_every_value_knows_where_it_comes_from(self, tree: MakeTree) -> None:
        root = tree({"aisafety-lint.toml": self.FILE})
        lines = settings_text(load(root, fail_on=Severity.HIGH, extend_exclude=("y/",))).splitlines()
        assert lines[:3] == [f"# root: {root}", f"# path: {root}", "# file: aisafety-lint.toml"]
        assert 'persona = "pedantic"  # aisafety-lint.toml' in lines
        assert 'fail-on = "high"  # command line' in lines
        assert 'min-severity = "low"  # default' in lines
        assert 'extend-exclude = ["x/", "y/"]  # aisafety-lint.toml, command line' in lines

    def test_patterns_are_relative_to_the_file(self, tree: MakeTree) -> None:
        root = tree({".git/HEAD": "", "sub/aisafety-lint.toml": 'extend-exclude = ["old/", "a/b"]\ntests = ["/t/"]'})
        config = load(root, cwd=root / "sub")
        assert config.extend_exclude == ("/sub/**/old/", "/sub/a/b")
        assert config.tests == ("/sub/t/",)
        assert anchor("!x", "sub") == "!/sub/**/x"


class TestSchema:
    def test_the_shipped_one_is_current(self) -> None:
        shipped = builtin_root() / "schema/config.schema.json"
        assert shipped.read_text("utf-8") == config_schema_text(), "run python -m aisafety_lint.settings_schema"

    def test_it_is_a_schema_and_describes_every_key(self) -> None:
        schema = config_schema()
        jsonschema.Draft202012Validator.check_schema(schema)
        override = schema["properties"]["overrides"]["items"]
        for table in (schema, override):
            assert table["additionalProperties"] is False
            assert all(value["description"].endswith(".") for value in table["properties"].values())
        assert override["required"] == ["paths", "reason"]
        json.dumps(schema)


def rule(name: str, family: str, *tags: str, persona: Persona = Persona.REGULAR, status: str = "stable") -> Rule:
    sections = dict.fromkeys(HEADINGS, "")
    return Rule(
        *(name, family, name, Severity.HIGH, "high", persona, status, "0.1.0", "m", "f"),
        *(tags, (f"old-{name}",), (), {}, sections, Path(f"{name}.md")),
    )


RULES = {
    one.id: one
    for one in (
        rule("to-shell", "output-sinks", "injection"),
        rule("to-sql", "output-sinks", "injection", "database"),
        rule("key", "secrets"),
        rule("style", "secrets", persona=Persona.PEDANTIC),
        rule("gone", "secrets", status="deprecated"),
    )
}


class TestSelection:
    @pytest.mark.parametrize(
        ("settings", "expected"),
        [
            ({}, "to-shell to-sql key style"),
            ({"select": ("ALL",)}, "to-shell to-sql key style"),
            ({"select": ("output-sinks",)}, "to-shell to-sql"),
            ({"select": ("database",)}, "to-sql"),
            ({"select": ("old-key",)}, "key"),
            ({"select": ("gone",)}, "gone"),
            ({"ignore": ("injection",)}, "key style"),
            ({"select": ("key",), "extend_select": ("database",)}, "to-sql key"),
            ({"select": ("to-sql",), "ignore": ("injection",)}, "to-sql"),
            ({"select": ("injection",), "ignore": ("to-sql",)}, "to-shell"),
            ({"select": ("to-sql",), "ignore": ("to-sql",)}, ""),
            ({"select": ("human-approval",)}, ""),
        ],
    )
    def test_the_more_specific_word_wins(self, settings: dict[str, tuple[str, ...]], expected: str) -> None:
        assert list(resolve(Config(Path("/"), (), **settings), RULES).rules) == expected.split()  # type: ignore[arg-type]

    def test_an_unknown_word_on_the_command_line(self) -> None:
        with pytest.raises(UserError) as caught:
            resolve(Config(Path("/"), (), select=("to-sqll",)), RULES)
        assert caught.value.message == "`--select`: no rule, family or tag `to-sqll`"
        assert caught.value.hint.startswith("did you mean `to-sql`")

    def test_an_unknown_word_in_a_file_is_told_with_its_place(self, tree: MakeTree) -> None:
        text = 'ignore = [\n  "key",\n  "secret",\n]\n'
        config = load(tree({"aisafety-lint.toml": text}))
        with pytest.raises(UserError) as caught:
            resolve(config, RULES)
        assert caught.value.message == "aisafety-lint.toml:3:3: no rule, family or tag `secret`"
        assert caught.value.hint.startswith("did you mean `secrets`")

    def test_an_unknown_word_in_an_override_too(self, tree: MakeTree) -> None:
        expired = TestOverrides.TEXT.format("2026-01-01")
        text = f'{expired}[[overrides]]\npaths = ["x"]\nreason = "y"\nignore = ["kee"]\n'
        with pytest.raises(UserError, match=r"aisafety-lint\.toml:9:11: no rule, family or tag `kee`"):
            resolve(load(tree({"aisafety-lint.toml": text})), RULES)


def finding(name: str, path: str = "a.py", persona: Persona = Persona.REGULAR) -> Finding:
    return Finding(name, "m.", Location(path, Span(1, 1, 1, 2)), Severity.HIGH, Confidence.HIGH, persona)


class TestDecision:
    def test_a_finding_for_a_larger_persona_is_hidden_unless_its_rule_is_named(self) -> None:
        style = finding("style", persona=Persona.PEDANTIC)
        assert resolve(Config(Path("/"), ()), RULES).decide(style) == (style, "persona")
        assert resolve(Config(Path("/"), (), select=("secrets",)), RULES).decide(style) == (style, "persona")
        assert resolve(Config(Path("/"), (), select=("style",)), RULES).decide(style) == (style, "")
        unsure = finding("style", persona=Persona.AUDITOR)
        assert resolve(Config(Path("/"), (), select=("style",)), RULES).decide(unsure) == (unsure, "persona")

    def test_a_finding_below_the_least_severity_is_hidden(self) -> None:
        config = Config(Path("/"), (), min_severity=Severity.CRITICAL)
        assert resolve(config, RULES).decide(finding("key"))[1] == "severity"

    def test_overrides_change_what_lies_below_their_paths(self, tree: MakeTree) -> None:
        text = (
            '[[overrides]]\npaths = ["old/", "*.gen.py"]\nignore = ["injection"]\nreason = "x"\n'
            '[[overrides]]\npaths = ["old/"]\nseverity = "low"\nselect = ["key"]\nreason = "x"\n'
        )
        selection = resolve(load(tree({"aisafety-lint.toml": text})), RULES)
        assert selection.decide(finding("to-sql", "new/a.py"))[1] == ""
        assert selection.decide(finding("to-sql", "old/b/a.py"))[1] == "ignored"
        assert selection.decide(finding("to-sql", "new/a.gen.py"))[1] == "ignored"
        assert selection.decide(finding("key", "old/a.py"))[0].severity is Severity.LOW
        assert selection.decide(finding("style", "old/a.py"))[0].severity is Severity.HIGH
