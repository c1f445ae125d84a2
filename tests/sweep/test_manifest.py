from __future__ import annotations

from pathlib import Path

import pytest

from stepguard.sweep.manifest import ManifestError, Project, read_manifest


def manifest(directory: Path, text: str) -> str:
    path = directory / "projects.txt"
    path.write_text(text, encoding="utf-8")
    return path.as_posix()


def test_paths_urls_and_objects(tmp_path: Path) -> None:
    location = manifest(
        tmp_path,
        "\ufeff# all of them\n\nteam/one\n/abs/two\ns3://bucket/three\n"
        '{"name": "four", "location": "plans/four.json", "source": "four"}\n',
    )
    base = tmp_path.as_posix()
    assert read_manifest(location) == [
        Project("team/one", f"{base}/team/one"),
        Project("/abs/two", "/abs/two"),
        Project("s3://bucket/three", "s3://bucket/three"),
        Project("four", f"{base}/plans/four.json", f"{base}/four"),
    ]


def test_a_manifest_in_an_object_store() -> None:
    import fsspec

    fsspec.filesystem("memory").pipe_file("/lists/projects.txt", b"one\n")
    assert read_manifest("memory://lists/projects.txt") == [Project("one", "memory://lists/one")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\na\n", ":2: a second project 'a'"),
        ('{"location": ""}\n', ":1: no location"),
        ('x\n{"locaton": "a"}\n', ":2: 'locaton' is not understood"),
        ('{"location": 3}\n', ":1: 'location' is not understood"),
        ('{"location": "a"\n', ":1: not JSON"),
        ("[" * 100_000, ""),
    ],
)
def test_what_cannot_be_understood_names_its_line(tmp_path: Path, text: str, message: str) -> None:
    location = manifest(tmp_path, text)
    if not message:
        assert len(read_manifest(location)) == 1
        return
    with pytest.raises(ManifestError, match="projects") as caught:
        read_manifest(location)
    assert str(caught.value).endswith(message)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="No such file"):
        read_manifest((tmp_path / "missing").as_posix())
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(ManifestError, match="not UTF-8"):
        read_manifest((tmp_path / "binary").as_posix())
    with pytest.raises(ManifestError):
        read_manifest("nonsense://x")
