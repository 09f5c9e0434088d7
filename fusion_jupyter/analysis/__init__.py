"""Result files become tidy frames: rows by level, selection of runs, statistics, comparison."""
