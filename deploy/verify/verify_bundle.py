#!/usr/bin/env python3
"""Checks an evidence bundle of Wardline without Wardline.

Needs Python 3.9 or newer and, for the signatures, the package "cryptography" or the openssl command (3.0 or newer).

    python3 verify_bundle.py BUNDLE --key PUBLIC.pem [--key OTHER.pem] [--anchor HEAD.txt]

Prints one line per fault, "code file: message", and ends with 0 verified, 1 invalid, 2 wrong usage, 3 fault at run
time, 4 a named part is missing, 5 key not trusted. With --each, reads paths of bundles from standard input and prints
"exit-code codes" for each.
"""
import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile

BLOCK = 512
MANIFEST, ENVELOPE = "manifest.json", "manifest.dsse.json"
ENTRIES, HEAD, PROOFS, GUIDE = "log/entries.ndjson", "log/head.txt", "proofs/inclusion.json", "VERIFY.md"
REQUIRED = [MANIFEST, ENVELOPE, ENTRIES, HEAD, PROOFS, GUIDE]
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:wardline:evidence-bundle:1"
PAYLOAD = "application/vnd.in-toto+json"
GENESIS = "0" * 64
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*\Z")
FREE = re.compile(r"(?:reports|inputs)/[A-Za-z0-9._-]+\Z")
KEY_FILE = re.compile(r"keys/[0-9a-f]{64}\.pem\Z")
EVIDENCE_FILE = re.compile(r"evidence/([0-9a-f]{2})/([0-9a-f]{64})\.json\Z")
HASH = re.compile(r"[0-9a-f]{64}\Z")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z\Z")
NOTE = re.compile(
    "(?P<name>[^\\s+]{1,100})\n(?P<size>0|[1-9][0-9]{0,15})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    "chain (?P<chain>[0-9a-f]{64})\nat (?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z)\n"
    "\n\u2014 (?P<signer>[^\\s+]{1,100}) (?P<signature>[A-Za-z0-9+/]{91}=)\n\\Z"
)
# Fixed first bytes of an Ed25519 public key in SubjectPublicKeyInfo form; the 32 raw bytes follow.
SPKI = bytes.fromhex("302a300506032b6570032100")


class NotCanonical(ValueError):
    pass


def refuse(_):
    raise NotCanonical()


def unique(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise NotCanonical()
    return dict(pairs)


def canonical(value):
    """Canonical JSON for the values a bundle holds: sorted keys by UTF-16 code units, integers, no white space."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(canonical(key) + ":" + canonical(item) for key, item in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def parse_canonical(data):
    """The value of bytes that are canonical JSON, else raises ValueError."""
    text = data.decode("utf-8")
    value = json.loads(text, parse_float=refuse, parse_constant=refuse, object_pairs_hook=unique)
    if canonical(value) != text:
        raise NotCanonical()
    return value


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def leaf(data):
    return hashlib.sha256(b"\x00" + data).digest()


class Log:
    """Tree hash of RFC 6962 over leaves as they come."""

    def __init__(self):
        self.size, self.subtrees = 0, []

    def append(self, data):
        digest, rest = leaf(data), self.size
        while rest % 2 == 1:
            digest, rest = node(self.subtrees.pop(), digest), rest // 2
        self.subtrees.append(digest)
        self.size += 1

    def root(self):
        if not self.subtrees:
            return hashlib.sha256(b"").hexdigest()
        digest = self.subtrees[-1]
        for subtree in reversed(self.subtrees[:-1]):
            digest = node(subtree, digest)
        return digest.hex()


def included(leaf_hex, index, size, path, root):
    if not 0 <= index < size:
        return False
    at, last, digest = index, size - 1, bytes.fromhex(leaf_hex)
    for sibling in path:
        if last == 0:
            return False
        other = bytes.fromhex(sibling)
        if at % 2 == 1 or at == last:
            digest = node(other, digest)
            while at % 2 == 0 and at != 0:
                at, last = at // 2, last // 2
        else:
            digest = node(digest, other)
        at, last = at // 2, last // 2
    return last == 0 and digest.hex() == root


def strict_base64(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical base64")
    return data


def public_key(pem):
    """Raw bytes of an Ed25519 public key in PEM form."""
    match = re.fullmatch(r"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\n?", pem.decode("ascii"))
    if not match:
        raise ValueError("not a public key in PEM form")
    der = base64.b64decode(match.group(1).replace("\n", ""), validate=True)
    if len(der) != 44 or not der.startswith(SPKI):
        raise ValueError("not an Ed25519 key")
    return der[len(SPKI):]


def verify_signature(raw, message, signature):
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return verify_with_openssl(raw, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
        return True
    except InvalidSignature:
        return False


def verify_with_openssl(raw, message, signature):
    with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as text, tempfile.NamedTemporaryFile() as sig:
        for file, data in ((key, SPKI + raw), (text, message), (sig, signature)):
            file.write(data)
            file.flush()
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key.name, "-rawin", "-in", text.name, "-sigfile", sig.name]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def tar_header(name, size):
    block = bytearray(BLOCK)

    def put(offset, text):
        block[offset:offset + len(text)] = text.encode("latin-1")

    put(0, name)
    put(100, "0000644\0")
    put(108, "0000000\0")
    put(116, "0000000\0")
    put(124, "%011o\0" % size)
    put(136, "00000000000\0")
    put(148, " " * 8)
    put(156, "0")
    put(257, "ustar\00000")
    put(148, "%06o\0 " % sum(block))
    return bytes(block)


def read_tar(data):
    """Files by name of an archive in the one form Wardline writes, else None."""
    files, at, previous = {}, 0, ""
    while at + BLOCK <= len(data) and data[at] != 0:
        block = data[at:at + BLOCK]
        name = block[:block.index(0)].decode("latin-1") if 0 in block else ""
        octal = block[124:135].decode("latin-1")
        if len(name) >= 100 or not FILE_NAME.match(name) or not re.fullmatch("[0-7]{11}", octal):
            return None
        size = int(octal, 8)
        if block != tar_header(name, size) or (files and previous >= name):
            return None
        end = at + BLOCK + size + (-size) % BLOCK
        if end > len(data) or any(data[at + BLOCK + size:end]):
            return None
        files[name] = data[at + BLOCK:at + BLOCK + size]
        at, previous = end, name
    rest = data[at:]
    return files if len(rest) == 2 * BLOCK and not any(rest) else None


def is_hash(value):
    return isinstance(value, str) and bool(HASH.match(value))


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**53 - 1


def keys_are(value, *keys):
    return isinstance(value, dict) and set(value) == set(keys)


def is_head(value):
    return keys_are(value, "at", "chain", "root", "size") and isinstance(value["at"], str) and is_hash(value["chain"]) and is_hash(value["root"]) and is_count(value["size"])


def read_manifest(data):
    """Head, key id, origin and digests of a manifest; raises ValueError."""
    value = parse_canonical(data)
    if not keys_are(value, "_type", "predicate", "predicateType", "subject") or value["_type"] != STATEMENT or value["predicateType"] != PREDICATE:
        raise ValueError()
    predicate, subject = value["predicate"], value["subject"]
    if not keys_are(predicate, "head", "key", "origin") or not is_head(predicate["head"]) or not is_hash(predicate["key"]):
        raise ValueError()
    if not isinstance(predicate["origin"], str) or not isinstance(subject, list):
        raise ValueError()
    digests, previous = {}, ""
    for item in subject:
        if not keys_are(item, "digest", "name") or not isinstance(item["name"], str) or item["name"] <= previous:
            raise ValueError()
        if not keys_are(item["digest"], "sha256") or not is_hash(item["digest"]["sha256"]):
            raise ValueError()
        previous = item["name"]
        digests[previous] = item["digest"]["sha256"]
    return predicate["head"], predicate["key"], predicate["origin"], digests


def read_envelope(data):
    """Payload, key id and signature of a DSSE envelope; raises ValueError."""
    value = parse_canonical(data)
    if not keys_are(value, "payload", "payloadType", "signatures") or value["payloadType"] != PAYLOAD:
        raise ValueError()
    signatures = value["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1 or not keys_are(signatures[0], "keyid", "sig"):
        raise ValueError()
    signature = strict_base64(signatures[0]["sig"])
    if not is_hash(signatures[0]["keyid"]) or len(signature) != 64:
        raise ValueError()
    return strict_base64(value["payload"]), signatures[0]["keyid"], signature


def check_note(data, origin, keys):
    """(outcome, head) of a signed head."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "malformed", None
    match = NOTE.match(text)
    if not match or match["signer"] != match["name"]:
        return "malformed", None
    try:
        root, signed = strict_base64(match["root"]), strict_base64(match["signature"])
    except ValueError:
        return "malformed", None
    head = {"size": int(match["size"]), "chain": match["chain"], "root": root.hex(), "at": match["at"]}
    message = text[:text.index("\n\n") + 1].encode()
    for raw in keys:
        hint = hashlib.sha256(origin.encode() + b"\n\x01" + raw).digest()[:4]
        if match["signer"] == origin and hint == signed[:4]:
            return ("verified" if verify_signature(raw, message, signed[4:]) else "bad-signature"), head
    return "unknown-key", head


def read_chain(data, stop_at):
    """(fault, head, root after stop_at entries) of the lines of a log."""
    log, previous, latest, root_there = Log(), GENESIS, None, None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "not UTF-8", None, None
    lines = text.split("\n")
    if lines.pop() != "":
        return "does not end with a line feed", None, None
    for seq, line in enumerate(lines):
        if seq == stop_at:
            root_there = log.root()
        try:
            entry = parse_canonical(line.encode())
        except (ValueError, RecursionError):
            return "entry %d: not canonical JSON" % seq, None, None
        if not keys_are(entry, "seq", "prev", "at", "kind", "body", "hash") or not is_count(entry["seq"]):
            return "entry %d: not an entry" % seq, None, None
        if entry["seq"] != seq or entry["prev"] != previous:
            return "entry %d: does not follow the one before" % seq, None, None
        if not isinstance(entry["at"], str) or not INSTANT.match(entry["at"]) or (latest is not None and entry["at"] < latest):
            return "entry %d: time" % seq, None, None
        bare = {key: entry[key] for key in ("seq", "prev", "at", "kind", "body")}
        if sha256(b"wardline.ledger.v1\n" + canonical(bare).encode()) != entry["hash"]:
            return "entry %d: hash" % seq, None, None
        log.append(line.encode())
        previous, latest = entry["hash"], entry["at"]
    head = {"size": log.size, "chain": previous, "root": log.root(), "at": latest or "1970-01-01T00:00:00.000Z"}
    return None, head, log.root() if log.size == stop_at else root_there


def check(data, trusted, anchor):
    """Faults of a bundle as (code, file, message)."""
    faults = []

    def note(code, file, message):
        faults.append((code, file, message))

    files = read_tar(data)
    if files is None:
        note("archive", "", "not an archive as Wardline writes it")
        return faults
    for name in files:
        if name not in REQUIRED and not any(form.match(name) for form in (FREE, KEY_FILE, EVIDENCE_FILE)):
            note("unknown-file", name, "no part of a bundle has this name")
    for name in REQUIRED:
        if name not in files:
            note("missing-file", name, "this part is missing")
    if MANIFEST not in files:
        return faults
    try:
        head, key_id, origin, digests = read_manifest(files[MANIFEST])
    except (ValueError, RecursionError):
        note("manifest", MANIFEST, "not a manifest in canonical form")
        return faults
    keys = check_signature(files, key_id, trusted, note)
    check_digests(files, digests, note)
    if HEAD in files:
        outcome, signed = check_note(files[HEAD], origin, keys)
        if signed is None or outcome == "bad-signature" or (outcome == "unknown-key" and keys):
            note("head", HEAD, "signed head: " + outcome)
        elif signed != head:
            note("head", HEAD, "not the head the manifest names")
    check_chain(files, head, anchor and check_note(anchor, origin, keys), note)
    check_evidence(files, note)
    check_proofs(files, head, note)
    return faults


def check_signature(files, key_id, trusted, note):
    name, own = "keys/%s.pem" % key_id, None
    if name not in files:
        note("missing-file", name, "this part is missing")
    else:
        try:
            raw = public_key(files[name])
            own = raw if sha256(raw) == key_id else None
        except ValueError:
            own = None
        if own is None:
            note("signature", name, "not the key its name says")
    keys = [raw for raw in trusted if sha256(raw) == key_id]
    if not keys:
        note("untrusted-key", ENVELOPE, "signed by key %s, which is not among the trusted keys" % key_id)
        keys = [own] if own is not None else []
    if ENVELOPE not in files:
        return keys
    try:
        payload, signer, signature = read_envelope(files[ENVELOPE])
    except (ValueError, TypeError, RecursionError):
        note("signature", ENVELOPE, "not an envelope as Wardline writes it")
        return keys
    message = b"DSSEv1 %d %s %d " % (len(PAYLOAD), PAYLOAD.encode(), len(payload)) + payload
    if payload != files[MANIFEST]:
        note("signature", ENVELOPE, "signs another manifest")
    elif keys and not (signer == key_id and any(verify_signature(raw, message, signature) for raw in keys)):
        note("signature", ENVELOPE, "the signature does not verify")
    return keys


def check_digests(files, digests, note):
    for name, data in files.items():
        if name in (MANIFEST, ENVELOPE):
            continue
        if name not in digests:
            note("unknown-file", name, "the manifest does not name this file")
        elif sha256(data) != digests[name]:
            note("digest", name, "the bytes are not the ones that were signed")
    for name in digests:
        if name not in files:
            note("missing-file", name, "the manifest names a file that is missing")


def check_chain(files, head, anchor, note):
    if ENTRIES not in files:
        return
    verified = anchor is not None and anchor[0] == "verified"
    if anchor is not None and not verified:
        note("anchor", ENTRIES, "the anchor is " + anchor[0])
    fault, actual, root_there = read_chain(files[ENTRIES], anchor[1]["size"] if verified else None)
    if fault:
        note("chain", ENTRIES, fault)
        return
    for field in ("size", "chain", "root"):
        if actual[field] != head[field]:
            note("chain-head", ENTRIES, "the %s is not the one of the head" % field)
            break
    if verified and root_there != anchor[1]["root"]:
        note("anchor", ENTRIES, "the log does not begin with the %d entries of the anchor" % anchor[1]["size"])


def check_evidence(files, note):
    for name, data in files.items():
        match = EVIDENCE_FILE.match(name)
        if not match:
            continue
        if sha256(data) != match[2] or not match[2].startswith(match[1]):
            note("evidence", name, "not the record its name says")
            continue
        try:
            parse_canonical(data)
        except (ValueError, RecursionError):
            note("evidence", name, "not in canonical JSON form")


def check_proofs(files, head, note):
    if PROOFS not in files:
        return
    try:
        value = parse_canonical(files[PROOFS])
        holds = keys_are(value, "proofs", "root", "size") and value["root"] == head["root"] and value["size"] == head["size"]
        holds = holds and isinstance(value["proofs"], list) and all(is_proof(proof, head) for proof in value["proofs"])
    except (ValueError, RecursionError):
        holds = False
    if not holds:
        note("inclusion", PROOFS, "the proofs do not hold for the head of the manifest")


def is_proof(proof, head):
    if not keys_are(proof, "leaf", "path", "seq") or not is_hash(proof["leaf"]) or not is_count(proof["seq"]):
        return False
    path = proof["path"]
    return isinstance(path, list) and all(map(is_hash, path)) and included(proof["leaf"], proof["seq"], head["size"], path, head["root"])


def exit_code(faults):
    codes = {code for code, _, _ in faults}
    if codes - {"untrusted-key", "missing-file"}:
        return 1
    if "untrusted-key" in codes:
        return 5
    return 4 if codes else 0


def main():
    parser = argparse.ArgumentParser(description="Checks an evidence bundle of Wardline without Wardline.")
    parser.add_argument("bundle", nargs="?")
    parser.add_argument("--key", action="append", default=[], help="trusted public key (PEM, Ed25519)")
    parser.add_argument("--anchor", help="an older signed head from elsewhere")
    parser.add_argument("--each", action="store_true", help="read paths of bundles from standard input")
    options = parser.parse_args()
    if not options.key or (options.bundle is None) != options.each:
        parser.error("give a bundle and --key")
    try:
        trusted = [public_key(open(path, "rb").read()) for path in options.key]
        anchor = open(options.anchor, "rb").read() if options.anchor else None
    except (OSError, ValueError) as error:
        parser.error(str(error))
    if options.each:
        for line in sys.stdin:
            faults = check(open(line.rstrip("\n"), "rb").read(), trusted, anchor)
            print(exit_code(faults), ",".join(sorted({code for code, _, _ in faults})), flush=True)
        return 0
    try:
        bundle = open(options.bundle, "rb").read()
    except OSError as error:
        parser.error(str(error))
    faults = check(bundle, trusted, anchor)
    for code, file, message in faults:
        print("%s%s: %s" % (code, " " + file if file else "", message))
    if not faults:
        print("verified")
    return exit_code(faults)


if __name__ == "__main__":
    sys.exit(main())
