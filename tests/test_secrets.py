"""Secrets: every format is found, wherever people write credentials, look-alikes are silent, and nothing is shown."""

import hashlib
import json
import random
import re
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import cast

import jsonschema
import pytest

from aisafety_lint import notebooks
from aisafety_lint.checks.secrets import check
from aisafety_lint.finding import Severity
from aisafety_lint.fingerprint import fingerprints
from aisafety_lint.knowledge import builtin_root, load_yaml
from aisafety_lint.manifests.kinds import Manifest
from aisafety_lint.project import Project
from aisafety_lint.secrets.bulk import thinned
from aisafety_lint.secrets.formats import Format, Formats, fake, load_formats
from aisafety_lint.secrets.matches import SecretMatch
from aisafety_lint.secrets.names import Role, split
from aisafety_lint.secrets.redact import digest, mask, mask_text
from aisafety_lint.secrets.runs import is_near
from aisafety_lint.secrets.scan import scan
from aisafety_lint.secrets.searching import any_of, found_at, passes, present
from aisafety_lint.secrets.shapes import make, parse_shape
from aisafety_lint.source import SourceFile, SourceText
from shared import KNOWLEDGE

FILES = sorted((builtin_root() / "secrets").glob("*.yml"))


@cache
def formats() -> Formats:
    return KNOWLEDGE.part(load_formats)


ALL = formats().by_id
SHAPED = [form for form in ALL.values() if not form.structure]
REPORTED = [form for form in SHAPED if not form.public]


def find(text: str, path: str = "a.py", kind: str = "python") -> tuple[SecretMatch, ...]:
    return scan(SourceText(path, text), kind, formats())


def ids(matches: tuple[SecretMatch, ...]) -> list[str]:
    return [match.format for match in matches]


def name_for(form: Format) -> str:
    """A variable that a value of the format is usually kept in."""
    named = [name for name in form.names if not form.near or is_near(form, name)]
    return named[0] if named else f"{(form.near or ('acme',))[0].upper()}_API_KEY"


class TestData:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_files_follow_their_schema(self, path: object) -> None:
        schema = json.loads((builtin_root() / "schema" / "secret.schema.json").read_text("utf-8"))
        jsonschema.Draft202012Validator(schema).validate(load_yaml(path))  # type: ignore[arg-type]  # a path of FILES

    def test_ids_are_unique(self) -> None:
        listed = [entry["id"] for path in FILES for entry in load_yaml(path).get("formats", [])]
        assert len(listed) == len(set(listed)) == len(ALL)

    def test_the_vendors_of_agents_are_covered(self) -> None:
        vendors = {form.vendor for form in ALL.values() if form.group == "ai"}
        assert len(vendors) >= 60
        assert {"OpenAI", "Anthropic", "Google", "Azure", "AWS", "Hugging Face", "Groq", "Mistral", "Cohere"} <= vendors
        assert {
            "Replicate",
            "Together AI",
            "Perplexity",
            "xAI",
            "DeepSeek",
            "LangSmith",
            "Pinecone",
            "Tavily",
            "E2B",
        } <= vendors

    def test_rules_divide_all_formats_among_them(self) -> None:
        """Every format belongs to one rule for prompts and to exactly one for other places."""
        rules = [rule for rule in KNOWLEDGE.rules.values() if "secret" in rule.match]
        for form in (form for form in ALL.values() if not form.public):
            match = find_made(form)
            per_rule = [rule.id for rule in rules if list(check(rule, project(match)))]
            assert len(per_rule) == 1, (form.id, per_rule)


class TestShapes:
    def test_range_without_end(self) -> None:
        assert parse_shape("eyJ{hex:15-}").pattern.pattern == "eyJ[0-9a-f]{15,}"

    def test_notation(self) -> None:
        shape = parse_shape("ab_{digit:2}-{x|yy|}{[A-C]:1-3}")
        assert shape.pattern.pattern == "ab_[0-9]{2}\\-(?:yy|x|)[A-C]{1,3}"
        assert (shape.prefix, shape.shortest, shape.anchors) == ("ab_", 7, ("ab_",))

    @pytest.mark.parametrize("wrong", ["", "a{digit}", "a{nothing:3}", "a{digit:3", "a}b"])
    def test_wrong_notation_is_refused(self, wrong: str) -> None:
        with pytest.raises(ValueError, match="shape"):
            parse_shape(wrong)

    @pytest.mark.parametrize("form", SHAPED, ids=lambda form: form.id)
    def test_made_up_values_have_the_shape(self, form: Format) -> None:
        for shape in form.shapes:
            value = make(shape, random.Random(form.id))
            assert shape.pattern.fullmatch(value)
            assert not shape.anchors or any(anchor in value for anchor in shape.anchors)


class TestFormats:
    @pytest.mark.parametrize("form", REPORTED, ids=lambda form: form.id)
    def test_is_found(self, form: Format) -> None:
        for seed in range(3):
            value = fake(formats(), form.id, seed)
            for text, path, kind in (
                (f'import os\n\n{name_for(form)} = "{value}"\n', "a.py", "python"),
                (f"# settings\n\n{name_for(form)}={value}\n", ".env", "dotenv"),
                (f'{{\n\n  "{name_for(form)}": "{value}"\n}}\n', "settings.json", "json"),
            ):
                matches = find(text, path, kind)
                assert [match.span.line for match in matches] == [3]
                assert matches[0].length == len(value)

    @pytest.mark.parametrize("form", [form for form in REPORTED if not form.near], ids=lambda form: form.id)
    def test_needs_no_name(self, form: Format) -> None:
        value = fake(formats(), form.id)
        assert form.id in ids(find(f"it says {value} here\n", "run.log", "text"))

    @pytest.mark.parametrize("form", [form for form in REPORTED if form.near], ids=lambda form: form.id)
    def test_needs_its_name(self, form: Format) -> None:
        value = fake(formats(), form.id)
        assert form.id not in ids(find(f"it says {value} here\n", "run.log", "text"))
        assert form.id in ids(find(f'{name_for(form)} = "{value}"\n')) or form.shapes != formats().by_id[form.id].shapes

    @pytest.mark.parametrize("form", REPORTED, ids=lambda form: form.id)
    def test_is_no_part_of_a_longer_word(self, form: Format) -> None:
        value = fake(formats(), form.id)
        assert form.id not in ids(find(f"a long word: x{value}x\n", "a.txt", "text"))

    @pytest.mark.parametrize("form", [form for form in ALL.values() if form.counterexamples], ids=lambda form: form.id)
    def test_look_alikes_are_silent(self, form: Format) -> None:
        for value in form.counterexamples:
            assert find(f'{name_for(form)} = "{value}"\n') == ()
            assert find(f"{name_for(form)}={value}\n", ".env", "dotenv") == ()

    @pytest.mark.parametrize("form", [form for form in SHAPED if form.public], ids=lambda form: form.id)
    def test_public_keys_are_silent(self, form: Format) -> None:
        assert find(f'{name_for(form)} = "{fake(formats(), form.id)}"\n') == ()

    @pytest.mark.parametrize("form", [form for form in SHAPED if form.checksum], ids=lambda form: form.id)
    def test_a_wrong_checksum_is_silent(self, form: Format) -> None:
        value = fake(formats(), form.id)
        broken = ("A" if value[4:5] != "A" else "B").join((value[:4], value[5:]))
        broken = broken if form.checksum in ("jwt", "snowflake") else value[:-1] + ("0" if value[-1] != "0" else "1")
        assert form.id not in ids(find(f'{name_for(form)} = "{broken}"\n'))


CONTEXTS = {
    "assignment": ("a.py", "python", '{name} = "{value}"\n'),
    "annotated": ("a.py", "python", 'class Settings:\n    {lower}: str = "{value}"\n'),
    "field": (
        "a.py",
        "python",
        "class S(BaseSettings):\n    {lower}: SecretStr = Field(\n        default='{value}')\n",
    ),
    "keyword": ("a.py", "python", 'client = Client({lower}="{value}", timeout=3)\n'),
    "parameter": ("a.py", "python", 'def run(task, *, {lower}="{value}"): ...\n'),
    "environment": ("a.py", "python", 'os.environ["{name}"] = "{value}"\n'),
    "default of a look-up": ("a.py", "python", 'key = os.getenv("{name}", "{value}")\n'),
    "alternative": ("a.py", "python", '{lower} = os.getenv("{name}") or "{value}"\n'),
    "concatenation": ("a.py", "python", '{lower} = "{first}" + "{second}"\n'),
    "implicit concatenation": ("a.py", "python", '{lower} = ("{first}"\n    "{second}")\n'),
    "flag": ("a.py", "python", 'parser.add_argument("--{kebab}", default="{value}")\n'),
    "comment": ("a.py", "python", '# {lower} = "{value}"\nx = 1\n'),
    "docstring": ("a.py", "python", 'def f():\n    """Run:\n\n    export {name}={value}\n    """\n'),
    "broken Python": ("a.py", "python", 'print "old"\n{name} = "{value}"\n'),
    "dotenv": (".env", "dotenv", "export {name}='{value}'\n"),
    "shell": ("run.sh", "shell", "{name}={value} python app.py\n"),
    "command line": ("run.sh", "shell", "tool --{kebab} {value} -v\n"),
    "shell default": ("run.sh", "shell", "export {name}=${{{name}:-{value}}}\n"),
    "Dockerfile": ("Dockerfile", "dockerfile", "FROM x\nENV A=1 {name}={value}\n"),
    "old Dockerfile": ("Dockerfile", "dockerfile", "FROM x\nENV {name} {value}\n"),
    "YAML": ("a.yaml", "yaml", "llm:\n  {lower}: {value}\n"),
    "compose list": ("docker-compose.yml", "yaml", "services:\n  a:\n    environment:\n      - {name}={value}\n"),
    "Kubernetes": ("d.yaml", "yaml", "env:\n  - name: {name}\n    value: {value}\n"),
    "TOML": ("a.toml", "toml", '[llm]\n{lower} = "{value}"\n'),
    "INI": ("a.ini", "text", "[llm]\n{lower} = {value}\n"),
    "properties": ("a.properties", "text", "{dotted}={value}\n"),
    "JSON": ("a.json", "json", '{{"{camel}": "{value}"}}\n'),
    "MCP arguments": (".mcp.json", "json", '{{"args": ["-y", "x", "--{kebab}", "{value}"]}}\n'),
    "Terraform": ("a.tf", "text", 'variable "{lower}" {{\n  type    = string\n  default = "{value}"\n}}\n'),
    "XML": ("a.config", "text", '<add key="{camel}" value="{value}" />\n'),
    "TypeScript": ("a.ts", "text", 'const key: string = process.env.{name} ?? "{value}";\n'),
    "Java": ("A.java", "text", 'static final String {name} = "{value}";\n'),
    "Markdown": ("a.md", "markdown", "```sh\nexport {name}={value}\n```\n"),
}
NAMED = (
    "cohere",
    "aws-secret",
    "deepgram",
    "smithery",
    "openai-project",
    "github-pat",
    "generic-secret",
    "signing-secret",
)


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("format_id", NAMED)
def test_found_wherever_people_write_it(context: str, format_id: str) -> None:
    form = ALL[format_id]
    name = {"generic-secret": "GATEWAY_API_KEY", "signing-secret": "JWT_SECRET"}.get(format_id) or name_for(form)
    value = fake(formats(), format_id, len(context))
    words = split(name)
    path, kind, template = CONTEXTS[context]
    text = template.format(
        name=name,
        value=value,
        first=value[:9],
        second=value[9:],
        lower=name.lower(),
        kebab="-".join(words),
        dotted=".".join(words),
        camel=words[0] + "".join(map(str.title, words[1:])),
    )
    matches = find(text, path, kind)
    assert len(matches) == 1
    assert matches[0].digest == digest(value)
    assert matches[0].format == format_id or form.near


def test_identifier_in_a_session_that_is_shown_to_readers() -> None:
    value = hashlib.md5(b"session").hexdigest()
    assert find(f'>>> s = SessionStore(session_key="{value}")\n', "docs/sessions.txt", "text") == ()
    assert find(f'session_key = "{value}"\n', "a.ini", "text")
    token = fake(formats(), "github-pat")
    assert find(f'>>> client = Client(token="{token}")\n', "docs/start.txt", "text")


class TestNotebooks:
    def notebook(self, source: list[str], output: list[str], image: str = "") -> str:
        outputs = [
            {"output_type": "stream", "name": "stdout", "text": output},
            {"output_type": "display_data", "data": {"image/png": image, "text/plain": ["<Figure>"]}, "metadata": {}},
        ]
        cells = [
            {"cell_type": "markdown", "metadata": {}, "source": ["# Title\n"]},
            {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": outputs, "source": source},
        ]
        return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)

    def test_places_are_those_of_the_file(self) -> None:
        value = fake(formats(), "langsmith")
        text = self.notebook(["import os\n", f'os.environ["LANGSMITH_API_KEY"] = "{value}"\n'], [f"é\tkey: {value}\n"])
        matches = find(text, "a.ipynb", "notebook")
        lines = text.split("\n")
        assert len(matches) == 2
        for match in matches:
            assert lines[match.span.line - 1][match.span.column - 1 : match.span.end_column - 1] == value

    def test_commands_are_read(self) -> None:
        value = fake(formats(), "generic-secret")
        assert len(find(self.notebook([f"%env GATEWAY_API_KEY={value}\n", "x = 1\n"], []), "a.ipynb", "notebook")) == 1

    def test_images_are_not(self) -> None:
        image = "".join(fake(formats(), "aws-access-key-id", seed) + "/" for seed in range(50))
        assert find(self.notebook([], [], image), "a.ipynb", "notebook") == ()

    def test_order_of_keys_does_not_matter(self) -> None:
        text = (
            '{"cells": [{"source": ["a = 1\\n", "b"], "cell_type": "code"}, {"source": "x", "cell_type": "markdown"}]}'
        )
        assert [(cell.kind, cell.text) for cell in notebooks.cells(text)] == [("python", "a = 1\nb"), ("markdown", "x")]


class TestStructures:
    @pytest.mark.parametrize("line_end", ["\n", "\r\n"])
    def test_key_block(self, line_end: str) -> None:
        block = fake(formats(), "private-key").replace("\n", line_end)
        (match,) = find(block + line_end, "certs/a.key", "text")
        assert (match.format, match.span.line, match.span.end_line) == ("private-key", 1, 5)

    def test_key_on_one_line(self) -> None:
        block = fake(formats(), "private-key").replace("\n", "\\n")
        (match,) = find(f'{{\n  "private_key": "{block}\\n"\n}}', "sa.json", "json")
        assert (match.format, match.span.line) == ("private-key", 2)

    def test_encrypted_key_is_less_severe(self) -> None:
        (match,) = find(fake(formats(), "encrypted-private-key"), "a.pem", "text")
        assert (match.format, match.severity) == ("encrypted-private-key", Severity.MEDIUM)

    def test_public_key_and_empty_block_are_silent(self) -> None:
        block = fake(formats(), "private-key")
        assert find(block.replace("PRIVATE", "PUBLIC"), "a.pem", "text") == ()
        assert find(re.sub(r"\n.*\n", "\n...\n", block, flags=re.DOTALL), "a.md", "markdown") == ()

    @pytest.mark.parametrize(
        "address",
        [
            "postgresql://localhost:5432/agents",
            "postgresql://user:password@localhost:5432/db",
            "postgresql://agent:{password}@db.acme-corp.net/agents",
            "redis://:${REDIS_PASSWORD}@redis:6379/0",
            "https://github.com/acme/agents.git",
            "https://someone:x81kdPq9@db.example.com/x",
            "https://someone:a%20secret@db.acme-corp.net/x",
        ],
    )
    def test_addresses_that_open_nothing(self, address: str) -> None:
        assert find(f'URL = "{address}"\n') == ()

    def test_password_in_an_address(self) -> None:
        text = f'DATABASE_URL = "{fake(formats(), "uri-password")}"\n'
        (match,) = find(text)
        assert match.format == "uri-password"
        assert text[match.span.column - 2] == ":"
        assert text[match.span.end_column - 1] == "@"

    @pytest.mark.parametrize("header", ["Authorization", "authorization"])
    def test_headers(self, header: str) -> None:
        bearer, basic = fake(formats(), "http-bearer"), fake(formats(), "http-basic")
        assert ids(find(f'h = {{"{header}": "Bearer {bearer}"}}\n')) == ["http-bearer"]
        assert ids(find(f"curl -H '{header}: Bearer {bearer}' x\n", "a.sh", "shell")) == ["http-bearer"]
        assert ids(find(f'curl -H "{header}: Basic {basic}" x\n', "a.sh", "shell")) == ["http-basic"]
        assert ids(find(f'h = {{"x-api-key": "{bearer}"}}\n')) == ["generic-secret"]

    def test_web_tokens_are_judged_by_their_claims(self) -> None:
        def token(claims: Mapping[str, object]) -> str:
            from aisafety_lint.secrets.checksums import encode_base64url

            parts = ({"alg": "HS256", "typ": "JWT"}, claims)
            return ".".join([*(encode_base64url(json.dumps(part).encode()) for part in parts), "q3Zx" * 11])

        assert ids(find(f'T = "{token({"role": "service_role", "exp": 2034833579})}"\n')) == ["jwt"]
        for silent in ({"sub": "1234567890", "name": "John Doe"}, {"role": "anon"}, {"sub": "ab", "exp": 1600000000}):
            assert find(f'ACCESS_TOKEN = "{token(silent)}"\n') == ()
        long = token({"exp": 1600000000, "user": {"id": "0f" * 900}})
        assert find(f'{{"headers": {{"Authorization": "Bearer {long}"}}}}', "a.json", "json") == ()


class TestNames:
    @pytest.mark.parametrize(
        ("name", "role"),
        [
            ("OPENAI_API_KEY", Role.CREDENTIAL),
            ("openaiApiKey", Role.CREDENTIAL),
            ("HF_TOKEN", Role.CREDENTIAL),
            ("groq_key", Role.CREDENTIAL),
            ("x-api-key", Role.CREDENTIAL),
            ("GITHUB_PAT", Role.CREDENTIAL),
            ("API_KEY_2", Role.CREDENTIAL),
            ("client_secret", Role.CREDENTIAL),
            ("STRIPE_SECRET_KEY", Role.CREDENTIAL),
            ("dbPassword", Role.PASSWORD),
            ("PGPASSWORD", Role.PASSWORD),
            ("SECRET_KEY", Role.OWN),
            ("jwt_secret", Role.OWN),
            ("server_secret", Role.OWN),
            *(
                (name, Role.NONE)
                for name in ("max_tokens", "next_token", "csrf_token", "token_count", "tokenizer", "key")
            ),
            *(
                (name, Role.NONE)
                for name in ("secret_name", "SECRET_ARN", "password_field", "api_key_header", "CACHE_KEY")
            ),
            *((name, Role.NONE) for name in ("hashed_secret", "password_digest", "masked_token", "encrypted_password")),
            *((name, Role.NONE) for name in ("token_url", "PRIMARY_KEY", "public_key", "monkey", "author", "keyboard")),
        ],
    )
    def test_role(self, name: str, role: Role) -> None:
        assert formats().names.role(name) is role


class TestJudgement:
    def test_words_are_not_random(self) -> None:
        judge = formats().judge
        for value in (
            "conversation_history_summary",
            "prod/agent/openai",
            "user_password",
            "text-embedding-3-large-v2",
        ):
            assert not judge.is_random(value)

    @pytest.mark.parametrize("length", [16, 20, 32, 40])
    def test_chance_is(self, length: int) -> None:
        judge, rng = formats().judge, random.Random(length)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        values = ["".join(rng.choice(alphabet) for _ in range(length)) for _ in range(500)]
        assert sum(map(judge.is_random, values)) >= 485

    @pytest.mark.parametrize(
        "value",
        [
            *(
                "your-api-key",
                "<your-api-key>",
                "sk-...",
                "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
                "EMPTY",
                "ollama",
                "not-needed",
            ),
            *("YOUR_OPENAI_API_KEY", "test-api-key-123", "REPLACE_WITH_YOUR_KEY", "changeme", "fake-key-0a1b2c3d4e5f"),
            *(
                "${OPENAI_API_KEY}",
                "{{ vault_api_key }}",
                "${{ secrets.KEY }}",
                "$OPENAI_API_KEY",
                "%API_KEY%",
                "{api_key}",
            ),
            *(
                "https://acme.net/token",
                "prod/agent/key",
                "2026-01-02T03:04:05",
                "config/keys.json",
                "gpt-4o-2024-08-06",
            ),
        ],
    )
    def test_stand_ins_are_silent(self, value: str) -> None:
        assert find(f'OPENAI_API_KEY = "{value}"\nclient = Client(password="{value}")\n') == ()
        assert find(f"OPENAI_API_KEY={value}\n", ".env", "dotenv") == ()
        assert find(f"openai_api_key: {value}\n", "a.yaml", "yaml") == ()

    @pytest.mark.parametrize("name", ["dsn", "ORACLE_DSN", "connection_string", "conn_str"])
    @pytest.mark.parametrize(
        "value", ["localhost:1521/FREEPDB1", "db7.qx3:1521", "10.2.3.4/FREEPDB1", "Qk7vR2mXz9Lp4T"]
    )
    def test_an_address_without_credentials_is_silent(self, name: str, value: str) -> None:
        assert find(f'{name} = "{value}"\n') == ()
        assert find(f'db:\n  {name}: "{value}"\n', "a.yaml", "yaml") == ()

    def test_an_address_with_credentials_is_not(self) -> None:
        assert find('dsn = "postgresql://app:Zx7Qm2Lv9Rt4@db.acme-corp.net:5432/main"\n')
        assert find('api_key = "Zx7Qm2Lv9Rt4Kp8W"\n')

    def test_hashes_of_passwords_are_silent(self) -> None:
        for value in (
            "pbkdf2_sha256$30000$Vo0VlMnkR4Bk$qEvtdyZRWTcOsCnIoQ7fVOu1XAURIZYoOZ3iq8Dr4M",
            "$2b$12$" + "xK9" * 17,
        ):
            assert find(f'ADMIN_PASSWORD = "{value}"\n') == ()

    def test_a_secret_of_ones_own_is_the_readers_in_documentation(self) -> None:
        value = "192b9bdd22ab9ed4d12e236c" + "78afcb9a393ec15f71bbf5dc"
        assert find(f"    SECRET_KEY = '{value}'\n", "docs/config.rst", "markdown") == ()
        assert len(find(f"SECRET_KEY = '{value}'\n")) == 1


class TestGuessable:
    @pytest.mark.parametrize(
        "code",
        [
            'secret = "dev"',
            'SECRET_KEY = "changeme"',
            'SECRET_KEY = os.getenv("ACME_DJANGO_SECRET_KEY", "!secret")',
            'app.config["SECRET_KEY"] = "a_secret_key_that_you_should_change"',
            'jwt_secret = os.getenv("JWT_SECRET", "supersecret")',
            'server_secret: str | None = Field(\n    default="dev",\n    description="Server secret",\n)',
            'def sign(data, signing_key="secret"): ...',
        ],
    )
    def test_secret_of_ones_own(self, code: str) -> None:
        assert ids(find(code + "\n")) == ["guessable-secret"]

    @pytest.mark.parametrize(
        "code",
        [
            'token_type = "bearer"',
            'secret_name = "dev"',
            'environment: str = Field(default="dev")',
            'client_secret = "changeme"',
            'OPENAI_API_KEY = "dev"',
            'SECRET_KEY = "SECRET_KEY"',
            'FOLDERS = {"secret": "secrets"}',
            'class Kind(StrEnum):\n    SECRET = "secret"',
            'secret = "dev/agents/openai"',
            'description = "the secret"',
            'secret = load("dev")',
        ],
    )
    def test_other_short_values(self, code: str) -> None:
        assert find(code + "\n") == ()

    def test_is_on_the_line_of_the_value(self) -> None:
        (match,) = find('worker_secret: str = Field(\n    default="dev",\n)\n')
        assert match.span.line == 2

    def test_common_passwords(self) -> None:
        assert ids(find("POSTGRES_PASSWORD: password123\n", "docker-compose.yml", "yaml")) == ["guessable-password"]
        assert ids(find("POSTGRES_PASSWORD: postgres\n", "docker-compose.yml", "yaml")) == ["default-password"]
        assert find('labels = {"password": "password"}\n') == ()


class TestMerging:
    def test_the_most_specific_format_wins(self) -> None:
        (match,) = find(f'api_key = "{fake(formats(), "openrouter")}"\n')
        assert match.format == "openrouter"

    def test_a_known_public_value_silences_the_name(self) -> None:
        assert find(f'POSTHOG_API_KEY = "{fake(formats(), "posthog-project")}"\n') == ()

    def test_every_place_is_reported_with_one_digest(self) -> None:
        value = fake(formats(), "groq")
        matches = find(f'A = "{value}"\nB = "{value}"\n')
        assert len({match.digest for match in matches}) == 1
        assert [match.span.line for match in matches] == [1, 2]

    def test_places(self) -> None:
        value = fake(formats(), "github-pat")
        (match,) = find(f'x = 1\nSYSTEM_PROMPT = "Use the token {value} for all requests."\n')
        assert (match.place, match.span.line, match.span.column) == ("prompt", 2, 32)
        (match,) = find(f'prompt = "hello there my good old friend"\ntoken = "{value}"\n')
        assert match.place == ""


class TestMasking:
    def test_no_character_after_the_prefix_is_left(self) -> None:
        for form in REPORTED:
            value = fake(formats(), form.id)
            text = SourceText("a.py", f'é = 1\n{name_for(form)} = "{value}"\nprint("{value}")  # {value}\n')
            masked = mask_text(text, scan(text, "python", formats())).text
            body = value[len(form.prefix(value)) :]
            assert value not in masked
            assert not any(body[i : i + 8] in masked for i in range(len(body) - 7))
            assert list(map(len, masked.split("\n"))) == list(map(len, text.text.split("\n")))

    def test_blocks_keep_their_lines(self) -> None:
        block = fake(formats(), "private-key")
        text = SourceText("a.key", block + "\n")
        masked = mask_text(text, scan(text, "text", formats())).text
        assert set(masked) == {"*", "\n"}
        assert masked.count("\n") == text.text.count("\n")

    def test_mask(self) -> None:
        assert mask("sk-abc\ndef", "sk-") == "sk-***\n***"

    def test_findings_say_vendor_prefix_and_length_only(self) -> None:
        rules = [rule for rule in KNOWLEDGE.rules.values() if "secret" in rule.match]
        for form in REPORTED:
            value = fake(formats(), form.id)
            body = value[len(form.prefix(value)) :]
            matches = find(f'{name_for(form)} = "{value}"\n')
            said = repr(matches) + repr([list(check(rule, project(*matches))) for rule in rules])
            assert len(matches) == 1
            assert not any(body[i : i + 8] in said for i in range(len(body) - 7)), form.id

    def test_one_that_is_assigned_to_nothing_is_not_said_to_be(self) -> None:
        rule = KNOWLEDGE.rules["hardcoded-service-credential"]
        value = fake(formats(), "github-pat")
        said = [
            next(iter(check(rule, project(*find(text, "a.txt", "text"))))).message for text in (value, f"K={value}")
        ]
        assert ["is written out:" in message for message in said] == [True, False]
        assert ["is written out for `K`:" in message for message in said] == [False, True]

    def test_digest_is_salted_and_stable(self) -> None:
        import hashlib

        assert digest("abc") == digest("abc") != digest("abd")
        assert digest("abc") not in hashlib.sha256(b"abc").hexdigest()
        assert re.fullmatch("[0-9a-f]{16}", digest("abc"))


class TestFingerprints:
    """What identifies the finding of a secret is the secret, wherever it stands."""

    def prints(self, text: str, path: str = "a.py") -> list[str]:
        matches = find(text, path)
        rule = KNOWLEDGE.rules["hardcoded-service-credential"]
        return fingerprints([*check(rule, project(*matches))], {path: SourceText(path, text)})

    def test_a_new_secret_on_an_old_line_is_new(self) -> None:
        old, new = (self.prints(f'TOKEN = "{fake(formats(), "github-pat", seed)}"\n') for seed in (1, 2))
        assert len(old) == len(new) == 1
        assert old != new

    def test_a_secret_that_moved_is_not(self) -> None:
        value = fake(formats(), "github-pat")
        old = self.prints(f'TOKEN = "{value}"\n')
        assert len(old) == 1
        assert self.prints(f'import os\n\n\ndef run(token="{value}"):\n    return token\n', "b/c.py") == old


def hostile() -> Iterator[str]:
    """Units that, repeated, make careless patterns slow."""
    yield from (
        "a",
        "sk-",
        "eyJ.",
        "eyJ" + "a" * 30 + ".",
        "key=",
        'api_key="',
        "password: ",
        'SYSTEM = "the password is abc123 and so on here"\n',
        f'def f():\n    return "{fake(formats(), "generic-secret")}"\nx = g(token=f())\n',
        "import m\nc = f(api_key=m.x)\n",
        "://",
        "://a:b@",
        '\\"',
        "'\"",
        "${",
        "{",
    )
    yield from (
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n" + "A" * 64 + "\n",
        '"kty" "d": "',
        "Authorization: Bearer ",
    )
    yield from (
        "PuTTY-User-Key-File-2: a\nb\n",
        'variable "api_key" {',
        "name: api_key ",
        "--api-key ",
        "api_key || ",
        " a",
        "api_key:\n",
        "kind: secret\ndata:\n a: b\n",
        "kind: secret\ndata:\n",
        "Server=a;Password=",
        "curl -u ",
        "machine a login b password ",
        "://a?key=",
        "LS0tLS1CRUdJTi",
        "api_key: >-\n ",
        'api_keys: ["',
        "x='aB3dE5fG7hJ9kL1m'\nf(api_key=x)\n",
        "def f(k): g(api_key=k)\nf('aB3dE5fG7hJ9kL1m')\n",
        "os.getenv('API_KEY') or 'aB3dE5fG7hJ9kL1m'\n",
    )
    yield from ('x = "a" + ', 'secret = "dev"\n', "?api_key=", "ENV api_key ", "xoxd-", "-", "_", "é", "İ", "0")
    yield from formats().inside
    yield from (
        f" {start}{'a' * shape.shortest}" for entries in formats().starting.values() for start, _, shape in entries
    )


class TestLongData:
    """Most of a picture in a text is not looked at; what stands beside it is, and all places are those in the text."""

    @staticmethod
    def data(line: int, size: int = 40_000) -> str:
        rng = random.Random(line)
        digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        text = "".join(rng.choice(digits) for _ in range(size // line * line))
        return "\n      ".join(text[start : start + line] for start in range(0, len(text), line))

    @pytest.mark.parametrize("line", [60, 64, 76, 40_000])
    def test_secrets_beside_it_are_found_in_their_places(self, line: int) -> None:
        key, late = fake(formats(), "github-pat"), fake(formats(), "anthropic-api")
        picture = self.data(line)
        text = f"first: {key}\nimage: !!binary |\n      {picture}==\nlast: {late}\nagain: '{picture}'\nend: {key}\n"
        found = find(text, "a.yaml", "yaml")
        source = SourceText("a.yaml", text)
        places = [(source.offset(match.span.line, match.span.column), match.length) for match in found]
        assert [text[start : start + length] for start, length in places] == [key, late, key]
        assert [match.name for match in found] == ["first", "last", "end"]

    def test_nothing_is_found_within_it(self) -> None:
        picture = self.data(40_000)
        key = fake(formats(), "github-pat")
        assert find(f"image: {picture[:20_000]}/{key}/{picture[20_000:]}\n", "a.yaml", "yaml") == ()

    def test_little_of_it_is_left(self) -> None:
        picture = self.data(64, 1_000_000)
        text = f"a\n      {picture}\nb"
        rest = thinned(text, text.encode())
        assert len(rest.text) == len(rest.data) < 10_000
        assert rest.text.startswith("a\n") and rest.text.endswith("\nb")
        assert all(text[rest.place(offset)] == character for offset, character in enumerate(rest.text))

    def test_ordinary_text_is_left_as_it_is(self) -> None:
        text = "The quick brown fox jumps over the lazy dog.\n" * 2000
        assert thinned(text, text.encode()).text is text


class TestSearching:
    def test_any_of_some_literals_is_found(self) -> None:
        literals = [*formats().inside, "plain", "a", "x~y"]
        pattern = any_of(literals)
        assert all(pattern.search(f"..{literal}..".encode()) for literal in literals)
        assert all(pattern.search(literal.encode()) for literal in literals)
        assert not any_of([literal for literal in literals if literal != "a"]).search(b"access_token$product ops_ey 7Q")
        assert not any_of([]).search(b"anything")

    WORDS = ("key", "token", "api key", "secret", "_pat", "-----begin", "://", "a")

    def test_few_passes_find_all_of_some_words(self) -> None:
        searches = passes(self.WORDS)
        assert len(searches) < len(self.WORDS)
        for word in self.WORDS:
            others = {other.encode() for other in self.WORDS if other in word}
            assert present(f"..{word}..".encode(), searches) == others
            assert present(word.encode(), searches) == others
        assert present("".join(self.WORDS).encode(), searches) == {word.encode() for word in self.WORDS}
        assert not present(b"ke toke ap ey secre", searches) - {b"a"}

    def test_a_pass_tells_where_a_word_begins_and_asks_what_follows(self) -> None:
        text = b"key= token token= my_key=token"
        found = [
            search.start(text, match.start())
            for search in passes(("key", "token"), "(?==)")
            for match in search.pattern.finditer(text)
        ]
        assert sorted(found) == [0, 11, 21]

    def test_a_pattern_that_begins_with_a_word_is_found_as_ever(self) -> None:
        pattern = re.compile("ab+(?=c)")
        for text in ("", "ab", "abc", "xabbcabab abcabbbcc", "aabcc"):
            assert [match.span() for match in found_at(pattern, "ab", text)] == [
                match.span() for match in pattern.finditer(text)
            ]


class TestHostileText:
    SIZE = 1 << 16

    @pytest.mark.parametrize("kind", ["text", "python", "notebook", "yaml"])
    def test_time_is_linear(self, kind: str) -> None:
        """Eight seconds a MiB is what a text full of true secrets takes; anything quadratic takes far more."""
        for unit in hostile():
            text = (unit * (self.SIZE // len(unit) + 1))[: self.SIZE]
            start = time.process_time()
            find(text, "a", kind)
            assert time.process_time() - start < 2.0, unit[:40]

    def test_a_line_without_a_break(self) -> None:
        rng = random.Random(5)
        line = "".join(
            rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") for _ in range(1 << 20)
        )
        start = time.process_time()
        assert find(f"data:image/png;base64,{line}\n", "a.txt", "text") == ()
        assert time.process_time() - start < 3.0

    @pytest.mark.parametrize(
        "text", ["\0", "\ud800", "'" * 3000, "(" * 3000, 'a = "b"' + ' + "c"' * 3000, "x." * 5000, "\u2028key='"]
    )
    def test_nothing_breaks_it(self, text: str) -> None:
        for kind in ("python", "notebook", "json", "text"):
            find(f'api_key = "{fake(formats(), "generic-secret")}"\n{text}', "a", kind)

    def test_patterns_compile_in_re2(self) -> None:
        re2 = pytest.importorskip("re2")
        for form in SHAPED:
            for shape in form.shapes:
                assert re2.compile(shape.pattern.pattern).fullmatch(make(shape, random.Random(1)))


def find_made(form: Format) -> SecretMatch:
    """A match of a format, made without a text."""
    return SecretMatch(
        path="a.py",
        span=SourceText("a.py", "x").span(0, 1),
        format=form.id,
        vendor=form.vendor,
        what=form.what,
        group=form.group,
        precision=form.precision,
        severity=form.severity,
        confidence=next(iter(find('secret = "dev"'))).confidence,
        proven=form.proven,
        prefix="",
        length=1,
        digest="",
    )


def project(*matches: SecretMatch) -> Project:
    return cast("Project", Secrets(matches))


class Secrets:
    """What the check needs of a project."""

    def __init__(self, matches: tuple[SecretMatch, ...]) -> None:
        self.secrets = matches
        self.files = {match.path: SourceFile(match.path, "text") for match in matches}
        self.manifests: tuple[Manifest, ...] = ()
