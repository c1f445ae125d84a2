"""The rules, one module each; a rule never sees a file format."""
