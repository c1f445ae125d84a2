seconds = 7200
options = { TimeoutSeconds = 3600 }
