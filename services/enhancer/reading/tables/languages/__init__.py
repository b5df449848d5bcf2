"""Words of other languages, one TOML file each, and pictographs."""
