"""Stands in for FUSION's package of this name; see cli/run_sim.py."""
