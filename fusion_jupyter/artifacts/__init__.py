"""What a run produced: listing, loading, tidy frames, figures, export.

Modules: `listing` and `paths` (files, and opening them safely), `loading` (a file into a DataFrame
or object, by `formats`), `results` (tidy frames over runs, by `levels` and `rows`), `plots`
(figures), `bundle` (export and import).
"""
