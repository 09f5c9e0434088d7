"""From result files to tidy frames: rows by level, selection of runs, statistics, comparison."""
