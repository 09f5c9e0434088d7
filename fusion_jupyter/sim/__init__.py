"""The embedded simulator: FUSION's elastic optical network model as a small, fast program.

It reads a FUSION INI file, simulates routing, modulation and spectrum assignment over a range of
traffic loads, and writes FUSION's output files, log lines and a ``progress.jsonl``::

    python -m fusion_jupyter.sim --config_path run.ini --run_id 0123456789ab --output_dir out

The package is independent of Jupyter and imports only ``config`` from ``fusion_jupyter``, which
reads and checks configurations. Importing it costs nothing; its modules are:

=================  ==============================================================
``config``         what a run is asked to do, as the simulator needs it
``extensions``     what goes beyond FUSION
``demand``         the requests of an iteration, as a configuration asks for them
``traffic``        Poisson arrivals, exponential holding times, node pairs
``paths``          the k shortest paths, in an order that settles ties
``routing``        candidate paths, and what may be tried on each
``ordering``       in which order they are tried: fixed, or by congestion
``crosstalk``      crosstalk between cores: as a cost of links, as a limit
``quality``        signal-to-noise ratio as a limit
``sorting``        means and orders as numpy gives them
``lanes``          cores and bands in the order in which they are tried
``spectrum``       first fit on bit masks
``allocation``     other choices of slots, and spectrum that knows its contents
``engine``         one iteration: arrivals and departures in order of time
``fast``           the same by the compiled kernel, where there is one (``kernel/``)
``kernel_source``  of which source a compiled kernel is
``outcome``        what an iteration leaves to the statistics
``tally``          exact sums over lightpaths and requests
``statistics``     what an iteration and a load tell
``precision``      Student's t, and when a load has been simulated for long enough
``summary``        exact means and deviations
``output``         one JSON file per load, replaced atomically
``progress``       ``progress.jsonl``
``log``            FUSION's log lines on standard error
``runner``         all iterations of a load; all loads, one after another
``parallel``       the same, spread over processes
``signals``        ending cleanly on SIGTERM and SIGINT
``arguments``      its arguments
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
