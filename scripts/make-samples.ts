// Writes samples/events from public log collections under a folder given as argument; see samples/NOTICE.md for the licences.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync, inflateRawSync } from 'node:zlib';

const from = process.argv[2];
if (from === undefined) {
  console.error('usage: node scripts/make-samples.ts FOLDER   (the folder that holds logs/ and ecs/)');
  process.exit(2);
}
const out = resolve(import.meta.dirname, '../samples/events');

/** The first file of a ZIP archive, found through its central directory. */
function firstFileOfZip(path: string): Buffer {
  const zip = readFileSync(path);
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const entry = zip.readUInt32LE(end + 16);
  const [size, header] = [zip.readUInt32LE(entry + 20), zip.readUInt32LE(entry + 42)];
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const body = zip.subarray(start, start + size);
  return zip.readUInt16LE(entry + 10) === 0 ? body : inflateRawSync(body);
}

const captures = {
  'windows-psexec-lsa-secrets': 'SDWIN-201019033054__cmd_psexec_lsa_secrets_dump.zip',
  'windows-bitsadmin-download': 'SDWIN-201023023651__cmd_bitsadmin_download_psh_script.zip',
  'windows-netsh-open-port': 'SDWIN-201021001911__cmd_netsh_fw_mod_open_ports.zip',
};
for (const [name, zip] of Object.entries(captures)) {
  writeFileSync(join(out, `${name}.ndjson.gz`), gzipSync(firstFileOfZip(join(from, 'logs/windows-captures', zip)), { level: 9 }));
}

const lines = (path: string): string[] =>
  readFileSync(join(from, path), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

const trail = lines('logs/panther-rule-cases.ndjson')
  .map((line) => JSON.parse(line) as { logTypes?: string[] | null; log?: { eventName?: string; eventTime?: string } | null })
  .filter(({ logTypes, log }) => logTypes?.length === 1 && logTypes[0] === 'AWS.CloudTrail' && log?.eventName !== undefined)
  .map(({ log }) => JSON.stringify(log));
writeFileSync(join(out, 'aws-cloudtrail.ndjson'), `${[...new Set(trail)].slice(0, 160).join('\n')}\n`);

const auth = lines('ecs/linux_auth.ndjson').map((line) => (JSON.parse(line) as { raw: string }).raw);
writeFileSync(join(out, 'linux-auth.log'), `${auth.filter((line) => !line.includes('\n')).join('\n')}\n`);
