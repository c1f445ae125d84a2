"""What `stepguard.structs` is in the pack of the git branch, where msgspec cannot be.

A compiled module cannot be loaded from an archive. These classes do the same as msgspec's, slower,
for the options that the package uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, cast

__all__ = ["Struct", "field", "replace"]


class Struct:
    """A class whose annotations are its fields, as `msgspec.Struct`."""

    __struct_fields__: ClassVar[tuple[str, ...]] = ()
    _inherited: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, *, kw_only: bool = False, **options: Any) -> None:
        super().__init_subclass__()
        # Every object of a class without slots can be referred to weakly.
        options.pop("weakref", None)
        cls._inherited = {**cls._inherited, **options}
        # A generated `repr` would show the text of a file, which `SourceFile` keeps to itself.
        dataclass(repr=False, kw_only=kw_only, **cls._inherited)(cls)
        cls.__struct_fields__ = tuple(one.name for one in fields(cast(Any, cls)))
