"""The process of the AWS emulator: MiniStack, with what a laptop needs beside it.

Started by emulator.py with the variables of MiniStack and two of ours: PM_API_PORT, on which the API is served at its
plain paths, and PM_API_NAME, the name of that API. Four adjustments to the pinned version, each for a figure of
docs/performance.md:

- A package is held once, however many functions have it.
- A process that was not used for LAMBDA_WARM_TTL_SECONDS ends, also when it is the last one of its function.
- The threads that wait for a process's next request sleep until there is one, instead of looking ten times a second.
- `http://127.0.0.1:<PM_API_PORT>/v1/...` leads to the API, whatever id the emulator gave it.
"""

import hashlib
import os
import queue
import socket
import socketserver
import threading
import time
import types

import hypercorn.asyncio
import ministack.app
import ministack.core.lambda_runtime as lambda_runtime
import ministack.services.apigateway_v1 as apigateway
import ministack.services.lambda_svc as lambdas

API_PORT = int(os.environ["PM_API_PORT"])
API_NAME = os.environ["PM_API_NAME"]


def hold_each_package_once():
    """The emulator reads a package anew for each function that has it."""
    fetch, packages = lambdas._fetch_code_from_s3, {}

    def fetched(*arguments, **options):
        package = fetch(*arguments, **options)
        return package and packages.setdefault(hashlib.sha256(package).digest(), package)

    lambdas._fetch_code_from_s3 = fetched


def end_unused_processes():
    """The emulator keeps the first process of each function for ever."""

    def reap():
        ttl, ended = float(os.environ["LAMBDA_WARM_TTL_SECONDS"]), []
        with lambda_runtime._lock:
            for key, workers in list(lambda_runtime._workers.items()):
                unused = [worker for worker in workers if not worker.in_use and time.time() - worker.last_used >= ttl]
                ended += unused
                kept = [worker for worker in workers if worker not in unused]
                if kept:
                    lambda_runtime._workers[key] = kept
                else:
                    del lambda_runtime._workers[key]
        lambda_runtime.kill_workers(ended)
        return len(ended)

    lambdas.reap_idle_workers = lambda_runtime.reap_idle_workers = reap


def wait_without_polling():
    """A process's next request is waited for in a queue with a limit of 0.1 s, and its server looks as often whether it should
    end; both wake up by themselves when there is something."""

    class PatientQueue(queue.Queue):
        def get(self, block=True, timeout=None):
            # A process that ended meanwhile is noticed this late, by a thread that nobody waits for.
            return super().get(block, 10 if timeout == 0.1 else timeout)

    class PatientServer(socketserver.ThreadingTCPServer):
        def serve_forever(self, poll_interval=0.5):
            super().serve_forever(poll_interval=60)

        def shutdown(self):
            ending = threading.Thread(target=super().shutdown, daemon=True)
            ending.start()
            while ending.is_alive():
                try:
                    socket.create_connection(self.server_address, timeout=1).close()
                except OSError:
                    pass
                ending.join(0.05)

    lambda_runtime.queue = types.SimpleNamespace(Queue=PatientQueue, Empty=queue.Empty, Full=queue.Full)
    socketserver.ThreadingTCPServer = PatientServer


def serve_the_api_at_plain_paths():
    """A second port, whose requests all go to the API."""
    emulator, serve = ministack.app.app, hypercorn.asyncio.serve

    async def app(scope, receive, send):
        if scope["type"] == "http" and scope["server"][1] == API_PORT:
            root = f"/restapis/{_api_id()}/api/_user_request_"
            raw = scope.get("raw_path") or scope["path"].encode()
            scope = {**scope, "path": root + scope["path"], "raw_path": root.encode() + raw}
        await emulator(scope, receive, send)

    async def served(_, config, **options):
        config.bind = [*config.bind, f"{os.environ['BIND_HOST']}:{API_PORT}"]
        await serve(app, config, **options)

    hypercorn.asyncio.serve = served


def _api_id():
    for api_id, api in list(apigateway._rest_apis._data.items()):
        if api.get("name") == API_NAME:
            return api_id[-1]
    return "none"


if __name__ == "__main__":
    hold_each_package_once()
    end_unused_processes()
    wait_without_polling()
    serve_the_api_at_plain_paths()
    ministack.app.main()
