"""The programs that show stepguard's findings as their own: checkov and cfn-lint."""
