"""Reading the other side out of real git repositories."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from dulwich.objects import ObjectID
from dulwich.refs import Ref
from dulwich.reftable import ReftableRefsContainer

from stepguard.readers.git.repository import Repository, RepositoryError
from stepguard.review.sides import NothingToCompareError

from .conftest import Project, counts, git
from .projects import OLD_STATEMENTS, TEMPLATE, statement, terraform

Make = Callable[[Mapping[str, str]], Project]
WORSE = terraform("a", [*OLD_STATEMENTS, statement("ec2:*")])


def contents(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file of a directory, git's own too, with its content and time."""
    return {
        path.relative_to(directory).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def test_nothing_is_touched_and_no_hook_or_setting_runs(project: Make, tmp_path: Path) -> None:
    changed = project({"main.tf": terraform("a")})
    trap = tmp_path / "trap"
    for name in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change"):
        hook = changed.top / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
        hook.chmod(0o755)
    program = f"touch {trap}; cat"
    config = changed.top / ".git" / "config"
    config.write_text(
        config.read_text()
        + f'[core]\n fsmonitor = "{program}"\n sshCommand = "{program}"\n worktree = /nowhere\n'
        f'[filter "x"]\n smudge = "{program}"\n required = true\n[extensions]\n strange = true\n'
    )
    changed.write({".gitattributes": "*.tf filter=x\n", "main.tf": WORSE})
    before = contents(changed.top)
    report = changed.review()
    assert counts(report)[:2] == (1, 0)
    assert contents(changed.top) == before
    assert not trap.exists()


def test_the_other_side_is_where_the_branch_left(project: Make) -> None:
    changed = project({"main.tf": terraform("a")})
    changed.write({"main.tf": WORSE})
    changed.commit()
    # Others have made main better meanwhile: that is not ours to be measured against.
    changed.git("checkout", "-q", "main")
    changed.write({"main.tf": terraform("a", OLD_STATEMENTS[:1])})
    changed.commit()
    changed.git("checkout", "-q", "feature")
    assert counts(changed.review())[:2] == (1, 0)


@pytest.mark.parametrize("packed", [False, True])
def test_every_way_to_name_a_commit(project: Make, packed: bool) -> None:
    changed = project({"main.tf": terraform("a")})
    base = changed.git("rev-parse", "HEAD")
    changed.git("tag", "-a", "v1", "-m", "a tag")
    changed.git("tag", "light")
    changed.git("update-ref", "refs/remotes/origin/main", base)
    changed.write({"main.tf": WORSE})
    changed.commit()
    if packed:
        changed.git("gc", "-q")
        changed.git("pack-refs", "--all")
    names = ["main", "v1", "light", "origin/main", base, base[:9], "HEAD~1", "HEAD^", "@~1"]
    for name in names:
        assert counts(changed.review(base=name))[:2] == (1, 0), name
    assert counts(changed.review(base="HEAD"))[:2] == (0, 0)
    assert counts(changed.review(base="feature"))[:2] == (0, 0)


@pytest.mark.parametrize(
    "name", ["nowhere", "", "main:main.tf", "HEAD~99", "--help", "\x00", "a b", "@{9}", "0000000"]
)
def test_a_name_that_is_none(project: Make, name: str) -> None:
    changed = project({"main.tf": terraform("a")})
    with pytest.raises(RepositoryError) as caught:
        changed.review(base=name)
    assert "\n" not in str(caught.value)


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="in no git repository"):
        Repository.around(tmp_path)
    (tmp_path / ".git").write_text("nonsense")
    with pytest.raises(RepositoryError, match="no pointer"):
        Repository.around(tmp_path)
    (tmp_path / ".git").write_text("gitdir: nowhere")
    with pytest.raises(RepositoryError, match="no git directory"):
        Repository.around(tmp_path)


def test_a_repository_of_the_newer_kind_is_refused(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.git("init", "-q", "-b", "main", "--object-format=sha256", ".")
    project.commit()
    with pytest.raises(RepositoryError, match="SHA-256"):
        Repository.around(tmp_path).commit("main")


def test_references_in_tables(project: Make) -> None:
    changed = project({"main.tf": terraform("a")})
    # Not every git that is installed can make them.
    commit = changed.git("rev-parse", "HEAD").encode()
    refs = ReftableRefsContainer(str(changed.top / ".git"))
    refs.set_if_equals(Ref(b"refs/heads/feature"), None, ObjectID(commit))
    refs.set_symbolic_ref(Ref(b"HEAD"), Ref(b"refs/heads/feature"))
    (changed.top / ".git" / "HEAD").write_text("ref: refs/heads/.invalid\n")
    changed.write({"main.tf": WORSE})
    before = contents(changed.top)
    assert counts(changed.review(base="feature"))[:2] == (1, 0)
    assert contents(changed.top) == before


def test_histories_without_a_common_commit(project: Make) -> None:
    changed = project({"main.tf": terraform("a")})
    changed.git("checkout", "-q", "--orphan", "other")
    changed.commit()
    with pytest.raises(RepositoryError, match=r"no commit in common$"):
        changed.review()


def test_a_shallow_clone_says_what_to_do(project: Make, tmp_path: Path) -> None:
    changed = project({"main.tf": terraform("a")})
    for number in range(3):
        changed.write({"main.tf": WORSE, "number": str(number)})
        changed.commit()
    url = changed.top.as_uri()
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", url, "clone")
    clone = Project(tmp_path / "clone")
    os.chdir(clone.top)
    with pytest.raises(RepositoryError, match=r"shallow.*fetch-depth: 0"):
        clone.review(base="origin/main")
    with pytest.raises(RepositoryError, match="shallow"):
        clone.review(base="HEAD~2")
    clone.git("fetch", "-q", "--unshallow")
    assert counts(clone.review(base="origin/main"))[:2] == (1, 0)


def test_a_linked_work_tree(project: Make, tmp_path: Path) -> None:
    changed = project({"main.tf": terraform("a")})
    changed.git("worktree", "add", "-q", "-b", "third", str(tmp_path / "linked"), "main")
    linked = Project(tmp_path / "linked")
    os.chdir(linked.top)
    linked.write({"main.tf": WORSE})
    assert counts(linked.review())[:2] == (1, 0)


def test_a_path_below_and_one_from_elsewhere(
    project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = project({"a/main.tf": terraform("a"), "b/main.tf": terraform("b")})
    changed.write({"a/main.tf": WORSE, "b/main.tf": terraform("b", [statement("ec2:*")])})
    assert counts(changed.review("a"))[:2] == (1, 0)
    monkeypatch.chdir(changed.top / "a")
    assert counts(changed.review())[:2] == (1, 0)
    monkeypatch.chdir("/")
    assert counts(changed.review(str(changed.top / "a")))[:2] == (1, 0)


def test_files_of_one_name_below_two_paths(project: Make) -> None:
    bills = TEMPLATE.replace("sqs:*", "sns:*")
    changed = project({"a/x.yaml": TEMPLATE, "b/x.yaml": bills})
    assert counts(changed.review("b", "a"))[:2] == (0, 0)
    changed.write({"b/x.yaml": TEMPLATE})
    assert {
        one.root for one in changed.review("b", "a").findings if one.status == "introduced"
    } == {"b/x.yaml"}


def test_paths_of_two_repositories(project: Make, tmp_path: Path) -> None:
    changed = project({"main.tf": terraform("a")})
    other = Project(changed.top / "other")
    other.top.mkdir()
    other.git("init", "-q", "-b", "main", ".")
    other.write({"main.tf": terraform("b")})
    other.commit()
    with pytest.raises(NothingToCompareError, match="other is not in the repository"):
        changed.review(".", "other")
    with pytest.raises(RepositoryError, match="in no git repository"):
        changed.review(".", "/")


def test_a_path_that_is_only_on_one_side(project: Make) -> None:
    changed = project({"old/main.tf": terraform("a")})
    changed.write({"new/main.tf": terraform("b")})
    shutil.rmtree(changed.top / "old")
    new, old = changed.review("new"), changed.review("old")
    assert counts(new)[0] > 10
    assert "everything in it counts as introduced" in new.notices[0].message
    assert counts(old)[0] == 0
    assert counts(old)[1] > 10
    assert old.errors == []
    with pytest.raises(NothingToCompareError):
        changed.review("nowhere")


def test_links_of_the_commit_are_followed_and_not_those_of_the_work_tree(project: Make) -> None:
    changed = project({"shared/workflow.tf": terraform("a"), "infra/x.tf": "# aws_sfn"})
    (changed.top / "infra" / "main.tf").symlink_to("../shared/workflow.tf")
    (changed.top / "linked").symlink_to("shared")
    (changed.top / "out.yaml").symlink_to("/etc/passwd")
    (changed.top / "loop.yaml").symlink_to("loop.yaml")
    changed.commit()
    changed.git("branch", "-f", "main", "HEAD")
    assert counts(changed.review())[:2] == (0, 0)
    assert counts(changed.review("infra", root=changed.top))[:2] == (0, 0)
    assert counts(changed.review("linked"))[:2] == (0, 0)
    (changed.top / "infra" / "main.tf").unlink()
    changed.write({"infra/main.tf": WORSE, "shared/workflow.tf": WORSE})
    assert counts(changed.review("infra", root=changed.top))[0] == 1


def test_files_that_only_git_knows_not(project: Make) -> None:
    changed = project({"main.tf": 'module "x" {\n  source = "org/x/aws"\n}\n', ".gitignore": ".t*"})
    modules = '{"Modules": [{"Key": "x", "Dir": ".terraform/modules/x"}]}'
    changed.write(
        {
            ".terraform/modules/modules.json": modules,
            ".terraform/modules/x/main.tf": terraform("a"),
        }
    )
    report = changed.review()
    # What `terraform init` has installed is the same on both sides.
    assert counts(report)[:2] == (0, 0)
    assert counts(report)[2] > 10


def test_a_variable_file_that_is_not_committed(project: Make) -> None:
    text = terraform("a").replace('"lambda:*"', "var.action").replace('"var.action"', "var.action")
    text = f'variable "action" {{}}\n{text}'
    changed = project({"main.tf": text})
    changed.write({"local.tfvars": 'action = "lambda:*"\n'})
    assert counts(changed.review(var_files=(Path("local.tfvars"),)))[:2] == (0, 0)


def test_a_submodule_is_the_same_on_both_sides(project: Make, tmp_path: Path) -> None:
    library = Project(tmp_path / "library")
    library.top.mkdir()
    library.git("init", "-q", "-b", "main", ".")
    library.write({"main.tf": terraform("a")})
    library.commit()
    changed = project({"main.tf": 'module "x" {\n  source = "./library"\n}\n'})
    changed.git("submodule", "add", "-q", library.top.as_uri(), "library")
    changed.commit()
    changed.git("branch", "-f", "main", "HEAD")
    report = changed.review()
    assert counts(report)[:2] == (0, 0)
    assert counts(report)[2] > 10
    assert report.notices == []
    Project(changed.top / "library").write({"main.tf": WORSE})
    git(changed.top / "library", "commit", "-q", "-a", "-m", "worse")
    changed.commit()
    again = changed.review()
    assert [one.place.file for one in again.notices] == ["library"]
    assert "a submodule" in again.notices[0].message


def test_a_pointer_to_a_large_file(project: Make) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"
    template = TEMPLATE.replace(
        "      Definition:", "      DefinitionUri: flow.json\n      Unused:"
    ).replace("AWS::StepFunctions", "AWS::Serverless")
    template = f"Transform: AWS::Serverless-2016-10-31\n{template}"
    changed = project({"a.yaml": template, "flow.json": pointer})
    changed.write({"flow.json": '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'})
    report = changed.review()
    assert report.errors == []
    assert any("Git LFS" in one.message for one in report.notices)


def test_a_damaged_object_is_no_crash(project: Make) -> None:
    changed = project({"a.yaml": TEMPLATE})
    blob = changed.git("rev-parse", "HEAD:a.yaml")
    path = changed.top / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    report = changed.review()
    assert any("not in this clone" in one.message for one in report.notices)
    assert counts(report)[0] > 5


def test_names_that_would_lead_out_are_left_out(project: Make, tmp_path: Path) -> None:
    changed = project({"a.yaml": TEMPLATE})
    (tmp_path / "secret.yaml").write_text(TEMPLATE)
    blob = changed.git("rev-parse", "HEAD:a.yaml")
    body = b"100644 ../secret.yaml\x00" + bytes.fromhex(blob)
    loose = tmp_path / "tree"
    loose.write_bytes(body)
    tree = changed.git("hash-object", "-t", "tree", "-w", "--literally", str(loose))
    commit = changed.git("commit-tree", tree, "-p", "HEAD", "-m", "evil")
    changed.git("checkout", "-q", "-b", "evil")
    changed.git("update-ref", "refs/heads/evil", commit)
    report = changed.review(base="evil")
    assert counts(report)[1] == 0
