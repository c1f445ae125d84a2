"""What AWS documents about integrations, actions and the permissions that they take."""
