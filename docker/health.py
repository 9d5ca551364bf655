"""Whether this container's node is ready: exit code 0 or 1."""

import os
import ssl
import sys
import urllib.request

scheme = "https" if os.environ.get("KITH_TLS_CERT_FILE") else "http"
port = os.environ["KITH_LISTEN"].rpartition(":")[2]
# The certificate names the node's public name, and this asks by address: only life is asked.
context = ssl._create_unverified_context()
try:
    with urllib.request.urlopen(
        f"{scheme}://127.0.0.1:{port}/readyz", timeout=4, context=context
    ) as answer:
        sys.exit(0 if answer.status == 200 else 1)
except OSError:
    sys.exit(1)
