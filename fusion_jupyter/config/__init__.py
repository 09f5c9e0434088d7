"""What a run is asked to do: the table of options, templates, and every check before a start."""
