"""Terraform plans and states, as `terraform show -json` prints them."""

from stepguard.readers.plan.reader import looks_like_plan, read_plan

__all__ = ["looks_like_plan", "read_plan"]
