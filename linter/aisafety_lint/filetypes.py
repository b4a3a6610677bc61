"""Which kind a file is of, by its name or, where the name says nothing, by its first bytes.

Kinds are those of `SourceFile`. What holds no text that people write (images, weights) has no kind, and of archives
only those have one in which runs of suites are logged.
"""

import os
import re
from typing import Final

_BY_NAME: Final = {
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    ".env": "dotenv",
    ".envrc": "shell",
    ".profile": "shell",
    ".bashrc": "shell",
    ".bash_profile": "shell",
    ".zshrc": "shell",
    "pipfile": "toml",
    # Instructions to coding agents, in Markdown.
    ".cursorrules": "markdown",
    ".windsurfrules": "markdown",
    ".clinerules": "markdown",
    ".goosehints": "markdown",
    # Documentation for models, in Markdown (llmstxt.org).
    **dict.fromkeys(("llms.txt", "llms-full.txt", "llms-ctx.txt", "llms-ctx-full.txt"), "markdown"),
}

_BY_SUFFIX: Final = {
    **dict.fromkeys(("py", "pyw"), "python"),
    "ipynb": "notebook",
    **dict.fromkeys(("yaml", "yml"), "yaml"),
    **dict.fromkeys(("json", "jsonc", "json5", "code-workspace", "af"), "json"),
    "toml": "toml",
    **dict.fromkeys(("md", "markdown", "mdc", "mdx", "rst", "adoc", "textile"), "markdown"),
    **dict.fromkeys(("sh", "bash", "zsh", "ksh"), "shell"),
    **dict.fromkeys(("dockerfile", "containerfile"), "dockerfile"),
    "env": "dotenv",
    **dict.fromkeys(("tf", "tofu", "hcl"), "hcl"),
    "service": "unit",
    "eval": "archive",
}

_TEXT: Final = """
    bat bzl c cc cfg cjs clj cljs cmake cmd conf cpp cql cs css csv cts cypher dart ejs el elm erl ex exs fish fs
    go gql gradle graphql groovy h handlebars hbs hpp hs htm html http inc ini j2 java jinja jinja2 jl js jsonl jsx
    kt kts less lock log lua m mako mjs ml mm mts mustache ndjson nix php pl pm prisma prompt properties proto ps1 psm1
    pug pyi pyx r rb rego rkt rs sass scala scss sol sql svelte swift tcl template tex tfvars tmpl toon
    tpl ts tsv tsx twig txt v vb vim vue xml xsd zig
"""

_DATA: Final = """
    3gp 7z a aac ai apk arrow avi avif avro bin bmp br bz2 cab ckpt class cur dat db deb dll dmg doc docx dylib ear egg
    eot eps exe feather fig flac gguf gif ggml gz h5 hdf5 heic ico icns idx img iso jar jpeg jpg joblib keras
    la lib lz4 lzma m4a m4v mat mdb mid mo mov mp3 mp4 mpeg mpg msgpack msi npy npz nupkg o obj odp ods odt ogg onnx
    orc otf parquet pb pdf pickle pkl png ppt pptx psd pt pth pyc pyd pyo qoi rar rpm safetensors sketch so sqlite
    sqlite3 stl svg swf tar tflite tgz tif tiff ttf wasm wav webm webp whl wma wmv woff woff2 xls xlsx xz z zip zst
"""

_TEXT_SUFFIXES: Final = frozenset(_TEXT.split())
_DATA_SUFFIXES: Final = frozenset(_DATA.split())

_SHEBANG_KINDS: Final = (
    (re.compile(rb"\bpython[\d.]*\b"), "python"),
    (re.compile(rb"\b(?:ba|da|k|z|a)?sh\b"), "shell"),
)
_SNIFFED_BYTES: Final = 1024


def kind_by_name(name: str) -> str | None:
    """The kind that a file's name tells: empty for data, which has none, and None where the name tells nothing."""
    name = name.lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    stem, _, suffix = name.rpartition(".")
    if not stem:
        return None
    if kind := _BY_SUFFIX.get(suffix):
        return kind
    if name.startswith((".env.", "dockerfile.", "containerfile.")):
        return _BY_NAME[name[: name.index(".", 1)]]
    if suffix in _TEXT_SUFFIXES:
        return "text"
    return "" if suffix in _DATA_SUFFIXES else None


def kind_by_content(path: str) -> str:
    """The kind of a regular file by its first bytes: by its shebang, else text; empty for data.

    A file that cannot be read counts as text: whoever reads it whole says why it cannot.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as stream:
            head = stream.read(_SNIFFED_BYTES)
    except OSError:
        return "text"
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ""
    if head.startswith(b"#!"):
        line = head.partition(b"\n")[0]
        return next((kind for pattern, kind in _SHEBANG_KINDS if pattern.search(line)), "text")
    return "text"
