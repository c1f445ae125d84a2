"""`python -m stepguard`."""

from stepguard.cli.main import main

if __name__ == "__main__":
    main(prog_name="stepguard")
