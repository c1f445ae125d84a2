"""Where a deployment is written: text in, `Deployment` out."""
