"""Terraform plans and states, as `terraform show -json` prints them.

`recognition` tells what is one, `reader` reads it.
"""
