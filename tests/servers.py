"""A supplier's server for the end-to-end tests: `servers.py ftp|sftp FOLDER` tells its port (and for SFTP the private key
that it lets in, and its own fingerprint), and serves the folder until its input ends."""

import asyncio
import json
import pathlib
import sys
import threading

USER, PASSWORD = "tarifs", "secret of the supplier"


def ftp(folder):
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import FTPServer

    handler = type("Handler", (FTPHandler,), {"authorizer": DummyAuthorizer()})
    handler.authorizer.add_user(USER, PASSWORD, folder, perm="elradfmw")
    server = FTPServer(("127.0.0.1", 0), handler)
    _tell(port=server.address[1])
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


def _tell(**facts):
    print(json.dumps({"user": USER, "password": PASSWORD, **facts}), flush=True)


if __name__ == "__main__":
    kind, root = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve())
    asyncio.run(sftp(root)) if kind == "sftp" else ftp(root)
