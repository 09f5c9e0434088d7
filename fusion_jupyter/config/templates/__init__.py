"""Complete INI templates; each file's first line says what it is for."""
