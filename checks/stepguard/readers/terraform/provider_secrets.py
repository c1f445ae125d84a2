"""Attributes that providers mark as sensitive: what a configuration sets there is not followed.

Sources: of `aws` 5.100 what `terraform providers schema -json` marks; of `random` and `tls` their
documentation. Listed are attributes that definitions and policies may well use.
"""

from __future__ import annotations

_ANYWHERE = frozenset(
    {
        *("password", "master_password"),
        *("secret_string", "secret_binary", "secret_key", "client_secret", "auth_token"),
        *("private_key", "private_key_pem", "private_key_openssh", "access_token", "oauth_token"),
    }
)

_OF_TYPE = {
    "aws_ssm_parameter": frozenset({"value"}),
    "aws_iam_access_key": frozenset({"secret", "ses_smtp_password_v4"}),
    "aws_api_gateway_api_key": frozenset({"value"}),
    "aws_cloudwatch_event_connection": frozenset({"auth_parameters"}),
    "random_password": frozenset({"result", "bcrypt_hash"}),
}


def is_secret_attribute(type_name: str, name: str) -> bool:
    """Tell whether what a resource of a type has in an attribute must not be seen."""
    return name in _ANYWHERE or name in _OF_TYPE.get(type_name, ())
