"""Benchmarks that compare argus-auth with argus-mcp. Start at bench/run.py."""
