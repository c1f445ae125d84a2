kind = "EXPRESS"
