"""Scanning very many projects: a list of them to a table of findings, on many processes."""
