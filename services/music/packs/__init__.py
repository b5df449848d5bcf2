"""Musical knowledge as data: one TOML file per genre and per instrument, with schemas that interpret them."""
