"""The public face: the command, the Python client, the local launcher."""
