"""What a caller feels of a cold start: from the start of a function's process to its first answer.

The executable runs as Lambda would run it, against a Runtime API of our own that has one event. In one run, proxies between
the function and its services (PostgreSQL, and AWS by the emulator) count round trips: each time the function sends after
it has received.
"""

import http.server
import json
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from settings import Problem

# A function with a GET that needs a caller and has no path parameter.
HANDLER, ROUTE = "catalog.list_products", "/v1/products"


class Proxy:
    """Forwards TCP connections to `target` and counts round trips and connections."""

    def __init__(self, target):
        self.target, self.connections, self.round_trips = target, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(self.target)
            state = {"received": True}
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._forward, args=(client, server, state, True), daemon=True).start()
            threading.Thread(target=self._forward, args=(server, client, state, False), daemon=True).start()

    def _forward(self, source, target, state, is_request):
        try:
            while data := source.recv(65536):
                if is_request and state["received"]:
                    self.round_trips += 1
                state["received"] = not is_request
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class RuntimeApi:
    """Lambda's Runtime API for one process. It has one event; without one the first poll waits."""

    def __init__(self, event=None):
        self.polled, self.answered, self.answer = threading.Event(), threading.Event(), None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if event is None or outer.polled.is_set():
                    # There is no event, or no second one.
                    outer.poll()
                    time.sleep(600)
                outer.poll()
                body = json.dumps(event).encode()
                self.send_response(200)
                for name, value in (
                    ("Lambda-Runtime-Aws-Request-Id", "first-answer"),
                    ("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 60) * 1000))),
                    ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:000000000000:function:bench"),
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(body))),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                outer.answer = self.rfile.read(int(self.headers["content-length"])) if "content-length" in self.headers else self._chunks()
                outer.answered.at = time.perf_counter()
                outer.answered.set()
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _chunks(self):
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # A process that was killed breaks its connection: that is meant.
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def poll(self):
        if not self.polled.is_set():
            self.polled.at = time.perf_counter()
            self.polled.set()

    def environment(self):
        """What Lambda sets for the process."""
        return {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}", "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_LOG_STREAM_NAME": "x",
            "AWS_LAMBDA_LOG_GROUP_NAME": "x",
        }

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def event(token):
    """An event of the gateway (REST, proxy integration) for the route."""
    headers = {"authorization": f"Bearer {token}", "host": "bench"}
    return {
        "resource": ROUTE, "path": ROUTE, "httpMethod": "GET", "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()}, "queryStringParameters": None,
        "multiValueQueryStringParameters": None, "pathParameters": None, "stageVariables": None, "body": None, "isBase64Encoded": False,
        "requestContext": {"resourcePath": ROUTE, "httpMethod": "GET", "path": ROUTE, "stage": "v1", "requestId": "first-answer",
                           "identity": {"sourceIp": "127.0.0.1"}},
    }


def first_answer(executable, environment, request):
    """Starts a process; returns the milliseconds to its answer."""
    api = RuntimeApi(request)
    began = time.perf_counter()
    environment = {**environment, **api.environment()}
    process = subprocess.Popen([executable], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if not api.answered.wait(60):
            raise Problem(f"{executable} does not answer")
        status = json.loads(api.answer).get("statusCode")
        if status not in (200, 204):
            raise Problem(f"the first answer of {executable} had the status {status}")
        return (api.answered.at - began) * 1000
    finally:
        process.kill()
        process.wait()
        api.close()


def at_once(executable, environment, request, count):
    """The milliseconds to the first answer of each of `count` processes that start together, in ascending order."""
    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(lambda _: first_answer(executable, environment, request), range(count)))


def proxied(environment):
    """Proxies before PostgreSQL and AWS, and the environment that leads through them."""
    database = Proxy((environment["DATABASE_HOST"], int(environment["DATABASE_PORT"])))
    host, port = environment["AWS_ENDPOINT_URL"].removeprefix("http://").split(":")
    aws = Proxy((host, int(port)))
    through = {
        **environment, "DATABASE_HOST": "127.0.0.1", "DATABASE_PORT": str(database.port),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.port}",
    }
    return database, aws, through


def function_environment(stack, handler):
    """The environment that the deployed function has, with the way to this stack."""
    name = f"pm-{stack.stage}-{handler.replace('.', '-')}"
    variables = stack.client("lambda").get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    return {**stack.environment(), **variables, "_HANDLER": handler}
