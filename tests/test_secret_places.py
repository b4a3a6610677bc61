"""Where secrets stand: notations for logins, values over several lines, encoded values, values under neutral names.

Every place has a twin that looks alike and holds none.
"""

import base64
import hashlib
from functools import cache

import pytest

from aisafety_lint.secrets.formats import Formats, fake, load_formats
from aisafety_lint.secrets.links import joined
from aisafety_lint.secrets.scan import scan, scan_linked
from aisafety_lint.source import SourceText
from shared import KNOWLEDGE


@cache
def formats() -> Formats:
    return KNOWLEDGE.part(load_formats)


def made(format_id: str, seed: int = 0) -> str:
    return fake(formats(), format_id, seed)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


KEY = made("generic-secret")
PASSWORD = made("generic-password")
OPENAI = made("openai-project")
BLOCK = made("private-key")
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{block}:\n  {name}: {}\n"

# What is written, the kind of file, and what stands in it: first the secret, then its twin.
PLACES = {
    "connection string": (
        "a.py",
        "python",
        'c = "Server=tcp:db.acme-corp.net;User ID=svc;Password={};Encrypt=yes"\n',
        PASSWORD,
        "your_password",
    ),
    "connection string of a configuration": (
        "appsettings.json",
        "json",
        '{{"ConnectionStrings": {{"Main": "Server=db.acme-corp.net;User Id=svc;Password={};"}}}}\n',
        PASSWORD,
        "${DB_PASSWORD}",
    ),
    "connection string of a queue": (
        "a.ts",
        "text",
        'const c = "Endpoint=sb://x.acme-corp.net/;SharedAccessKeyName=root;SharedAccessKey={}=";\n',
        KEY,
        "your-shared-access-key",
    ),
    "words of a connection": (
        "a.py",
        "python",
        'x = "host=db.acme-corp.net user=svc password={} dbname=a"\n',
        PASSWORD,
        "{pw}",
    ),
    "netrc": (".netrc", "text", "machine git.acme-corp.net\n  login bot\n  password {}\n", PASSWORD, "your-password"),
    "registry": (
        "config.json",
        "json",
        '{{"auths": {{"r.acme-corp.net": {{"auth": "{}"}}}}}}\n',
        encoded(f"bot:{PASSWORD}"),
        encoded("user:password"),
    ),
    "npmrc": (".npmrc", "text", "//registry.npmjs.org/:_authToken={}\n", made("npm-legacy"), "${NPM_TOKEN}"),
    "curl": ("a.sh", "shell", "curl -s -u bot:{} https://api.acme-corp.net\n", PASSWORD, "$PASSWORD"),
    "login command": ("a.sh", "shell", "docker login -u bot -p {} r.acme-corp.net\n", PASSWORD, "$TOKEN"),
    "database client": ("a.sh", "shell", "mysql -u svc -p{} agents\n", PASSWORD, "$PASSWORD"),
    "query of an address": (
        ".mcp.json",
        "json",
        '{{"mcpServers": {{"x": {{"url": "https://mcp.acme-corp.net/mcp?apiKey={}"}}}}}}\n',
        KEY,
        "${KEY}",
    ),
    "bare key in a query": (
        "a.py",
        "python",
        'URL = "https://api.acme-corp.net/v1?q=a&key={}"\n',
        KEY,
        "0d1f2e3c4b5a69788796a5b4c3d2e1f00f1e2d3c",
    ),
    "cluster secret": (
        "s.yaml",
        "yaml",
        SECRET.replace("{block}", "data").replace("{name}", "openai"),
        encoded(OPENAI),
        encoded("your-openai-key-here"),
    ),
    "cluster secret under its name": (
        "s.yaml",
        "yaml",
        SECRET.replace("{block}", "data").replace("{name}", "API_KEY"),
        encoded(KEY),
        encoded("<your-api-key>"),
    ),
    "cluster secret in plain text": (
        "s.yaml",
        "yaml",
        SECRET.replace("{block}", "stringData").replace("{name}", "main"),
        KEY,
        "not-a-real-secret",
    ),
    "encrypted secret": (
        "s.yaml",
        "yaml",
        "kind: {}\n",
        f"Secret\nstringData:\n  a: {KEY}",
        f"SealedSecret\nspec:\n  encryptedData:\n    password: {KEY}",
    ),
    "encoded key block": (
        "kube.yaml",
        "yaml",
        "users:\n- user:\n    client-key-data: {}\n",
        encoded(BLOCK),
        encoded(BLOCK.replace("PRIVATE", "PUBLIC")),
    ),
    "wireguard": ("wg0.conf", "text", "[Interface]\nPrivateKey = {}\n", made("wireguard"), "<private key>"),
    "value below": ("a.yaml", "yaml", "api_key: >-\n  {}\n", KEY, "name: {a}"),
    "quoted value below": ("a.yaml", "yaml", 'api_key:\n  "{}"\n', KEY, "your-key"),
    "entry of a list": ("a.yaml", "yaml", "api_keys:\n  - {}\n", KEY, "name-of-a-key"),
    "element": ("a.xml", "text", "<apiKey>{}</apiKey>\n", KEY, "${api.key}"),
    "element with a password": (
        "settings.xml",
        "text",
        "<server><password>{}</password></server>\n",
        PASSWORD,
        "{COQLCE6DU6GtcS5P=}",
    ),
    "typed variable": ("a.go", "text", 'var dbPassword string = "{}"\n', PASSWORD, "your-password"),
    "string within a string": ("a.py", "python", 'body = \'{{"api_key": "{}"}}\'\n', KEY, "{key}"),
    "attribute by name": ("a.py", "python", 'setattr(settings, "api_key", "{}")\n', KEY, "api_key_header_name"),
    "user and password": ("a.py", "python", 'requests.get(url, auth=("svc", "{}"))\n', PASSWORD, "password"),
    "class for a login": ("a.py", "python", 'login = HTTPBasicAuth("svc", "{}")\n', PASSWORD, "password"),
    "client": ("a.py", "python", 'client = TavilyClient("{}")\n', KEY, "https://api.acme-corp.net"),
    "client of a module": (
        "a.py",
        "python",
        'import cohere\nco = cohere.Client("{}")\n',
        made("cohere"),
        "your-api-key",
    ),
    "imported client": (
        "a.py",
        "python",
        'from cohere import Client\nco = Client(api_key="{}")\n',
        made("cohere"),
        "co-key",
    ),
    "wrapped": ("a.py", "python", 'x = SecretStr("{}")\n', KEY, "your-secret-value"),
    "beside a look-up": ("a.py", "python", 'k = os.getenv("GATEWAY_API_KEY") or "{}"\n', KEY, "not-needed"),
    "option": (
        "a.py",
        "python",
        '@click.option("--token", envvar="T", default="{}")\ndef f(token): ...\n',
        KEY,
        "none",
    ),
    "second name of an option": (
        "a.py",
        "python",
        'p.add_argument("--api-key", "-k", help="k", default="{}")\n',
        KEY,
        "",
    ),
    "through a variable": ("a.py", "python", 'VALUE = "{}"\nclient = Client(api_key=VALUE)\n', KEY, "from-the-vault"),
    "through a variable into the environment": (
        "a.py",
        "python",
        'value = "{}"\nos.environ["GATEWAY_API_KEY"] = value\n',
        KEY,
        "unset",
    ),
    "through a parameter": (
        "a.py",
        "python",
        'def make(k):\n    return Client(api_key=k)\n\n\nmake("{}")\n',
        KEY,
        "from-the-vault",
    ),
    "through a class": (
        "a.py",
        "python",
        'class Limits:\n    one = "{}"\n\n\nc = Client(api_key=Limits.one)\n',
        KEY,
        "from-the-vault",
    ),
    "through a table": ("a.py", "python", 'T = {{"one": "{}"}}\nc = Client(api_key=T["one"])\n', KEY, "from-the-vault"),
    "through an entry that is asked for": (
        "a.py",
        "python",
        'T = {{"one": "{}"}}\nc = Client(api_key=T.get("one"))\n',
        KEY,
        "from-the-vault",
    ),
    "through a function": (
        "a.py",
        "python",
        'def one():\n    return "{}"\n\n\nc = Client(api_key=one())\n',
        KEY,
        "from-the-vault",
    ),
    "through a default": (
        "a.py",
        "python",
        'def make(k="{}"):\n    return Client(api_key=k)\n',
        KEY,
        "from-the-vault",
    ),
    "in a filled-in header": (
        "a.py",
        "python",
        'T = "{}"\nheaders = {{"Authorization": f"Bearer {{T}}"}}\n',
        KEY,
        "from-the-vault",
    ),
    "in a header by addition": (
        "a.py",
        "python",
        'T = "{}"\nheaders = {{"Authorization": "Bearer " + T}}\n',
        KEY,
        "from-the-vault",
    ),
    "in a filled-in address": (
        "a.py",
        "python",
        'T = "{}"\nc = connect(f"postgresql://agent:{{T}}@db.acme-corp.net/agents")\n',
        PASSWORD,
        "from-the-vault",
    ),
    "through the first argument": (
        "a.py",
        "python",
        'from tavily import TavilyClient\nT = "{}"\nc = TavilyClient(T)\n',
        KEY,
        "from-the-vault",
    ),
    "in a prompt": (
        "a.py",
        "python",
        'SYSTEM = "You help in the shop. The admin password is {}. Keep it to yourself."\n',
        PASSWORD,
        "confidential",
    ),
    "in a prompt of a file": (
        "prompts/desk.md",
        "markdown",
        "You answer questions. The API key for the shop is {}, use it.\n",
        KEY,
        "told-by-the-caller",
    ),
    "in what a tool says of itself": (
        "a.py",
        "python",
        '@mcp.tool()\ndef find(q: str) -> str:\n    """Look things up. Sign in with the token {} first."""\n',
        KEY,
        "of-the-session",
    ),
    "through a header": ("a.py", "python", 'T = "{}"\nheaders = {{"X-Api-Key": T}}\n', KEY, "from-the-vault"),
    "connection by concatenation": ("a.py", "python", 'token = "{}" + ""\n', OPENAI, "sk-..."),
}


@pytest.mark.parametrize("place", PLACES)
def test_found_where_it_stands_and_its_twin_is_not(place: str) -> None:
    path, kind, template, secret, twin = PLACES[place]
    found = scan(SourceText(path, template.format(secret)), kind, formats())
    assert len(found) == 1, place
    assert scan(SourceText(path, template.format(twin)), kind, formats()) == (), place


def test_every_entry_of_a_list_is_found() -> None:
    keys = [made("generic-secret", seed) for seed in range(3)]
    for path, kind, text in (
        ("a.json", "json", '{"api_keys": [\n "%s",\n "%s", "%s"]}\n'),
        ("a.yaml", "yaml", "api_keys:\n  - %s\n  - %s # old\n  - %s\n"),
        ("a.py", "python", 'API_KEYS = ["%s", "%s", "%s"]\n'),
    ):
        assert len(scan(SourceText(path, text % tuple(keys)), kind, formats())) == 3


def test_a_value_in_a_variable_is_a_secret_only_where_it_is_used_as_one() -> None:
    text = f'RUN = "{KEY}"\nclient = Client(name=RUN, api_key=load())\n'
    assert scan(SourceText("a.py", text), "python", formats()) == ()


def test_a_key_in_two_halves_is_one() -> None:
    half = len(KEY) // 2
    for text in (
        "a = '{}'\nb = '{}'\nc = Client(api_key=a + b)\n",
        "P = ['{}', '{}']\nc = Client(api_key=''.join(P))\n",
    ):
        (found,) = scan(SourceText("a.py", text.format(KEY[:half], KEY[half:])), "python", formats())
        assert found.length == len(KEY)


def test_the_next_name_is_no_value() -> None:
    assert scan(SourceText(".env", f"API_KEY=\nAPI_URL={KEY}/v1\n"), "text", formats()) == ()
    named = f'{{"credentials": {{\n  "{KEY[:16]}": {{"id": "a"}}}}}}\n'
    assert scan(SourceText("a.json", named), "json", formats()) == ()


def test_the_address_of_an_account_is_no_token() -> None:
    key = hashlib.sha1(KEY.encode()).hexdigest()
    assert scan(SourceText("a.json", f'{{"reward_token": "0x{key}"}}\n'), "json", formats()) == ()
    assert len(scan(SourceText("a.json", f'{{"reward_token": "{key}"}}\n'), "json", formats())) == 1


def test_counts_of_tokens_are_no_list_of_them() -> None:
    text = 'tokens = ["<s>", "</s>"]\nMINIMUM_TOKENS = ["claude-x9k2-q7vz8"]\n'
    text += 'stop_tokens: ["3f0c9c1e7d5b4e0c9b3a51c7a2b8d4e6"]\n'
    assert scan(SourceText("a.py", text), "python", formats()) == ()


GUESSED = "dev-secret-change-me"
CHOSEN = "StrongPassword123!"
COMPOSE = "services:\n  db:\n    environment:\n      - DB_PASSWORD=${{DB_PASSWORD:-{}}}\n"
REFUSED = 'DEFAULT = "{0}"\nSECRET_KEY = os.getenv("SECRET_KEY", DEFAULT)\nif SECRET_KEY == DEFAULT:\n    {1}\n'
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhZ2VudCJ9."


LINKED = {
    "name": ("X = '{}'", "from settings import X\nc = Client(api_key=X)"),
    "module": ("X = '{}'", "import settings as s\nc = Client(api_key=s.X)"),
    "class": ("class Cfg:\n    x: str = '{}'", "from settings import Cfg\nc = Client(api_key=Cfg().x)"),
    "object": (
        "class Cfg:\n    x: str = '{}'\n\n\ncfg = Cfg()",
        "from .settings import cfg\nc = Client(api_key=cfg.x)",
    ),
    "table": ("T = {{'x': '{}'}}", "from settings import T\nos.environ['GATEWAY_API_KEY'] = T['x']"),
    "header": ("X = '{}'", "from settings import X\nget(headers={'Authorization': f'Bearer {X}'})"),
}


@pytest.mark.parametrize("case", LINKED)
def test_a_value_is_a_secret_where_another_file_uses_it_as_one(case: str) -> None:
    held, use = LINKED[case]
    settings = scan_linked(SourceText("app/settings.py", held.format(KEY)), "python", formats())
    other = scan_linked(SourceText("app/other/settings.py", held.format(KEY[::-1])), "python", formats())
    holding = {"app/settings.py": settings.held, "app/other/settings.py": other.held}
    used = scan_linked(SourceText("app/main.py", use), "python", formats())
    assert settings.secrets == used.secrets == ()
    assert list(joined({"app/main.py": used.uses}, holding)) == ["app/settings.py"]
    harmless = scan_linked(SourceText("app/main.py", use.replace("api_key=", "name=")), "python", formats())
    assert case in ("table", "header") or joined({"app/main.py": harmless.uses}, holding) == {}


# What is no secret of anybody, and beside it what looks alike and is one: path, kind and text.
TWINS = {
    "key that a page shows to its visitors": (
        ("site/index.html", "text", f'<script>var PUSHER_AUTH_KEY="{KEY}";</script>\n'),
        ("site/index.html", "text", f'<script>var CLIENT_SECRET="{KEY}";</script>\n'),
    ),
    "key that a component is given": (
        ("app/Start.tsx", "text", f'<InstallButton\n  token="{KEY}"\n/>\n'),
        ("app/start.tsx", "text", f'const token = "{KEY}";\n'),
    ),
    "format in a component": (
        ("app/Start.tsx", "text", '<InstallButton\n  token="your-token"\n/>\n'),
        ("app/Start.tsx", "text", f'<InstallButton\n  token="{OPENAI}"\n/>\n'),
    ),
    "password that somebody chose for his own machine": (
        ("docker-compose.dev.yml", "yaml", COMPOSE.format(CHOSEN)),
        ("docker-compose.prod.yml", "yaml", COMPOSE.format(CHOSEN)),
    ),
    "password that was made by chance there": (
        ("values-ci.yaml", "yaml", f"admin_password: {CHOSEN}\n"),
        ("values-ci.yaml", "yaml", f"admin_password: {PASSWORD}\n"),
    ),
    "password that documentation makes up": (
        ("docs/plan.md", "markdown", '-d \'{"new_password": "NewEdge3b!"}\'\n'),
        ("docs/plan.md", "markdown", f"DB_PASSWORD={PASSWORD}\n"),
    ),
    "password that an interface's documentation makes up": (
        ("docs/api.txt", "text", '{"password": "NewEdge3b!"}\n'),
        ("notes.txt", "text", '{"password": "NewEdge3b!"}\n'),
    ),
    "password in a remark": (
        ("settings.yaml", "yaml", "plugins:\n#  password: postgres\n"),
        ("settings.yaml", "yaml", "plugins:\n  password: postgres\n"),
    ),
    "key that has ended": (
        ("a.py", "python", f'api_key = "{KEY}"  # 此token已经失效\n'),
        ("a.py", "python", f'api_key = "{KEY}"  # 令牌\n'),
    ),
    "password that a prompt only speaks of": (
        ("a.py", "python", 'SYSTEM = "Ask for the password: it has eight characters, and a digit is one of them."\n'),
        ("a.py", "python", 'SYSTEM = "You guard the vault. The password: swordfish42 and nothing else opens it."\n'),
    ),
    "word that is told to a reader": (
        ("a.py", "python", 'print("You may log in now. The password is swordfish42 for all of you.")\n'),
        ("a.py", "python", 'agent = Agent(instructions="You may log in now. The password is swordfish42 for you.")\n'),
    ),
    "secret for a trial run": (
        ("run.py", "python", 'os.environ.setdefault("AUTH_JWT_SECRET", "ci-replay-secret")\n'),
        ("run.py", "python", f'os.environ.setdefault("AUTH_JWT_SECRET", "{GUESSED}")\n'),
    ),
    "secret of what is switched off": (
        ("a.py", "python", 'auth = Auth(enabled=False, secret="secret-key")\n'),
        ("a.py", "python", 'auth = Auth(enabled=True, secret="secret-key")\n'),
    ),
    "default that the program refuses to start with": (
        ("a.py", "python", REFUSED.format(GUESSED, "raise ValueError(1)")),
        ("a.py", "python", REFUSED.format(GUESSED, "print(1)")),
    ),
    "value that a comment says is no secret": (
        ("a.py", "python", f'api_key = "{KEY}"  # from seed data\n'),
        ("a.py", "python", f'api_key = "{KEY}"  # of the gateway\n'),
    ),
    "address after a value": (
        ("a.json", "json", '{"api_key": "your-key", "url": "https://example.com"}\n'),
        ("a.json", "json", f'{{"api_key": "{KEY}", "url": "https://example.com"}}\n'),
    ),
    "no element": (
        ("a.yaml", "yaml", "# the address becomes redis://:<password>@Host-3:6379/0. Or so\n"),
        ("a.xml", "text", f"<a><password>{PASSWORD}</password></a>\n"),
    ),
    "typed in order": (
        ("a.py", "python", 'api_key = "sk-abc123def456ghi789"\n'),
        ("a.py", "python", f'api_key = "{KEY[:18]}"\n'),
    ),
    "name of a model": (
        ("a.py", "python", 'secret = "GPT-4-TURBO-2024"\nsecret_key = "OVERRIDE-2024"\n'),
        ("a.py", "python", f'secret = "GPT-{KEY}"\n'),
    ),
    "words after a few digits": (
        ("a.log", "text", "GET https://api.acme-corp.net/v3?api_key=92dc7ad2_apppro_vikingdredging&x=1\n"),
        ("a.log", "text", f"GET https://api.acme-corp.net/v3?api_key=92dc7ad2_{KEY}&x=1\n"),
    ),
    "token signed by hand": (
        ("a.txt", "text", f"TOKEN={TOKEN}signature_value_here\n"),
        ("a.txt", "text", f"TOKEN={TOKEN}{KEY}\n"),
    ),
    "picture": (
        ("list.txt", "text", "it is EAAA" + "ABCAQAAAC1HAwCAAAAC0lEQVR42mNkYPhfDwAChwGA60e6kgAAAABJ" + "\n"),
        ("list.txt", "text", f"it is {made('square')}\n"),
    ),
    "placeholder of several words": (
        ("a.mdx", "markdown", "export OPENAI_API_KEY=sk-randomAPIkeyasdsa32ekasd32e\n"),
        ("a.mdx", "markdown", f"export OPENAI_API_KEY={KEY}\n"),
    ),
    "value that says its name": (
        ("a.go", "text", 'defaultSecret := "default"\nauthMethodSecret = "secret"\n'),
        ("a.go", "text", 'serverSecret := "default"\n'),
    ),
    "name of another one": (
        ("a.py", "python", 'secret_key = "tokenIssueSecret" if given else "token"\n'),
        ("a.py", "python", 'secret_key = "supersecret" if given else None\n'),
    ),
    "field that is described": (
        ("a.py", "python", 'FIELDS = {"appSecret": field("secret", show=True)}\n'),
        ("a.py", "python", 'FIELDS = {"appSecret": str("dev-secret")}\n'),
    ),
    "object of a stack": (
        ("a.ts", "text", 'this.secret = new manager.Secret(this, "Secret", {});\n'),
        ("a.ts", "text", 'const serverSecret = read(settings, "mysecret");\n'),
    ),
    "signature of a function": (
        ("a.md", "markdown", 'api_key: Secret = from_env("X_API_KEY"),\nmodel: str = "Qwen/Qwen3.6-35B-A3B-FP8",\n'),
        ("a.md", "markdown", f'api_key: str = "{KEY}",\n'),
    ),
    "id of a key in a signed address": (
        (
            "a.md",
            "markdown",
            f"https://x.net/a.jpg?Expires=1707123521&OSSAccessKeyId={made('alibaba-ak')}&Signature=a\n",
        ),
        ("a.md", "markdown", f"access key id: {made('alibaba-ak')}\n"),
    ),
    "key of a widget": (
        ("demo/index.html", "text", f'<iframe src="https://chat.acme-corp.net/widget?from=chat&auth={KEY}">\n'),
        ("demo/index.js", "text", f'open("https://chat.acme-corp.net/widget?from=chat&auth={KEY}")\n'),
    ),
    "signs of many kinds": (
        ("a.yaml", "yaml", "jwtsecret: '${JWT_SECRET:?set it}/(a|b)[c]*+'\n"),
        ("a.yaml", "yaml", "jwtsecret: '7D)/vYR(T;W5]EBr_&k>qX?]G&3CF=;@vyr[$^" + "?qT/Egl'\n"),
    ),
    "only said to be a key": (
        ("a.txt", "text", f"see the section on the secret {'0d1f2e3c4b5a69788796a5b4c3d2e1f0'} of it\n"),
        ("a.txt", "text", f"see the datadog secret {made('datadog')} of it\n"),
    ),
}


@pytest.mark.parametrize("case", TWINS)
def test_what_is_no_secret_is_silent_and_its_twin_is_not(case: str) -> None:
    silent, twin = (scan(SourceText(path, text), kind, formats()) for path, kind, text in TWINS[case])
    assert silent == (), case
    assert len(twin) == 1, case
