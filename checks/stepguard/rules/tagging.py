"""Whether a resource has tags, and those that the project requires."""

from __future__ import annotations

from collections.abc import Sequence

from stepguard.deployment.resources import Form, Resource, Tags, Unread
from stepguard.deployment.source import Span
from stepguard.deployment.values import REMOVED, PartlyKnownKey
from stepguard.finding import NotEvaluated, Violation
from stepguard.rules.defects import listed, quoted
from stepguard.rules.languages import SAM_MACHINE, in_language, is_terraform, property_in_language
from stepguard.rules.rule import Context, Verdict
from stepguard.structs import Struct

_RESERVED = "aws:"
_OF_SAM = frozenset({"stateMachine:createdBy", "lambda:createdBy"})
"""The keys of the tags that SAM gives to machines and functions, and to the roles it makes."""


class Tagged(Struct, frozen=True):
    """A resource that is to have tags: how a message names it, and what it lacks without them."""

    resource: Resource
    tags: Tags | Unread | None
    name: str
    effect: str


def judge_tags(subject: Tagged, context: Context) -> Verdict:
    """Judge the tags of a resource: that it has any, and the required ones."""
    tags = subject.tags
    if isinstance(tags, Unread):
        return [_not_evaluated(subject, tags.reason, tags.span)]
    keys = own_keys(tags)
    missing = [key for key in context.config.required_tags if key not in keys]
    if keys and not missing:
        return ()
    if tags is not None and (why := may_have_more(tags)) is not None:
        return [_not_evaluated(subject, why, tags.span)]
    if context.deployment.is_reusable_module:
        reason = "this is a module without provider, and its caller may tag what is in it"
        return [_not_evaluated(subject, reason, None)]
    return [_violation(subject, tags, missing)]


def own_keys(tags: Tags | None) -> list[str]:
    """Return the keys of tags that neither AWS nor SAM gives itself."""
    if tags is None:
        return []
    return [
        key for key in tags.values if not key.lower().startswith(_RESERVED) and key not in _OF_SAM
    ]


def is_made_by_sam(tags: Tags | Unread | None) -> bool:
    """Tell whether tags are those that SAM gives to what it makes, and no others."""
    if not isinstance(tags, Tags) or tags.unread is not None:
        return False
    return bool(tags.values) and _OF_SAM.issuperset(tags.values)


def may_have_more(tags: Tags) -> str | None:
    """Return why there may be tags with other keys; `None` if there are not."""
    if tags.unread is not None:
        return tags.unread.reason
    unknown = [key for key in tags.values if isinstance(key, PartlyKnownKey)]
    return f"the key {quoted(unknown[0])} of a tag is not known" if unknown else None


def _violation(subject: Tagged, tags: Tags | None, missing: Sequence[str]) -> Violation:
    resource = subject.resource
    if missing:
        what = f"lacks the required {'tag' if len(missing) == 1 else 'tags'} "
        what += listed(map(quoted, missing), "and")
    else:
        what = "has no tags"
        if resource.type == SAM_MACHINE or (
            tags is not None and not _OF_SAM.isdisjoint(tags.values)
        ):
            what += " but the one that SAM adds"
    outside = ""
    if resource.form in (Form.CLOUDFORMATION, Form.SAM):
        outside = ", unless its stack is deployed with some"
    return Violation(
        message=f"{subject.name} {what}{outside}: {subject.effect}",
        resource=resource.address,
        span=(None if tags is None else tags.span) or resource.span,
        suggestion=how_to_tag(resource, missing or ["Project"]),
        subject="tags",
    )


def how_to_tag(resource: Resource, keys: Sequence[str]) -> str:
    """Return how to write tags with some keys in a resource's language.

    Where the resource has tags, those that are to stand among the others. A plan does not tell
    whether there is an argument for them that came to nothing.
    """
    if _has_tags(resource):
        return in_language(
            resource,
            terraform="\n".join((*(f'{_hcl_key(key)} = "…"' for key in keys), "# in tags")),
            cloudformation="\n".join(f"- Key: {key}\n  Value: …" for key in keys),
            sam="\n".join(f"{key}: …" for key in keys),
        )
    perhaps = "\n# or among the tags that the configuration sets" * (resource.form is Form.PLAN)
    written = "\n".join(f'  {_hcl_key(key)} = "…"' for key in keys)
    return property_in_language(
        resource,
        terraform=f"tags = {{\n{written}\n}}{perhaps}",
        cloudformation="Tags:\n" + "\n".join(f"  - Key: {key}\n    Value: …" for key in keys),
        sam="Tags:\n" + "\n".join(f"  {key}: …" for key in keys),
    )


def _has_tags(resource: Resource) -> bool:
    name = "tags" if is_terraform(resource) else "Tags"
    written = resource.attributes.get(name)
    return written is not None and written.value is not None and written.value is not REMOVED


def _hcl_key(key: str) -> str:
    return key if key.replace("-", "_").isidentifier() else f'"{key}"'


def _not_evaluated(subject: Tagged, reason: str, span: Span | None) -> NotEvaluated:
    resource = subject.resource
    return NotEvaluated(reason=reason, resource=resource.address, span=span or resource.span)
