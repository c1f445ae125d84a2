"""What would be deployed: values, documents, workflows, policies, resources. No file formats."""
