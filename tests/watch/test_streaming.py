"""The streams of the service layer, end to end with real processes and a real HTTP client."""

import asyncio
import contextlib
import gc
import json
import socket
import sys
import threading
import time
from pathlib import Path

import pytest
from helpers import wait_for, wait_until_final, wait_until_running

import fusion_jupyter as fj
from fusion_jupyter.manager import provenance
from fusion_jupyter.manager.record import RunCreate


async def collect(stream):
    return [event async for event in stream]


def data(events, kind):
    return [json.loads(event["data"]) for event in events if event["event"] == kind]


@pytest.mark.parametrize(
    ("program", "count"),
    [
        ("true", 0),
        ('for i in 1 2 3; do echo "{\\"fraction\\": 0.$i}" >> $FUSION_PROGRESS_FILE; done', 3),
        ("printf '{\"fraction\": 0.5}' >> $FUSION_PROGRESS_FILE", 1),
    ],
)
def test_a_run_that_is_over_at_once_ends_with_the_right_last_event(manager, program, count):
    record = manager.create_run(RunCreate(command=("/bin/sh", "-c", program)))
    events = asyncio.run(collect(fj.stream_progress(record.id)))
    assert len(data(events, "progress")) == count
    assert events[-1]["event"] == "done"
    assert data(events, "done") == [
        {"status": "COMPLETED", "exit_code": 0, "error_message": None, "bad_lines": 0}
    ]


def test_a_million_events_all_arrive_before_done(manager):
    text = (
        "import os\n"
        "line = b''.join(b'{\"fraction\": 0.5, \"n\": %d}\\n' % n for n in range(1_000_000))\n"
        "open(os.environ['FUSION_PROGRESS_FILE'], 'wb').write(line)\n"
    )
    record = manager.create_run(RunCreate(command=(sys.executable, "-c", text)))

    async def count():
        number = 0
        async for event in fj.stream_progress(record.id):
            if event["event"] == "progress":
                assert event["data"].endswith(f'"n": {number}}}')
                number += 1
            last = event
        return number, last

    number, last = asyncio.run(count())
    assert number == 1_000_000
    assert last["event"] == "done"


def test_lines_that_arrive_in_halves_are_whole(manager):
    text = "for i in 1 2 3 4 5; do printf 'line '; sleep 0.05; printf \"$i\\n\"; done; exit 3"
    record = manager.create_run(RunCreate(command=("/bin/sh", "-c", text)))
    events = asyncio.run(collect(fj.stream_run_logs(record.id)))
    assert data(events, "log") == [{"line": f"line {n}", "number": n} for n in range(1, 6)]
    assert data(events, "done")[0]["exit_code"] == 3


def test_from_the_end_only_what_is_new_comes_with_its_number(manager):
    text = "echo old; while [ ! -e output/go ]; do sleep 0.01; done; echo new"
    record = manager.create_run(
        RunCreate(command=("/bin/sh", "-c", f"cd $FUSION_OUTPUT_DIR/..; {text}"))
    )
    log = record.directory / "logs" / f"{record.id}.log"
    wait_for(lambda: log.exists() and log.read_text())

    async def use():
        task = asyncio.create_task(collect(fj.stream_run_logs(record.id, from_start=False)))
        await asyncio.sleep(0)  # it has opened the log by then
        (record.directory / "output" / "go").touch()
        return await task

    events = asyncio.run(use())
    assert data(events, "log") == [{"line": "new", "number": 2}]


@pytest.mark.parametrize("run_id", ["0" * 12, "../../etc/pa", "", "X" * 12])
def test_an_unknown_run_is_reported_before_the_first_event(run_id):
    for stream in (fj.stream_progress, fj.stream_run_logs):
        with pytest.raises(LookupError, match="no run"):
            asyncio.run(collect(stream(run_id)))


async def stop_and_close(stream):
    async for _ in stream:
        break
    await stream.aclose()


async def stop_and_forget(stream):
    async for _ in stream:
        break


async def wait_and_be_cancelled(stream):
    seen = asyncio.Event()

    async def consume():
        async for _ in stream:
            seen.set()

    task = asyncio.create_task(consume())
    await seen.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def open_files() -> set[str]:
    """What this process's descriptors lead to."""
    found = set()
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(str(path.readlink()))
    return {name for name in found if not name.startswith("/proc/")}


async def never_begin(stream):
    del stream


@pytest.mark.parametrize(
    "give_up", [stop_and_close, stop_and_forget, wait_and_be_cancelled, never_begin]
)
@pytest.mark.parametrize("stream", [fj.stream_progress, fj.stream_run_logs])
def test_a_consumer_that_stops_in_the_middle_leaves_nothing_behind(manager, stream, give_up):
    text = "yes '{}' | head -5000 | tee $FUSION_PROGRESS_FILE; sleep 30"
    record = manager.create_run(RunCreate(command=("/bin/sh", "-c", text)))

    async def use():
        await give_up(stream(record.id))
        return len(asyncio.all_tasks())

    wait_until_running(manager, record.id)
    provenance.finish()  # by a thread that opens files
    files, threads = open_files(), threading.active_count()
    assert asyncio.run(use()) == 1
    gc.collect()
    # What starts a run may have ended meanwhile.
    assert not open_files() - files
    assert threading.active_count() <= threads
    manager.cancel(record.id)


def test_many_consumers_in_one_loop_and_in_several_get_everything(manager):
    text = "for i in $(seq 50); do echo $i; echo '{}' >> $FUSION_PROGRESS_FILE; sleep 0.01; done"
    record = manager.create_run(RunCreate(command=("/bin/sh", "-c", text)))
    found = []

    async def consume(stream, pause):
        events = []
        async for event in stream:
            events.append(event["event"])
            await asyncio.sleep(pause)  # a slow consumer holds up nobody
        return events

    async def use():
        streams = [
            consume(stream(record.id), pause)
            for stream in (fj.stream_progress, fj.stream_run_logs)
            for pause in (0.0, 0.02)
        ]
        found.extend(await asyncio.gather(*streams))

    threads = [threading.Thread(target=asyncio.run, args=(use(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [["log"] * 50 + ["done"]] * 4 + [["progress"] * 50 + ["done"]] * 4


def test_the_streams_can_be_sent_as_server_sent_events_as_they_are(manager):
    import httpx
    import uvicorn
    from sse_starlette import EventSourceResponse
    from starlette.applications import Starlette
    from starlette.routing import Route

    async def progress(request):
        return EventSourceResponse(fj.stream_progress(request.path_params["id"]))

    async def logs(request):
        return EventSourceResponse(fj.stream_run_logs(request.path_params["id"]))

    app = Starlette(routes=[Route("/progress/{id}", progress), Route("/logs/{id}", logs)])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            record = manager.create_run(
                RunCreate(simulator="embedded", config={"max_iters": 2, "erlang_stop": 400})
            )
            address = f"http://127.0.0.1:{port}"
            bodies = {
                kind: httpx.get(f"{address}/{kind}/{record.id}", timeout=30).text
                for kind in ("progress", "logs")
            }
        finally:
            server.should_exit = True
            thread.join()
    wait_until_final(manager, record.id)
    for kind, event in (("progress", "progress"), ("logs", "log")):
        events = [
            dict(part.split(": ", 1) for part in block.splitlines() if ": " in part)
            for block in bodies[kind].replace("\r\n", "\n").strip().split("\n\n")
        ]
        events = [found for found in events if "event" in found]
        assert {found["event"] for found in events[:-1]} == {event}
        assert events[-1]["event"] == "done"
        assert json.loads(events[-1]["data"])["status"] == "COMPLETED"
    text = (record.directory / "logs" / f"{record.id}.log").read_text()
    assert len(events) - 1 == len(text.splitlines())
