"""One module per command: `run(arguments) -> exit code`."""
