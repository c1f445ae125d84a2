"""CloudFormation, SAM and CDK templates, and bare workflow definitions."""
