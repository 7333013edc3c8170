"""Side by side with argus-mcp: see bench/run.py."""
