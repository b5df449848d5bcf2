"""How a process lives: bus, stores, telemetry, settings. Knows no music."""
