import { writeBundle } from '../evidence/bundle.ts';
import { publicPemOf, readSigningKey, readVerifyKey } from '../evidence/sign.ts';
import { verifyBundle } from '../evidence/verify-bundle.ts';
import { printable } from '../shared/table.ts';
import type { ReportOptions } from './compliance.ts';
import type { ControlPack } from './control-pack.ts';
import { recheckReport, reportFiles } from './sealed-report.ts';

export type ExportOptions = {
  readonly pack: ControlPack;
  readonly report?: ReportOptions | undefined;
  /** Ed25519 private key, PEM (PKCS 8). */
  readonly privatePem: string;
  /** Who signs, as signed heads name it: `wardline/<tenant>`. */
  readonly origin: string;
};

/** Bytes of a sealed evidence bundle (tar). Throws WardlineError `evidence` when the ledger does not verify. */
export function exportEvidence(entries: readonly unknown[], { pack, report = {}, privatePem, origin }: ExportOptions): Buffer {
  const key = readSigningKey(privatePem, origin);
  return writeBundle(entries, { key, publicPem: publicPemOf(key), files: reportFiles(entries, pack, report) });
}

export type CheckOptions = {
  /** Public keys trusted by whoever checks, PEM. */
  readonly publicPems: readonly string[];
  /** Text of an older `log/head.txt` from elsewhere. */
  readonly anchor?: string | undefined;
  /** Also make the reports again from the log. Default true. */
  readonly recheck?: boolean;
};

export type CheckResult = {
  readonly exitCode: 0 | 1 | 4 | 5 /** For a person, one finding a line, safe for a terminal. */;
  readonly lines: readonly string[];
};

/** Checks a bundle offline; see `verifyBundle` for the exit codes. Throws WardlineError `evidence` for a key that is none. */
export function checkEvidence(bundle: Uint8Array, { publicPems, anchor, recheck = true }: CheckOptions): CheckResult {
  const keys = publicPems.map((pem) => readVerifyKey(pem, 'trusted'));
  const { exitCode, faults, head, files } = verifyBundle(bundle, { keys, anchor });
  const lines = faults.map(({ code, file, message }) => `${code}${file === '' ? '' : ` ${file}`}: ${message}`);
  if (exitCode !== 0) return { exitCode, lines: lines.map(printable) };
  lines.push(`verified: ${head?.size ?? 0} entries up to ${head?.at ?? ''}, tree hash ${head?.root ?? ''}`);
  if (anchor === undefined) lines.push('no older head was given: a log that was rolled back as a whole would not be noticed');
  if (!recheck || !files.has('inputs/pack.json')) return { exitCode, lines };
  const { outcome, message } = recheckReport(files);
  lines.push(outcome === 'equal' ? `reports: ${message}` : `reports ${outcome}: ${message}`);
  return { exitCode: outcome === 'equal' ? 0 : 1, lines: lines.map(printable) };
}
