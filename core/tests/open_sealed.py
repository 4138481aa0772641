"""Opens one sealed value from the documented layout alone, with Python's `cryptography` package.

usage: open_sealed.py KEY.pem LABEL < base64 > value
"""

import base64
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

key_file, label = sys.argv[1:]
with open(key_file, "rb") as file:
    key = serialization.load_pem_private_key(file.read(), None)
sealed = base64.b64decode(sys.stdin.read())

# u16 big-endian length, RSA-OAEP-SHA256 of the session key under the label, AES-GCM with a zero nonce.
length = int.from_bytes(sealed[:2], "big")
oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label.encode())
session = key.decrypt(sealed[2 : 2 + length], oaep)
sys.stdout.buffer.write(AESGCM(session).decrypt(bytes(12), sealed[2 + length :], None))
