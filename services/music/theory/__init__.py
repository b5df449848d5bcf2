"""Music theory as pure functions: scales, Roman numerals, voice leading."""
