"""`make demo`: the quickstart notebook without a browser, and its run in this terminal.

The notebook executes in a kernel of its own. This process attaches to the run that the notebook
started, as any other process could, and shows it.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

import fusion_jupyter as fj
from fusion_jupyter.cli.watching import watch_run

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "demo"
NAME = "01_quickstart"
START_SECONDS = 60


def main() -> int:
    """Execute the notebook, show its run, leave the notebook and its HTML in ``demo/``."""
    OUT.mkdir(exist_ok=True)
    manager = fj.RunManager(OUT / "fusion_runs")
    known = {record.id for record in manager.list_runs()}
    notebook = nbformat.read(HERE / f"{NAME}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(OUT)}},
        # The page has no kernel: it shows the view's plain form, not a widget that cannot live.
        store_widget_state=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    failure: list[Exception] = []

    def execute() -> None:
        try:
            client.execute()
        except Exception as error:
            failure.append(error)

    print(f"Executing notebooks/{NAME}.ipynb in a kernel of its own ...", flush=True)
    thread = threading.Thread(target=execute)
    thread.start()
    run_id = None
    deadline = time.monotonic() + START_SECONDS
    while run_id is None and thread.is_alive() and time.monotonic() < deadline:
        run_id = next((r.id for r in manager.list_runs() if r.id not in known), None)
        time.sleep(0.05)
    code = 1 if run_id is None else watch_run(manager, run_id)
    thread.join()
    if failure or run_id is None or code:
        print(failure[0] if failure else "The notebook started no run.", file=sys.stderr)
        return 1

    nbformat.write(notebook, OUT / f"{NAME}.ipynb")  # type: ignore[no-untyped-call]
    html, _ = HTMLExporter().from_notebook_node(notebook)
    (OUT / f"{NAME}.html").write_text(html, encoding="utf-8")

    frame = fj.results(manager.get_run(run_id), level="erlang")
    columns = ["erlang", "iterations", "blocking", "blocking_low", "blocking_high"]
    table = frame[columns].assign(erlang=frame["erlang"].map("{:g}".format))
    print(f"\n{table.to_string(index=False, float_format='{:.5f}'.format)}\n")
    print(f"The executed notebook:  {OUT.name}/{NAME}.ipynb")
    print(f"The same as a page:     {OUT.name}/{NAME}.html")
    print(f"The run's files:        {OUT.name}/fusion_runs/{run_id}/")
    print("\nNext: make lab, which opens the notebook in JupyterLab.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
