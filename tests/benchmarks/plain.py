"""Measures what a tree of YAML and JSON files costs in which nothing has to do with an agent.

    python tests/benchmarks/plain.py [--files 5000] [--runs 3] [--folder DIR]

Writes such a tree (workloads, compose files, workflows, charts, API descriptions, packages, translations, tests with
their data), lints it without a cache, and prints the CPU seconds of each run, those of its processes included. It is a
tool, not a test: it has no limit.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_VOCABULARY = """
    account address amount archive audit avatar balance banner basket billing booking branch bucket budget button
    cache calendar campaign cart catalog category channel checkout client cluster comment company contact content
    country coupon currency customer delivery device discount document driver email employee event export filter
    folder gateway group history image import index invoice item journal label ledger library limit list location
    login machine manager market media member menu message method metric monitor network notification number offer
    order owner page partner payment period person phone picture plan point policy position price product profile
    project quantity queue rating receipt record region report request response review route sale schedule search
    section seller service session setting shipment shop source stage station status stock store stream subject
    summary supplier support table target task team template ticket timer title total tracking transfer trip user
    value vendor version video view visit voucher warehouse webhook week worker zone
"""
_WORDS = _VOCABULARY.split()

Make = Callable[[random.Random], object]


def _name(chance: random.Random) -> str:
    return "-".join(chance.sample(_WORDS, 2))


def _sentence(chance: random.Random, most: int = 12) -> str:
    return " ".join(chance.choices(_WORDS, k=chance.randint(3, most))).capitalize() + "."


def _version(chance: random.Random) -> str:
    return f"{chance.randint(0, 9)}.{chance.randint(0, 20)}.{chance.randint(0, 30)}"


def _variables(chance: random.Random, most: int = 8) -> dict[str, str]:
    names = ("_".join(chance.sample(_WORDS, 2)).upper() for _ in range(chance.randint(2, most)))
    return {
        name: chance.choice(["true", "info", "8080", f"http://{_name(chance)}:8080", "/var/lib/data"]) for name in names
    }


def _workload(chance: random.Random) -> str:
    name = _name(chance)
    container = {
        "name": name,
        "image": f"registry.example.com/{name}:{_version(chance)}",
        "ports": [{"containerPort": 8080}],
        "env": [
            *({"name": key, "value": value} for key, value in _variables(chance).items()),
            {"name": "DATABASE_PASSWORD", "valueFrom": {"secretKeyRef": {"name": name, "key": "password"}}},
        ],
        "resources": {"limits": {"cpu": "500m", "memory": "512Mi"}, "requests": {"cpu": "50m", "memory": "128Mi"}},
        "livenessProbe": {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 10},
    }
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": chance.choice(_WORDS)}
    workload = {
        "apiVersion": "apps/v1",
        "kind": chance.choice(["Deployment", "StatefulSet", "DaemonSet"]),
        "metadata": {"name": name, "namespace": chance.choice(_WORDS), "labels": labels},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"serviceAccountName": name, "containers": [container]},
            },
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    return f"{_yaml(workload)}---\n{_yaml(service)}"


def _settings_of_cluster(chance: random.Random) -> object:
    name = _name(chance)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": _variables(chance, 30) | {"application.properties": "\n".join(_sentence(chance) for _ in range(20))},
    }


def _role(chance: random.Random) -> object:
    verbs = ["get", "list", "watch"]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": _name(chance)},
        "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": verbs}],
    }


def _compose(chance: random.Random) -> object:
    def service() -> dict[str, Any]:
        return {
            "image": f"example/{_name(chance)}:{_version(chance)}",
            "ports": [f"127.0.0.1:{chance.randint(3000, 9000)}:8080"],
            "environment": _variables(chance) | {"POSTGRES_PASSWORD": "${POSTGRES_PASSWORD}"},
            "volumes": ["data:/var/lib/data"],
            "restart": "unless-stopped",
            "healthcheck": {"test": ["CMD", "curl", "-f", "http://localhost:8080/health"], "interval": "30s"},
        }

    return {"services": {_name(chance): service() for _ in range(chance.randint(2, 6))}, "volumes": {"data": None}}


def _workflow(chance: random.Random) -> object:
    def job() -> dict[str, Any]:
        steps: list[dict[str, Any]] = [
            {"uses": "actions/checkout@v4"},
            {"uses": "actions/setup-node@v4", "with": {"node-version": 22, "cache": "npm"}},
            {"run": "npm ci"},
            {
                "name": _sentence(chance, 5),
                "run": "npm test -- --coverage\nnpm run build\n",
                "env": _variables(chance, 3),
            },
            {"uses": "actions/upload-artifact@v4", "with": {"name": _name(chance), "path": "dist"}},
        ]
        return {"runs-on": "ubuntu-latest", "permissions": {"contents": "read"}, "steps": steps}

    return {
        "name": _sentence(chance, 4),
        "on": {"push": {"branches": ["main"]}, "pull_request": None},
        "jobs": {chance.choice(_WORDS): job() for _ in range(chance.randint(1, 4))},
    }


def _pipeline(chance: random.Random) -> object:
    def job(stage: str) -> dict[str, Any]:
        script = ["npm ci", f"npm run {chance.choice(_WORDS)}", 'echo "$CI_COMMIT_SHA"']
        return {
            "stage": stage,
            "image": f"node:{_version(chance)}",
            "script": script,
            "rules": [{"if": "$CI_COMMIT_TAG"}],
        }

    return {"stages": ["build", "test"]} | {_name(chance): job(chance.choice(["build", "test"])) for _ in range(6)}


def _chart_values(chance: random.Random) -> object:
    return {
        "replicaCount": 2,
        "image": {"repository": f"example/{_name(chance)}", "tag": _version(chance), "pullPolicy": "IfNotPresent"},
        "service": {"type": "ClusterIP", "port": 80},
        "ingress": {"enabled": False, "hosts": [{"host": "shop.example.com", "paths": ["/"]}]},
        "resources": {"limits": {"cpu": "500m", "memory": "512Mi"}},
        "env": _variables(chance, 20),
        "postgresql": {"auth": {"existingSecret": _name(chance), "username": "shop"}},
    }


def _schema(chance: random.Random) -> dict[str, Any]:
    properties = {
        name: {"type": chance.choice(["string", "integer", "boolean"]), "description": _sentence(chance)}
        for name in chance.sample(_WORDS, chance.randint(3, 12))
    }
    return {"type": "object", "properties": properties, "required": list(properties)[:2]}


def _api(chance: random.Random) -> object:
    def operation(method: str) -> dict[str, Any]:
        body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}}
        return {
            "operationId": f"{method}{chance.choice(_WORDS).capitalize()}",
            "summary": _sentence(chance),
            "tags": [chance.choice(_WORDS)],
            "responses": {"200": {"description": _sentence(chance), **body}, "404": {"description": "Not found"}},
        }

    names = chance.sample(_WORDS, chance.randint(3, 15))
    return {
        "openapi": "3.0.3",
        "info": {"title": _sentence(chance, 4), "version": _version(chance)},
        "paths": {f"/{name}": {method: operation(method) for method in ("get", "post")} for name in names},
        "components": {
            "schemas": {name.capitalize(): _schema(chance) for name in (*names, "item")},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _package(chance: random.Random) -> object:
    def packages(count: int) -> dict[str, str]:
        return {f"@example/{_name(chance)}": f"^{_version(chance)}" for _ in range(count)}

    return {
        "name": f"@example/{_name(chance)}",
        "version": _version(chance),
        "description": _sentence(chance),
        "scripts": {name: f"tsc -p {name}" for name in chance.sample(_WORDS, 6)},
        "dependencies": packages(15),
        "devDependencies": packages(10),
        "license": "MIT",
    }


def _translation(chance: random.Random) -> object:
    def words(count: int) -> dict[str, str]:
        return {"".join(map(str.capitalize, chance.sample(_WORDS, 2))): _sentence(chance) for _ in range(count)}

    names = chance.sample(_WORDS, chance.randint(2, 10))
    return {name: words(chance.randint(5, 30)) for name in names} | {"password": "Password", "apiKey": "API key"}


def _compiler(chance: random.Random) -> object:
    options = {"target": "ES2022", "module": "NodeNext", "strict": True, "outDir": "dist", "paths": {"@/*": ["src/*"]}}
    return {"extends": "../tsconfig.base.json", "compilerOptions": options, "include": [f"src/{chance.choice(_WORDS)}"]}


def _records(chance: random.Random) -> object:
    def record() -> dict[str, Any]:
        return {
            "id": f"{chance.getrandbits(128):032x}",
            "name": _sentence(chance, 3),
            "amount": chance.randint(1, 10_000) / 100,
            "created": f"2025-0{chance.randint(1, 9)}-{chance.randint(10, 28)}T10:00:00Z",
            "tags": chance.sample(_WORDS, 3),
        }

    return [record() for _ in range(chance.randint(2, 40))]


def _template_of_cloud(chance: random.Random) -> object:
    def bucket() -> dict[str, Any]:
        return {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketName": _name(chance), "Tags": [{"Key": "team", "Value": "shop"}]},
        }

    resources = {"".join(map(str.capitalize, chance.sample(_WORDS, 2))): bucket() for _ in range(chance.randint(2, 8))}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Description": _sentence(chance), "Resources": resources}


def _site(chance: random.Random) -> object:
    pages = [{chance.choice(_WORDS): f"{chance.choice(_WORDS)}.md"} for _ in range(chance.randint(5, 40))]
    return {"site_name": _sentence(chance, 3), "theme": {"name": "material"}, "nav": pages}


def _yaml(content: object, indent: str = "") -> str:
    """Plain YAML in the block style in which people write it."""
    if isinstance(content, Mapping):
        return "".join(f"{indent}{_key(key)}:{_below(value, indent)}" for key, value in content.items())
    if isinstance(content, Sequence) and not isinstance(content, str):
        return "".join(f"{indent}-{_below(value, indent)}" for value in content)
    return f"{indent}{_scalar(content)}\n"


def _below(value: object, indent: str) -> str:
    if isinstance(value, str) and value.endswith("\n"):
        return " |\n" + "".join(f"{indent}    {line}\n" for line in value.splitlines())
    if value and isinstance(value, Mapping | list):
        return f"\n{_yaml(value, indent + '  ')}"
    return f" {_scalar(value)}\n"


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").replace(".", "").replace("/", "").isalnum() else json.dumps(key)


def _scalar(value: object) -> str:
    plain = (
        isinstance(value, str) and value.replace(" ", "").replace("-", "").replace("/", "").replace(".", "").isalnum()
    )
    return str(value) if plain and not value[:1].isdigit() else json.dumps(value)  # type: ignore[index]  # a text


_KINDS: Sequence[tuple[int, str, Make]] = (
    (14, "deploy/{folder}/{name}.yaml", _workload),
    (5, "deploy/{folder}/{name}-config.yaml", _settings_of_cluster),
    (3, "deploy/{folder}/{name}-role.yml", _role),
    (4, "apps/{folder}/{name}/docker-compose.yml", _compose),
    (5, "apps/{folder}/{name}/.github/workflows/ci.yml", _workflow),
    (2, "apps/{folder}/{name}/.gitlab-ci.yml", _pipeline),
    (5, "charts/{folder}/{name}/values.yaml", _chart_values),
    (6, "api/{folder}/{name}.json", _api),
    (3, "api/{folder}/{name}.yaml", _api),
    (12, "packages/{folder}/{name}/package.json", _package),
    (8, "packages/{folder}/{name}/tsconfig.json", _compiler),
    (14, "web/src/locales/{folder}/{name}.json", _translation),
    (8, "tests/data/{folder}/{name}.json", _records),
    (4, "tests/data/{folder}/{name}.yml", _records),
    (4, "infra/{folder}/{name}/template.yaml", _template_of_cloud),
    (3, "docs/{folder}/{name}/mkdocs.yml", _site),
)


def generate(folder: Path, files: int) -> int:
    """Write a tree of so many files; the bytes that it has."""
    chance = random.Random(5)
    weights = [weight for weight, _, _ in _KINDS]
    size = 0
    (folder / ".git").mkdir(parents=True)
    for number in range(files):
        _, path, make = chance.choices(_KINDS, weights)[0]
        content = make(chance)
        place = folder / path.format(folder=chance.choice(_WORDS), name=f"{_name(chance)}-{number}")
        indent = None if place.name.endswith("min.json") else 2
        text = (
            json.dumps(content, indent=indent)
            if place.suffix == ".json"
            else content
            if isinstance(content, str)
            else _yaml(content)
        )
        place.parent.mkdir(parents=True, exist_ok=True)
        size += place.write_text(text)
    return size


def cost(folder: Path) -> tuple[float, str]:
    """The user and system time of a run without a cache and of its processes, and what it says at its end."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "aisafety_lint", "check", "--isolated", "--no-cache", "--exit-zero", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, run.stdout.strip()


def main() -> None:
    """Write the tree and measure some runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="plain-") as made:
        size = generate(Path(made, "tree"), arguments.files)
        print(f"{arguments.files} files of {size / 1e6:.1f} MB")
        for _ in range(arguments.runs):
            seconds, said = cost(Path(made, "tree"))
            print(f"{seconds:.2f} s CPU: {said.splitlines()[-1] if said else ''}", flush=True)


if __name__ == "__main__":
    main()
