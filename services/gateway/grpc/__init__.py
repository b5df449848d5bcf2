"""The door for gRPC: `houseband.v1.Studio`, health and reflection (contracts/studio.proto)."""
