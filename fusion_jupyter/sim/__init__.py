"""The embedded simulator: FUSION's elastic optical network model as a small, fast program.

It reads a FUSION INI file, simulates routing, modulation and spectrum assignment over a range of
traffic loads, and writes FUSION's output files, log lines and a ``progress.jsonl``::

    python -m fusion_jupyter.sim --config_path run.ini --run_id 0123456789ab --output_dir out

The package is independent of Jupyter and imports only ``config`` from ``fusion_jupyter``, which
reads and checks configurations. Importing it costs nothing; its modules are:

=================  ==============================================================
``config``         an accepted configuration, as the simulator needs it
``extensions``     options beyond FUSION
``demand``         the requests of an iteration, from the configuration
``traffic``        Poisson arrivals, exponential holding times, node pairs
``paths``          the k shortest paths, in an order that settles ties
``routing``        candidate paths, and the lightpaths to try on each
``ordering``       the order in which they are tried: fixed, or by congestion
``crosstalk``      crosstalk between cores: as a cost of links, as a limit
``quality``        signal-to-noise ratio as a limit
``sorting``        means and sort orders identical to numpy's
``lanes``          cores and bands in the order in which they are tried
``spectrum``       first fit on bit masks
``allocation``     other slot choices, and spectrum that knows its contents
``engine``         one iteration: arrivals and departures in order of time
``fast``           the same by the compiled kernel, if there is one (``kernel/``)
``kernel_source``  the source that a compiled kernel was built from
``outcome``        the outcome of an iteration, for the statistics
``tally``          exact sums over lightpaths and requests
``statistics``     statistics of an iteration and a load
``precision``      Student's t, and a stopping rule for loads
``summary``        exact means and deviations
``output``         one JSON file per load, replaced atomically
``progress``       ``progress.jsonl``
``log``            FUSION's log lines on standard error
``runner``         all iterations of a load; all loads, one after another
``parallel``       the same, spread over processes
``signals``        clean exit on SIGTERM and SIGINT
``arguments``      its arguments
``entry``          where a process enters: command line, imports, start
``cli``            the command line
=================  ==============================================================
"""


def simulated_by() -> str:
    """Return what simulates here: the compiled kernel, or plain Python, and why.

    Features that the kernel lacks are always simulated by plain Python; a line in each run's log
    states which of the two simulates it.
    """
    from fusion_jupyter.sim.fast import engine_name

    return engine_name()
