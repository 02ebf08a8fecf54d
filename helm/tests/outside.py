"""What a release finds outside of it: certificates, an issuer of tokens, PostgreSQL."""

import base64
import datetime
import http.server
import ipaddress
import json
import pathlib
import shutil
import subprocess
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chart import ROOT


class Authority:
    """An authority of certificates."""

    def __init__(self, name: str):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        ca = x509.BasicConstraints(ca=True, path_length=None)
        self.certificate = self._builder(self.name, self.key).add_extension(ca, critical=True).sign(
            self.key, hashes.SHA256())
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def _builder(self, subject: x509.Name, key) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(
            now + datetime.timedelta(days=30))

    def issue(self, *names: str) -> dict[str, str]:
        """A certificate for these names and this machine, in the form of a Secret of TLS."""
        key = ec.generate_private_key(ec.SECP256R1())
        local = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        alternative = x509.SubjectAlternativeName([*map(x509.DNSName, (*names, "localhost")), local])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]), key)
        builder = builder.add_extension(alternative, critical=False).add_extension(usage, critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        shown = builder.add_extension(issuer, critical=False).sign(self.key, hashes.SHA256())
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return {
            "tls.crt": shown.public_bytes(serialization.Encoding.PEM).decode(),
            "tls.key": key.private_bytes(*form).decode(),
            "ca.crt": self.pem,
        }


def coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """An OIDC issuer: it serves its keys on this machine and signs tokens."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = self.key.public_key().public_numbers()
        modulus, exponent = (coded(n.to_bytes((n.bit_length() + 7) // 8)) for n in (numbers.n, numbers.e))
        jwk = {"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "n": modulus, "e": exponent}
        keys = json.dumps({"keys": [jwk]}).encode()

        class Keys(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(keys)))
                self.end_headers()
                self.wfile.write(keys)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, **claims) -> str:
        now = int(datetime.datetime.now(datetime.UTC).timestamp())
        head = coded(json.dumps({"alg": "RS256", "typ": "JWT", "kid": "one"}).encode())
        body = coded(json.dumps({"iat": now, "exp": now + 600, **claims}).encode())
        signed = self.key.sign(f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{head}.{body}.{coded(signed)}"


class Postgres:
    """A private PostgreSQL that speaks TLS, for all tests."""

    def __init__(self, authority: Authority):
        self.child = subprocess.Popen(
            [ROOT / "scripts" / "postgres.sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = self.child.stdout.readline().strip()
        assert self.url.startswith("postgres://"), self.url
        self.address = self.url.split("@")[1].split("/")[0]
        shown = authority.issue("postgres")
        for name, key in [("server.crt", "tls.crt"), ("server.key", "tls.key")]:
            # In the data directory, which belongs to another user.
            text = shown[key].replace("'", "''")
            self.sql(f"COPY (SELECT regexp_split_to_table('{text}', E'\\n')) TO PROGRAM 'umask 077; cat >{name}'")
        self.sql("ALTER SYSTEM SET ssl = on")
        self.sql("SELECT pg_reload_conf()")

    def sql(self, text: str, database: str = "postgres") -> str:
        places = [shutil.which("psql"), *sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"), reverse=True)]
        psql = next(place for place in places if place)
        url = self.url.rsplit("/", 1)[0] + f"/{database}"
        command = [psql, url, "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-Atc", text]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def stop(self) -> None:
        self.child.stdin.close()
        self.child.wait(60)
