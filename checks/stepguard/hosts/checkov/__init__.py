"""The directory of external checks that checkov is given; it loads every other file in it.

checkov wants this file to be there. It runs each further `.py` file under its bare name, about
twenty times in one run, so there is one, with a name that no other module has; what it needs is
in `stepguard.hosts.checkov_bridge`.
"""
