"""The machine's own PostgreSQL, as a server of one stack, on loopback only."""

import glob
import os
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import time

from settings import ROLES, Problem, alive, port_is_free, say, unprivileged_user
from tools import install_package


def binaries():
    """The folder of initdb and postgres, the newest version there is; installed where there is none."""
    found = _find()
    if not found:
        install_package("postgresql", "PostgreSQL")
        found = _find()
    if not found:
        raise Problem("PostgreSQL was not found after its installation; put `initdb` and `postgres` on the PATH")
    return found


def _find():
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]), reverse=True)
    path = shutil.which("initdb")
    for folder in [*folders, *([os.path.dirname(path)] if path else [])]:
        if os.access(f"{folder}/initdb", os.X_OK) and os.access(f"{folder}/postgres", os.X_OK):
            return pathlib.Path(folder)
    return None


class Server:
    """The PostgreSQL server of a stack."""

    def __init__(self, stack):
        self.stack = stack
        self.folder = stack.folder / "postgres"
        self.password_file = stack.folder / "postgres-password"

    def start(self):
        """Starts the server unless it runs; makes its cluster the first time."""
        bin_folder = binaries()
        data = self._data_folder()
        if not (data / "PG_VERSION").exists():
            say("postgres: making a cluster")
            self._make_cluster(bin_folder, data)
        if alive(data / "postmaster.pid", "postgres"):
            return
        if not port_is_free(self.stack.database_port):
            variable = "PM_DATABASE_PORT" if self.stack.name == "run" else f"PM_{self.stack.name.upper()}_DATABASE_PORT"
            raise Problem(
                f"port {self.stack.database_port} is in use, PostgreSQL needs it; stop what uses it, or set {variable} to another port"
            )
        say(f"postgres: starting on port {self.stack.database_port}")
        options = [
            *("-p", str(self.stack.database_port), "-h", "127.0.0.1", "-k", ""),
            *("-c", "max_connections=900", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB"),
        ]
        log = open(self.stack.folder / "postgres.log", "ab")
        self._run([bin_folder / "postgres", "-D", data, *options], background=log)
        self._await_ready()

    def make_test_database(self):
        """A database from which tests and benchmarks make theirs, as the owner, who may take each function's role."""
        self.sql("select 'create database sqlx_tests owner pm_admin' where not exists (select from pg_database where datname = 'sqlx_tests') \\gexec")
        self.sql(f"grant {', '.join(ROLES)} to pm_admin")

    def stop(self):
        """Stops the server that this stack started, if it runs."""
        pid = alive(self._data_folder() / "postmaster.pid", "postgres")
        if pid:
            os.kill(pid, 2)  # SIGINT: a fast shutdown, transactions rolled back, nothing lost.
            for _ in range(300):
                if not alive(self._data_folder() / "postmaster.pid", "postgres"):
                    return
                time.sleep(0.1)
            raise Problem(f"PostgreSQL (pid {pid}) does not stop; look into {self.stack.folder}/postgres.log")

    def remove(self):
        """Removes the cluster with everything in it."""
        self.stop()
        shutil.rmtree(self._data_folder(), ignore_errors=True)

    def sql(self, statement, user="postgres", password=None, database="postgres"):
        """Runs a statement and gives what it prints."""
        environment = {**os.environ, "PGPASSWORD": password or self.password_file.read_text()}
        command = [
            *(binaries() / "psql" if (binaries() / "psql").exists() else "psql",),
            *("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.stack.database_port)),
            *("-U", user, "-d", database),
        ]
        # Through standard input, because a command line can be read by everybody.
        done = subprocess.run(command, input=statement, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Problem(f"PostgreSQL refused a statement: {done.stderr.strip()}")
        return done.stdout.strip()

    def set_owner(self, password):
        """Makes the owner of the databases: no superuser, as on RDS, so that row-level security binds it too."""
        quoted = password.replace("'", "''")
        self.sql(
            "do $$ begin if not exists (select from pg_roles where rolname = 'pm_admin') then "
            "create role pm_admin login createdb createrole; end if; end $$;\n"
            f"alter role pm_admin password '{quoted}';"
        )

    def _data_folder(self):
        """The cluster's folder; elsewhere when the unprivileged user cannot reach this project's folder."""
        user = unprivileged_user()
        if user is None or _reachable(self.folder.parent, user):
            return self.folder
        name = str(self.folder).strip("/").replace("/", "-")
        return pathlib.Path("/var/tmp") / f"products-manager-{name}"

    def _make_cluster(self, bin_folder, data):
        user = unprivileged_user()
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(0o700)
        password = self.password_file.read_text() if self.password_file.exists() else secrets.token_urlsafe(24)
        self.password_file.write_text(password)
        self.password_file.chmod(0o600)
        with tempfile.NamedTemporaryFile("w", dir="/tmp") as file:
            file.write(password)
            file.flush()
            if user:
                os.chown(file.name, user.pw_uid, user.pw_gid)
                os.chown(data, user.pw_uid, user.pw_gid)
            command = [bin_folder / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"]
            done = self._run([*command, "-A", "scram-sha-256", f"--pwfile={file.name}"])
        if done.returncode != 0:
            raise Problem(f"the PostgreSQL cluster could not be made: {done.stderr.strip()}")

    def _run(self, command, background=None):
        user = unprivileged_user()
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        command = [str(part) for part in command]
        if background:
            return subprocess.Popen(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=background, stderr=background, start_new_session=True, **who
            )
        return subprocess.run(command, cwd="/", capture_output=True, text=True, **who)

    def _await_ready(self):
        for _ in range(1500):
            try:
                self.sql("select 1")
                return
            except Problem:
                time.sleep(0.2)
        raise Problem(f"PostgreSQL does not answer; look into {self.stack.folder}/postgres.log")


def _reachable(folder, user):
    """Whether a user may walk down to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for parent in [folder, *folder.parents]:
        info = parent.stat()
        if info.st_uid == user.pw_uid:
            bits = info.st_mode >> 6
        elif info.st_gid == user.pw_gid:
            bits = info.st_mode >> 3
        else:
            bits = info.st_mode
        if not bits & 1:
            return False
    return True
