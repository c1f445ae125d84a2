"""Files and spans: what is hidden is shown to nobody."""

from __future__ import annotations

from stepguard.deployment.source import SourceFile, Span


def test_what_is_hidden_is_shown_as_asterisks() -> None:
    file = SourceFile("a.json", 'first\n{"Password": "s3cr3t", "x": 1}\nsec\nret\n')
    start = file.text.index("s3cr3t")
    file.hide(Span(file, start, start + 6))
    assert file.line(2) == '{"Password": "******", "x": 1}'
    assert file.line(1) == "first"
    assert file.excerpt(Span(file, start + 9, start + 12))[0] == file.line(2)


def test_what_is_hidden_may_have_several_lines() -> None:
    file = SourceFile("a.pem", "a\nsec\nret\nb\n")
    file.hide(Span(file, 2, 9))
    assert [file.line(number) for number in range(1, 5)] == ["a", "***", "***", "b"]
