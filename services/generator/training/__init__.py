"""Where statistics are learned from open data: each module reads archives and writes one table of `services/generator/learned`."""
