"""REST, WebSocket and files: the only public door."""
