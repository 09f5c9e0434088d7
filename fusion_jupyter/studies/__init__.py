"""Many runs as one thing: sweeps over options, and the search for a load."""
