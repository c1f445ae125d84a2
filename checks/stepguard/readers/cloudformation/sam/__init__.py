"""SAM: what the transform makes of `AWS::Serverless::` resources, as far as it concerns us.

The reference is aws-sam-translator. Of what it does, this package does what decides the workflow,
its role and the role's policies.
"""

from __future__ import annotations

from stepguard.readers.cloudformation.sam.expansion import expand

__all__ = ["expand"]
