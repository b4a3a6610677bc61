"""`upload`, through the program, against a server on loopback that behaves as the documented API of code scanning."""

import base64
import gzip
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aisafety_lint.upload import Client, Target
from conftest import Lint
from test_diff import git

TOKEN = "-".join(["not", "a", "token", "of", "anybody"])
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SARIF = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "aisafety-lint"}}, "results": []}]}
UPLOADS = "/repos/shop/agent/code-scanning/sarifs"

Answer = tuple[int, dict[str, str], Any]


@dataclass
class Api:
    """The server: what it is to answer before it behaves, and what it was asked."""

    address: str = ""
    first: list[Answer] = field(default_factory=list)
    states: list[Any] = field(default_factory=lambda: [{"processing_status": "complete"}])
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)

    def answer(self, method: str, path: str, headers: dict[str, str], content: Any) -> Answer:
        self.asked.append((method, path, headers, content))
        if self.first:
            return self.first.pop(0)
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {}, {"message": "Bad credentials"}
        if method == "POST" and path == UPLOADS:
            return 202, {}, {"id": "47177e22-5596-11eb", "url": f"{self.address}{UPLOADS}/47177e22-5596-11eb"}
        if method == "GET" and path == f"{UPLOADS}/47177e22-5596-11eb":
            return 200, {}, self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return 404, {}, {"message": "Not Found"}


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()

    class Handler(BaseHTTPRequestHandler):
        def serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            content = json.loads(self.rfile.read(length)) if length else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, data = found.answer(self.command, self.path, headers, content)
            body = json.dumps(data).encode() if not isinstance(data, bytes) else data
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = serve  # noqa: N815 - the names that the server looks for

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "results.sarif"
    path.write_text(json.dumps(SARIF))
    return path


def environment(api: Api, **more: str) -> dict[str, str]:
    none = dict.fromkeys(("GH_TOKEN", "GITHUB_SHA", "GITHUB_REF", "GITHUB_REPOSITORY", "http_proxy", "HTTP_PROXY"), "")
    return {**none, "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": api.address, **more}


WHERE = ("--repository", "shop/agent", "--commit", COMMIT, "--ref", "refs/heads/main")


class TestAnUpload:
    def test_it_sends_what_the_api_wants(self, api: Api, file: Path, lint: Lint) -> None:
        done = lint("upload", file, *WHERE, env=environment(api))
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == (
            "The upload 47177e22-5596-11eb to `shop/agent` for refs/heads/main at 0123456789 is processed.\n"
        )
        (method, path, headers, content), *_ = api.asked
        assert (method, path) == ("POST", UPLOADS)
        assert headers["accept"] == "application/vnd.github+json"
        assert headers["x-github-api-version"] == "2022-11-28"
        assert headers["user-agent"].startswith("aisafety-lint/")
        assert content["commit_sha"] == COMMIT
        assert content["ref"] == "refs/heads/main"
        assert json.loads(gzip.decompress(base64.b64decode(content["sarif"], validate=True))) == SARIF

    def test_it_waits_until_it_is_processed(self, api: Api, file: Path, lint: Lint) -> None:
        api.states = [{"processing_status": "pending"}, {"processing_status": "complete"}]
        assert "is processed" in lint("upload", file, *WHERE, env=environment(api)).stdout
        assert [method for method, *_ in api.asked] == ["POST", "GET", "GET"]

    def test_it_need_not_wait(self, api: Api, file: Path, lint: Lint) -> None:
        done = lint("upload", file, *WHERE, "--wait", "0", env=environment(api))
        assert "is being processed" in done.stdout
        assert [method for method, *_ in api.asked] == ["POST"]

    def test_what_is_refused_later_is_told(self, api: Api, file: Path, lint: Lint) -> None:
        api.states = [{"processing_status": "failed", "errors": ["rejecting SARIF, too many \x1b[2J results"]}]
        done = lint("upload", file, *WHERE, env=environment(api))
        assert done.returncode == 2
        assert "the upload was refused: rejecting SARIF, too many \\x1b[2J results" in done.stderr

    def test_place_and_commit_come_from_the_environment_or_git(
        self, api: Api, file: Path, lint: Lint, tmp_path: Path
    ) -> None:
        names = {"GITHUB_REPOSITORY": "shop/agent", "GITHUB_SHA": COMMIT, "GITHUB_REF": "refs/pull/3/merge"}
        assert "refs/pull/3/merge" in lint("upload", file, env=environment(api, **names)).stdout
        root = tmp_path / "repository"
        git(tmp_path, "init", "--quiet", "--initial-branch=work", str(root))
        git(root, "commit", "--quiet", "--allow-empty", "-m", "begin")
        done = lint("upload", file, "--repository", "shop/agent", cwd=root, env=environment(api))
        assert done.returncode == 0, done.stderr
        assert api.asked[-2][3]["commit_sha"] == git(root, "rev-parse", "HEAD")
        assert api.asked[-2][3]["ref"] == "refs/heads/work"


class TestTrouble:
    def client(self) -> tuple[Client, list[float]]:
        pauses: list[float] = []
        return Client.with_token(TOKEN, pauses.append), pauses

    @pytest.mark.parametrize(
        ("answers", "pauses"),
        [
            ([(502, {}, b"<html>"), (503, {}, b"")], [1.0, 2.0]),
            ([(429, {"retry-after": "7"}, {"message": "slow down"})], [7.0]),
            ([(403, {"retry-after": "3"}, {"message": "secondary rate limit"})], [3.0]),
            ([(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, {})], [1.0]),
            ([(429, {}, {})], [60.0]),
        ],
    )
    def test_what_may_pass_is_tried_again(self, api: Api, answers: list[Answer], pauses: list[float]) -> None:
        api.first = list(answers)
        client, waited = self.client()
        assert client.send(Target(api.address, "shop/agent", COMMIT, "refs/heads/main"), b"{}") == "47177e22-5596-11eb"
        assert waited == pauses

    @pytest.mark.parametrize(
        ("answer", "message", "hint"),
        [
            ((401, {}, {"message": "Bad credentials"}), "answers 401: Bad credentials", "the token is wrong or over"),
            (
                (403, {}, {"message": "Advanced Security must be enabled"}),
                "Advanced Security",
                "security-events: write",
            ),
            ((404, {}, {"message": "Not Found"}), "answers 404: Not Found", "the token may not see it"),
            ((413, {}, b"too large"), "answers 413", "`--min-severity`"),
            ((400, {}, {"message": "Invalid SARIF."}), "answers 400: Invalid SARIF.", ""),
            ((302, {"location": "http://evil.example/"}, b""), "a redirection, which is not followed", ""),
            ((200, {}, b"<html>welcome"), "does not answer as the API of GitHub does", "--api"),
            ((202, {}, {"url": "x"}), "names no upload", ""),
            ((429, {"retry-after": "86400"}, {"message": "tomorrow"}), "answers 429: tomorrow", ""),
        ],
    )
    def test_what_may_not_is_told_once(
        self, api: Api, file: Path, lint: Lint, answer: Answer, message: str, hint: str
    ) -> None:
        api.first = [answer]
        done = lint("upload", file, *WHERE, env=environment(api))
        assert done.returncode == 2
        assert message in done.stderr
        assert hint in done.stderr
        assert len(api.asked) == 1

    def test_a_server_that_stays_away_is_given_up(self, api: Api) -> None:
        api.first = [(500, {}, b"")] * 9
        client, waited = self.client()
        with pytest.raises(Exception, match="also after 5 attempts"):
            client.send(Target(api.address, "shop/agent", COMMIT, "refs/heads/main"), b"{}")
        assert waited == [1.0, 2.0, 4.0, 8.0]

    def test_nobody_there(self, file: Path) -> None:
        client, waited = self.client()
        with pytest.raises(Exception, match=r"`127\.0\.0\.1:9` does not answer: ConnectionError"):
            client.send(Target("http://127.0.0.1:9", "shop/agent", COMMIT, "refs/heads/main"), b"{}")
        assert len(waited) == 4

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("no.sarif", *WHERE), "there is no file `no.sarif`"),
            ((__file__, *WHERE), "is no SARIF"),
            (("FILE", "--commit", COMMIT, "--ref", "refs/heads/main"), "`` is no repository"),
            (("FILE", "--repository", "../../x", *WHERE[2:]), "`../../x` is no repository"),
            (("FILE", *WHERE[:2], "--commit", "abc", *WHERE[4:]), "`abc` is no commit"),
            (("FILE", *WHERE[:4], "--ref", "main"), "`main` is no reference"),
            (("FILE", *WHERE, "--api", "http://example.org"), "is not encrypted"),
        ],
    )
    def test_what_cannot_be_sent(
        self, api: Api, file: Path, lint: Lint, arguments: tuple[str, ...], message: str
    ) -> None:
        words = [str(file) if word == "FILE" else word for word in arguments]
        done = lint("upload", *words, env=environment(api))
        assert done.returncode == 2
        assert message in done.stderr
        assert api.asked == []


class TestTheToken:
    def test_there_must_be_one(self, api: Api, file: Path, lint: Lint) -> None:
        done = lint("upload", file, *WHERE, env=environment(api, GITHUB_TOKEN=""))
        assert done.returncode == 2
        assert "set GITHUB_TOKEN in the environment" in done.stderr

    @pytest.mark.parametrize(
        "answer",
        [
            (400, {}, {"message": f"you sent {TOKEN}"}),
            (500, {"retry-after": "0"}, {"message": f"you sent {TOKEN}"}),
            (302, {"location": f"http://evil.example/{TOKEN}"}, b""),
        ],
    )
    def test_it_is_in_no_message(self, api: Api, file: Path, lint: Lint, answer: Answer) -> None:
        api.first = [answer] * 5
        done = lint("upload", file, *WHERE, env=environment(api, AISAFETY_LINT_TRACEBACK="1"))
        assert done.returncode == 2
        assert TOKEN not in done.stdout + done.stderr
        assert TOKEN not in repr(Client.with_token(TOKEN))

    def test_a_netrc_has_no_say(self, api: Api, file: Path, lint: Lint, tmp_path: Path) -> None:
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login eve password other\n")
        (tmp_path / ".netrc").chmod(0o600)
        done = lint("upload", file, *WHERE, env=environment(api, HOME=str(tmp_path), NETRC=str(tmp_path / ".netrc")))
        assert done.returncode == 0, done.stderr
        assert all(headers["authorization"] == f"Bearer {TOKEN}" for _, _, headers, _ in api.asked)

    def test_it_is_no_option(self, lint: Lint) -> None:
        assert not re.search(r"--\S*token", lint("upload", "--help").stdout)
