"""Files that grow become events: tails, progress, logs, and the watcher that pushes them."""
