"""The documented front, `docs/nginx.conf`, run before a line on loopback."""

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DOCUMENTED = Path(__file__).parent.parent.parent / "docs" / "nginx.conf"

_AROUND = """
pid {folder}/pid;
error_log {folder}/nginx.log alert;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{site}
}}
"""


@contextmanager
def front(line_port: int, folder: Path) -> Iterator[int]:
    """Serve the front of a line while the block runs; give its port."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    file = folder / "nginx.conf"
    file.write_text(_AROUND.format(folder=folder, site=site(line_port, port, folder)))
    folder.chmod(0o755)
    process = subprocess.Popen(
        ["nginx", "-c", str(file), "-p", str(folder), "-g", "daemon off; user root;"]
    )
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def site(line_port: int, port: int, folder: Path) -> str:
    """Give the documented file with ports and places of its own, without TLS."""
    text = DOCUMENTED.read_text(encoding="utf-8")
    text = re.sub(r"    ssl_[^\n]*\n", "", text)
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    text = text.replace("127.0.0.1:1919", f"127.0.0.1:{line_port}")
    return text.replace("/var/log/nginx/", f"{folder}/")


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, "nginx did not start"
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not answer")
