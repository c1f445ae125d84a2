"""The documentation that follows from the code: a page for each rule, tables, and the options.

Nothing is written down twice: `generators/docs.py` writes what these modules say to `docs/`, and
`stepguard explain` prints the same page.
"""
