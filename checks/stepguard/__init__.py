"""stepguard: finds what is wrong with Step Functions workflows and roles before deployment."""

__version__ = "0.1.0"
