"""What a change introduces: two sides compared."""
