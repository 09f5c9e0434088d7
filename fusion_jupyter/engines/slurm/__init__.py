"""Runs as jobs of a Slurm cluster, driven through Slurm's own commands."""
