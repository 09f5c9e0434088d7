"""Output files of a run: listing, safe paths, loading, export and import."""
