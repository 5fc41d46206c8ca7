"""The tools that everything else needs: Python's own environment, Rust, the build."""

import concurrent.futures
import fcntl
import functools
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import zipfile

from settings import DOMAINS, LOCAL, ROOT, VENV, Problem, say

REQUIREMENTS = ROOT / "infra/local/requirements.txt"


def enter_venv():
    """Makes the Python environment from pinned, hashed requirements, and continues inside it."""
    if sys.version_info < (3, 10):
        raise Problem(f"Python 3.10 or newer is needed, this is {sys.version.split()[0]}; install python3.11")
    ensure_venv(VENV, REQUIREMENTS)
    if pathlib.Path(sys.prefix).resolve() != VENV.resolve():
        os.environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"
        os.execv(VENV / "bin/python", ["python", *sys.argv])


def ensure_venv(folder, requirements):
    """Makes a Python environment from pinned, hashed requirements, unless it is there."""
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = folder / "requirements.sha256"
    LOCAL.mkdir(exist_ok=True)
    with open(LOCAL / "venv.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            say("tools: making the Python environment (once; about a minute)")
            _make_venv(folder, requirements)
            stamp.write_text(wanted)


def _make_venv(folder, requirements):
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", folder], capture_output=True, text=True)
    if made.returncode != 0:
        install_package("python3-venv", "Python's venv module")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    command = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    # The list is complete; the resolver would stumble over extras, which hashes do not cover.
    command += ["-r", requirements]
    if subprocess.run(command).returncode != 0:
        raise Problem("the Python requirements could not be installed; is the package index reachable? Then run it again")


def install_package(package, purpose):
    """Installs a Debian package, as root or through sudo."""
    if not shutil.which("apt-get"):
        raise Problem(f"{purpose} is missing; install it (Debian: {package}) and run it again")
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if sudo and subprocess.run([*sudo, "true"], capture_output=True).returncode != 0:
        raise Problem(f"{purpose} is missing; run `sudo apt-get install {package}` and try again")
    say(f"tools: installing {package}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", package]):
        done = subprocess.run([*sudo, "apt-get", *arguments], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["apt-get failed"])[-1]
            raise Problem(f"{package} could not be installed ({last}); install it and run it again")


def unpack_openssh(folder):
    """OpenSSH's server for the tests, beside the stacks when the machine has none: unpacked only, so that nothing begins to listen.
    Returns True if it is available."""
    if shutil.which("sshd", path="/usr/sbin:/usr/local/sbin") and shutil.which("ssh-keygen") or (folder / "usr/sbin/sshd").exists():
        return True
    if not shutil.which("apt-get"):
        return False
    say("tools: unpacking openssh-server")
    folder.mkdir(parents=True, exist_ok=True)
    download = ["apt-get", "download", "-q", "openssh-server", "openssh-client", "libwrap0"]
    done = subprocess.run(download, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0 and os.geteuid() == 0:
        # The lists of packages may be missing.
        subprocess.run(["apt-get", "update", "-q"], capture_output=True)
        done = subprocess.run(download, cwd=folder, capture_output=True, text=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        package.unlink()
    return (folder / "usr/sbin/sshd").exists()


@functools.cache
def target():
    """This machine's Rust target: tests and the local stack name it alike, so that they share one build."""
    if not shutil.which("cargo"):
        raise Problem("cargo is missing; install Rust 1.95 (https://rustup.rs) and run it again")
    verbose = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return next(line.split()[1] for line in verbose.splitlines() if line.startswith("host:"))


def build(profile="dev"):
    """Builds every function and `pm` for this machine; returns the folder of the packages, of which it packs those that changed."""
    if not (shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")):
        install_package("build-essential", "a C compiler")
    # The benchmarks are examples: built apart, cargo chooses other features of the dependencies and compiles them all again.
    release = ["--release", "--examples"] if profile == "release" else []
    cargo("build", "--workspace", "--bins", *release)
    # The release packages stand beside the others, lest the next `make run` deploys what the benchmark built.
    folder = ROOT / ("target/packages-release" if release else "target/packages")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda domain: _pack(executable(domain, profile), folder / domain), DOMAINS))
    return folder


def cargo(command, *arguments, environment=None):
    """Runs cargo for this machine's target, offline for sqlx, and shows how far it is."""
    arguments = [command, "--target", target(), *arguments]
    say(f"build: cargo {' '.join(arguments)}")
    environment = {**(environment or os.environ), "SQLX_OFFLINE": "true"}
    process = subprocess.Popen(
        ["cargo", *arguments, "--quiet", "--message-format", "json-render-diagnostics"], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    )
    started = said = time.monotonic()
    crates, everything = set(), None
    for line in process.stdout:
        message = json.loads(line)
        if message.get("reason") == "compiler-artifact":
            crates.add(message["package_id"])
        if time.monotonic() - said > 20:
            said = time.monotonic()
            everything = everything or _crates()
            say(f"build: {len(crates)} of {everything} crates after {(said - started) / 60:.0f} min")
    if process.wait() != 0:
        raise Problem("the build failed; the compiler's messages are above")


def _crates():
    """How many crates the workspace is built of on this machine."""
    tree = ["cargo", "tree", "--workspace", "--target", target(), "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]
    listed = subprocess.run(tree, cwd=ROOT, capture_output=True, text=True).stdout
    return len({line.removesuffix(" (*)") for line in listed.splitlines() if line})


def _pack(program, folder):
    """Packs an executable as Lambda wants it, without what only a debugger reads, unless that is done already."""
    package, stamp = folder / "bootstrap.zip", folder / "of"
    made_of = f"{program.stat().st_mtime_ns} {program.stat().st_size}"
    if package.exists() and stamp.exists() and stamp.read_text() == made_of:
        return
    folder.mkdir(parents=True, exist_ok=True)
    stripped = folder / "bootstrap"
    subprocess.run(["strip", "-o", stripped, program], check=True)
    # The same executable gives the same bytes: the time and the mode are fixed.
    entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
    entry.external_attr, entry.compress_type = 0o755 << 16, zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(entry, stripped.read_bytes())
    stripped.unlink()
    stamp.write_text(made_of)


def executable(name, profile="dev"):
    """An executable that `build` made, as it is: a domain's, or `pm`."""
    return ROOT / "target" / target() / ("debug" if profile == "dev" else profile) / name
