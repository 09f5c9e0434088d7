"""Complete INI templates; each file's first line states its purpose."""
