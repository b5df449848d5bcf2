"""What the gateway remembers: compositions, jobs, facts, versions and the outbox."""
