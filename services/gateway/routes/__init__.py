"""The public doors, one module per resource."""
