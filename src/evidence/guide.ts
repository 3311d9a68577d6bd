/** What stands in every bundle for the person who has to check it. */
export const GUIDE = `# Checking this bundle

This archive holds the evidence ledger of a Wardline engine and what was made from it. Nothing in it has to be believed:
every part can be recomputed. What it cannot show is what never reached the log.

With Wardline:

    wardline evidence verify bundle.tar --key public.pem [--anchor head.txt]

Without Wardline (Python 3 and the openssl command, or the Python package cryptography):

    python3 verify_bundle.py bundle.tar --key public.pem [--anchor head.txt]

Bring the public key and, if you have one, an older log/head.txt from elsewhere: the key in keys/ is a copy for
convenience and proves nothing, and without an older head a log that was rolled back cannot be told from a young one.

Exit codes: 0 verified, 1 invalid, 2 wrong usage, 3 fault at run time, 4 a named part is missing, 5 key not trusted.

| Part | What it is |
|---|---|
| manifest.json | in-toto statement: the digest of every other file, and the head of the log |
| manifest.dsse.json | the same statement, signed (DSSE, Ed25519) |
| log/entries.ndjson | the ledger, one canonical JSON entry a line; hash = SHA-256("wardline.ledger.v1\\n" + entry without hash) |
| log/head.txt | signed note: origin, number of entries, RFC 6962 tree hash over the lines, hash of the last entry |
| proofs/inclusion.json | RFC 6962 audit paths of activations, gaps and last positions |
| evidence/ | one record per measure and window, named by the SHA-256 of its bytes |
| inputs/ | control pack, profile and options that the reports were made with |
| reports/ | the reports themselves |
`;
