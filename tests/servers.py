"""A supplier's server for the end-to-end tests: `servers.py ftp|ftps|sftp|openssh FOLDER` prints its port, the user and the path of the
folder on the server (for SFTP also the private key that it accepts, and its own fingerprint), and serves the folder until its input ends."""

import asyncio
import base64
import datetime
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

USER, PASSWORD = "tarifs", "secret of the supplier"


def ftp(folder):
    from pyftpdlib.handlers import FTPHandler

    _serve_ftp(FTPHandler, folder)


def ftps(folder):
    """FTP with TLS, with a certificate that no authority signed."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from pyftpdlib.handlers import TLS_FTPHandler

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "supplier")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(days=1))
    certificate = certificate.sign(key, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fingerprint = "SHA256:" + base64.b64encode(certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(pem)
        file.flush()
        _serve_ftp(TLS_FTPHandler, folder, {"certfile": file.name, "tls_control_required": True, "tls_data_required": True}, fingerprint)


def _serve_ftp(kind, folder, settings=None, certificate=None):
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.servers import FTPServer

    handler = type("Handler", (kind,), {"authorizer": DummyAuthorizer(), **(settings or {})})
    handler.authorizer.add_user(USER, PASSWORD, folder, perm="elradfmw")
    server = FTPServer(("127.0.0.1", 0), handler)
    _tell(port=server.address[1], **({"certificate": certificate} if certificate else {}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


async def sftp(folder):
    import asyncssh

    host_key, user_key = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    accepted = asyncssh.import_authorized_keys(user_key.export_public_key().decode())

    class Server(asyncssh.SSHServer):
        def begin_auth(self, username):
            return True

        def password_auth_supported(self):
            return True

        def validate_password(self, username, password):
            return (username, password) == (USER, PASSWORD)

    def files(channel):
        return asyncssh.SFTPServer(channel, chroot=folder)

    server = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=Server, server_host_keys=[host_key], authorized_client_keys=accepted, sftp_factory=files
    )
    key = user_key.export_private_key().decode()
    _tell(port=server.sockets[0].getsockname()[1], private_key=key, fingerprint=host_key.get_fingerprint())
    await asyncio.to_thread(sys.stdin.read)


def openssh(folder):
    """The server of OpenSSH, under a user without rights: installed, or unpacked next to the stacks (infra/local/tools.py)."""
    unpacked = pathlib.Path(__file__).resolve().parent.parent / ".local/openssh"
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin") or str(unpacked / "usr/sbin/sshd")
    keygen = shutil.which("ssh-keygen") or str(unpacked / "usr/bin/ssh-keygen")
    libraries = ":".join(str(path) for path in sorted(unpacked.glob("usr/lib/*-linux-gnu*")))
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries}
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    with tempfile.TemporaryDirectory() as keys:
        for name in ("host", "user"):
            subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", f"{keys}/{name}"], check=True, env=environment)
        shutil.copy(f"{keys}/user.pub", f"{keys}/authorized")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = pathlib.Path(keys, "config")
        config.write_text(f"""Port {port}
ListenAddress 127.0.0.1
HostKey {keys}/host
AuthorizedKeysFile {keys}/authorized
PidFile none
UsePAM yes
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowUsers {user.pw_name}
Subsystem sftp internal-sftp
ForceCommand internal-sftp
""")
        command = [sshd, "-D", "-f", str(config)]
        if os.geteuid() == 0:
            for path in [keys, *map(str, pathlib.Path(keys).iterdir())]:
                os.chown(path, user.pw_uid, user.pw_gid)
            for path in (f"{folder}/out", f"{folder}/out/done"):
                os.chmod(path, 0o777)
            command = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *command]
        server = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            shown = subprocess.run([keygen, "-lf", f"{keys}/host.pub"], check=True, capture_output=True, text=True, env=environment)
            key = pathlib.Path(keys, "user").read_text()
            _tell(port=port, user=user.pw_name, root=folder, private_key=key, fingerprint=shown.stdout.split()[1])
            sys.stdin.read()
        finally:
            server.terminate()


def _tell(**facts):
    print(json.dumps({"user": USER, "password": PASSWORD, "root": "", **facts}), flush=True)


if __name__ == "__main__":
    kind, root = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve())
    asyncio.run(sftp(root)) if kind == "sftp" else {"ftp": ftp, "ftps": ftps, "openssh": openssh}[kind](root)
