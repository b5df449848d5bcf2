"""What travels between the services: pydantic documents, events and musical values. Imports nothing of ours."""
