"""Deliverables to verdict, report and bundle."""
