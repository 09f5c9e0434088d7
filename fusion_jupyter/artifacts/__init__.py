"""What a run produced: listing, loading, tidy frames, plots, export.

Modules: `listing` (files and safe paths), `loading` (a file into a DataFrame or object), `results`
(tidy frames over runs), `plots` (figures), `bundle` (export and import).
"""
