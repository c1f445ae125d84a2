"""What a plan says of roles and tags in its own way, made what a configuration says."""

from __future__ import annotations

from stepguard.deployment.values import Plain, Traced, Unknown
from stepguard.readers.plan.contents import PlannedResource
from stepguard.readers.plan.links import Links, Place
from stepguard.readers.plan.merging import without_spans
from stepguard.readers.plan.shapes import as_object

_DEFAULT_TAGS = "default_tags"


def leave_out_policies_of_their_own(
    attributes: Traced, resource: PlannedResource, links: Links
) -> None:
    """Take from a role the policies that are resources of their own.

    The provider reads back every policy of a role, also those that the plan changes or deletes.
    What the role's block sets itself, or what nobody manages, stays.
    """
    if resource.type != "aws_iam_role":
        return
    name = attributes.get("name")
    elsewhere = links.contents.elsewhere.get(str(name.value), set()) if name is not None else set()
    declared = as_object(as_object(links.declaration(resource)).get("expressions"))
    for attribute, member in (("inline_policy", "name"), ("managed_policy_arns", None)):
        found = attributes.get(attribute)
        if found is None or not isinstance(found.value, list) or attribute in declared:
            continue
        kept = [one for one in found.value if _identity(one, member) not in elsewhere]
        if kept:
            attributes.value[attribute] = Traced(kept, found.span, rest=found.rest)
        else:
            del attributes.value[attribute]


def _identity(value: Traced, member: str | None) -> Plain:
    named = value if member is None else value.get(member)
    return named.value if named is not None and isinstance(named.value, str) else None


def add_all_tags(attributes: Traced, resource: PlannedResource, links: Links) -> None:
    """Set `tags_all` where it is known after apply: the tags and the provider's default ones."""
    marks = links.details(resource).unknown
    if not isinstance(marks, dict) or marks.get("tags_all") is not True:
        return
    defaults = _default_tags(resource, links)
    if defaults is None:
        return
    own = attributes.get("tags")
    members = dict(defaults.value)
    rest = defaults.rest
    if own is not None and isinstance(own.value, dict):
        members.update(own.value)
    elif own is not None and isinstance(own.value, Unknown):
        rest = own.value
    span = None if own is None else own.span
    attributes.value["tags_all"] = Traced(members, span, rest=rest)


def _default_tags(resource: PlannedResource, links: Links) -> Traced | None:
    """Return the default tags of a resource's provider; `None` when it has none."""
    key = as_object(links.declaration(resource)).get("provider_config_key")
    providers = as_object(as_object(links.contents.configuration).get("provider_config"))
    provider = providers.get(key) if isinstance(key, str) else None
    if not isinstance(provider, dict):
        return Traced({}, rest=Unknown(_DEFAULT_TAGS, "the plan does not say which provider it is"))
    blocks = as_object(provider.get("expressions")).get(_DEFAULT_TAGS)
    if not blocks:
        return None
    for block in blocks if isinstance(blocks, list) else [blocks]:
        expression = as_object(block).get("tags")
        if isinstance(expression, dict):
            known = links.constant(expression, Place(links.module("")))
            if isinstance(known, dict):
                return without_spans(known)
            return Traced({}, rest=Unknown(_DEFAULT_TAGS, "the plan does not say what they are"))
    return None
