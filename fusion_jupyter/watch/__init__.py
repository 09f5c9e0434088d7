"""One watcher for each kernel: it polls the files of all runs and hands on updates."""
