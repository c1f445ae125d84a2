"""HCL and its JSON form as syntax trees, by either of two parsers."""
