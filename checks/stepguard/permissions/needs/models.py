"""The resources behind a model of Amazon Bedrock, by the id that a call names."""

from __future__ import annotations

import re

from stepguard.deployment.values import Plain

_PROFILE = re.compile(r"(?:us-gov|us|eu|apac|ap|au|jp|ca|sa|me|af|il|global)\.([\w-]+\..+)")
_MODEL = "arn:${Partition}:bedrock:${Region}::foundation-model/[[ModelId]]"
_PROFILE_ARN = "arn:${Partition}:bedrock:${Region}:${Account}:inference-profile/[[ModelId]]"
_MODEL_ANYWHERE = "arn:${Partition}:bedrock:*::foundation-model/[[ModelOfProfile]]"


def model_templates(model: Plain) -> tuple[str, ...]:
    """Return the ARNs, with names to be put in, that a call of a model needs.

    An inference profile calls the model behind it, in the regions that it spans (Amazon Bedrock
    User Guide, "Prerequisites for inference profiles").
    """
    return (_PROFILE_ARN, _MODEL_ANYWHERE) if model_of_profile(model) else (_MODEL,)


def model_of_profile(model: Plain) -> str:
    """Return the id of the model behind an inference profile; empty for what is none."""
    found = _PROFILE.fullmatch(model) if isinstance(model, str) else None
    return "" if found is None else found.group(1)
