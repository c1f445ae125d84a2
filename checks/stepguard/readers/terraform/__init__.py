"""Terraform configurations, read without Terraform."""
