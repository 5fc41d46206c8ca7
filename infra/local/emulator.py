"""The AWS emulator of a stack, as a process: MiniStack, with IAM evaluated as AWS would."""

import json
import os
import subprocess
import time
import urllib.request

from settings import REGION, ROOT, VENV, Problem, alive, port_is_free, say

PROGRAM = ROOT / "infra/local/emulator_process.py"


class Emulator:
    """The emulator of a stack."""

    def __init__(self, stack):
        self.stack = stack
        self.pid_file = stack.folder / "emulator.pid"
        self.log = stack.folder / "emulator.log"

    def start(self):
        """Starts the emulator unless it runs."""
        if alive(self.pid_file, PROGRAM.name) and self._healthy():
            return
        if alive(self.pid_file, PROGRAM.name):
            self.stop()
        for port, variable in ((self.stack.port, "PORT"), (self.stack.api_port, "API_PORT")):
            if not port_is_free(port):
                prefix = "PM_" if self.stack.name == "run" else f"PM_{self.stack.name.upper()}_"
                raise Problem(
                    f"port {port} is in use, the AWS emulator needs it; stop what uses it, or set {prefix}{variable} to another port"
                )
        say(f"emulator: starting on port {self.stack.port}")
        state = self.stack.folder / "emulator"
        temporary = self.stack.folder / "tmp"
        for folder in (state, temporary):
            folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **self.stack.environment(),
            "GATEWAY_PORT": str(self.stack.port),
            "BIND_HOST": "127.0.0.1",
            # Every test proves the policies.
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "S3_PERSIST": "1",
            "STATE_DIR": str(state / "state"),
            "S3_DATA_DIR": str(state / "s3"),
            "TMPDIR": str(temporary),
            "MINISTACK_REGION": REGION,
            "LOG_LEVEL": "INFO",
            # A process that waited so long ends; the emulator looks each half minute.
            "LAMBDA_WARM_TTL_SECONDS": "90",
            "PM_API_PORT": str(self.stack.api_port),
            "PM_API_NAME": f"pm-{self.stack.stage}",
        }
        process = subprocess.Popen(
            [VENV / "bin/python", PROGRAM],
            env=environment,
            cwd=self.stack.folder,
            stdin=subprocess.DEVNULL,
            stdout=open(self.log, "ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.pid_file.write_text(f"{process.pid}\n")
        for _ in range(1500):
            if process.poll() is not None:
                raise Problem(f"the AWS emulator ended at once; look into {self.log}")
            if self._healthy():
                return
            time.sleep(0.2)
        raise Problem(f"the AWS emulator does not answer; look into {self.log}")

    def stop(self):
        """Stops the emulator and the functions that it runs; its state is kept."""
        pid = alive(self.pid_file, PROGRAM.name)
        if pid:
            os.kill(pid, 15)
            for _ in range(600):
                if not alive(self.pid_file, PROGRAM.name):
                    break
                # Our own child stays a zombie until it is waited for.
                try:
                    os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    pass
                time.sleep(0.1)
            else:
                os.kill(pid, 9)
        self.pid_file.unlink(missing_ok=True)

    def lost_its_state(self):
        """Whether it ended without being stopped, before it ever wrote its state: that is written when it stops."""
        state = self.stack.folder / "emulator/state"
        return self.pid_file.exists() and not alive(self.pid_file, PROGRAM.name) and not any(state.glob("*.json"))

    def _healthy(self):
        try:
            with urllib.request.urlopen(f"{self.stack.endpoint}/_ministack/health", timeout=2) as answer:
                return json.load(answer) is not None
        except OSError:
            return False
