import { textFile } from '../evidence/bundle.ts';
import type { BundleFile } from '../evidence/tar.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import { messageOf } from '../shared/errors.ts';
import { isObject, type JsonValue } from '../shared/json.ts';
import { buildReport, type Report, type ReportOptions } from './compliance.ts';
import { type ControlPack, emptyProfile, parseControlPack } from './control-pack.ts';
import { evidenceRecords } from './evidence-record.ts';
import { REPORT_FORMS } from './forms.ts';
import type { Profile } from './pack-schema.ts';

/**
 * Files of a report for a bundle: its forms, its evidence records, and everything else it is a function of, so that
 * whoever has the bundle can make it again.
 */
export function reportFiles(entries: readonly unknown[], pack: ControlPack, options: ReportOptions = {}): BundleFile[] {
  const report = buildReport(entries, pack, options);
  const period = { from: Date.parse(report.period.start), to: Date.parse(report.period.end) };
  const inputs = { period, asOf: Date.parse(report.asOf) };
  return [
    textFile('inputs/pack.json', canonicalJson(pack.document)),
    textFile('inputs/profile.json', canonicalJson(JSON.parse(JSON.stringify(options.profile ?? emptyProfile())) as JsonValue)),
    textFile('inputs/options.json', canonicalJson(inputs)),
    ...outputs(report),
  ];
}

function outputs(report: Report): BundleFile[] {
  const forms = Object.values(REPORT_FORMS).flatMap(({ ending, render }) => {
    const text = render(report);
    return text === undefined ? [] : [textFile(`reports/compliance.${ending}`, text)];
  });
  return [...forms, ...evidenceRecords(report)];
}

export type RecheckResult = { readonly outcome: 'equal' | 'different' | 'impossible'; readonly message: string };

/** Makes the reports and evidence records of a bundle again from its log and inputs, and compares them byte by byte. */
export function recheckReport(files: ReadonlyMap<string, Uint8Array>): RecheckResult {
  const text = (name: string): string | undefined => {
    const bytes = files.get(name);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
  };
  const [log, packText, profileText, optionsText] = [
    text('log/entries.ndjson'),
    text('inputs/pack.json'),
    text('inputs/profile.json'),
    text('inputs/options.json'),
  ];
  if (log === undefined || packText === undefined || profileText === undefined || optionsText === undefined) {
    return { outcome: 'impossible', message: 'the bundle does not hold the log and all inputs of a report' };
  }
  try {
    const profile = JSON.parse(profileText) as Profile;
    const pack = parseControlPack(JSON.parse(packText) as JsonValue, { error() {}, warn() {} }, profile);
    const options: unknown = JSON.parse(optionsText);
    if (pack === undefined || !isObject(options)) return { outcome: 'impossible', message: 'the inputs cannot be read' };
    const entries = log
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
    const again = outputs(buildReport(entries, pack, { ...(options as ReportOptions), profile }));
    return compare(again, files);
  } catch (error) {
    return { outcome: 'impossible', message: messageOf(error) };
  }
}

function compare(again: readonly BundleFile[], files: ReadonlyMap<string, Uint8Array>): RecheckResult {
  const made = new Set(again.map(({ name }) => name));
  for (const { name, bytes } of again) {
    const sealed = files.get(name);
    if (sealed === undefined || !Buffer.from(sealed).equals(Buffer.from(bytes))) {
      return { outcome: 'different', message: `${name} is not what the log and the inputs give` };
    }
  }
  const extra = [...files.keys()].find((name) => /^(?:reports|evidence)\//.test(name) && !made.has(name));
  if (extra !== undefined) return { outcome: 'different', message: `${extra} does not follow from the log` };
  return { outcome: 'equal', message: `${again.length} files made again from the log, byte by byte the same` };
}
