"""Files: nothing outside the root, nothing that is no regular file, bounded size."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stepguard.readers.files import (
    MAXIMUM_HCL_BYTES,
    FileRefusedError,
    ProjectFiles,
    maximum_of_configuration,
)


def test_a_file_is_read_once_and_named_from_where_the_user_stands(tmp_path: Path) -> None:
    (tmp_path / "a.tf").write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    files = ProjectFiles(tmp_path, "infra")
    source = files.read(tmp_path / "a.tf")
    assert (source.path, source.text) == ("infra/a.tf", "a = 1\r\n")
    assert files.read(tmp_path / "." / "a.tf") is source


@pytest.mark.parametrize("way", ["absolute", "dots", "link", "directory link"])
def test_nothing_outside_the_root_is_read(tmp_path: Path, way: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(outside / "secret")
    (root / "directory").symlink_to(outside)
    path = {
        "absolute": outside / "secret",
        "dots": root / ".." / "outside" / "secret",
        "link": root / "link",
        "directory link": root / "directory" / "secret",
    }[way]
    files = ProjectFiles(root)
    with pytest.raises(FileRefusedError, match="outside the scanned root"):
        files.read(path)
    with pytest.raises(FileRefusedError, match="outside the scanned root"):
        files.read_bytes(path)
    assert not files.is_file(path)
    assert files.entries(outside) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"ok\n\xff\xfe", r"not UTF-8 text \(line 2\)"),
        (b"a\n\n\x00", "a NUL byte in line 3"),
        (b"x" * 2000, "larger than 0 MB"),
    ],
)
def test_what_is_no_text_or_too_large_is_refused(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(FileRefusedError, match=reason):
        ProjectFiles(tmp_path).read(tmp_path / "f", maximum_bytes=1000)


def test_a_fifo_a_directory_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    files = ProjectFiles(tmp_path)
    for name, reason in (("fifo", "not a regular"), (".", "not a regular"), ("no", "no such")):
        with pytest.raises(FileRefusedError, match=reason):
            files.read(tmp_path / name)


def test_a_file_that_nobody_writes_by_hand_is_refused(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("#" * (MAXIMUM_HCL_BYTES + 1), encoding="utf-8")
    (tmp_path / "main.tf.json").write_text(" " * (MAXIMUM_HCL_BYTES + 1), encoding="utf-8")
    files = ProjectFiles(tmp_path)
    path = tmp_path / "main.tf"
    with pytest.raises(FileRefusedError, match="larger than 2 MB"):
        files.read(path, maximum_of_configuration(path))
    generated = tmp_path / "main.tf.json"
    assert files.read(generated, maximum_of_configuration(generated)).text.isspace()
