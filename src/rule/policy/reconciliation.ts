import type { Nanos } from '../../event/time.ts';
import { logicDigest } from '../digest.ts';
import { isMap, type Plain, type PlainMap, type SourceDocument } from '../document.ts';
import type { FrontEnd, LoadContext } from '../front-end.ts';
import type { AsOf, AsOfFinding, Correlation, Detection, FieldValues, GroupField, Rule } from '../ir/rule.ts';
import type { DocumentPath, ProblemReporter } from '../problem.ts';
import { textOf, textsOf } from '../sigma/meta.ts';
import { compileSelection } from '../sigma/selection.ts';
import { fieldsOf, readDuration } from './decision.ts';
import { readEntries, readPolicyMeta, reportUnknown } from './read.ts';

const KEYS = [
  ...['kind', 'schema', 'id', 'title', 'description', 'owner', 'severity', 'controls', 'tags', 'references', 'falsepositives'],
  ...['access', 'record', 'join', 'max_age', 'skew', 'findings', '$schema'],
];
const FINDING_KEYS = ['id', 'detector', 'none', 'after', 'record', 'access', 'expired', 'older', 'differs', 'reused'];

/**
 * Accesses held against the records that should stand behind them, or must not: the last posture report of a device, the
 * grant a session lives by, the revocation of a token. The same machine as the `decision` of a policy, for any records.
 */
export const reconciliation: FrontEnd = {
  name: 'reconciliation',
  recognizes: (value: Plain) => isMap(value) && value['kind'] === 'Reconciliation',
  read(document, report, load) {
    const map = document.value as PlainMap;
    reportUnknown(map, KEYS, [], report);
    const id = textOf(map['id']);
    if (id === undefined) report.error([], 'policy/id', 'a reconciliation needs an id');
    const rules = id === undefined ? [] : compile(id, document, report, load);
    return id === undefined || rules.length === 0 ? [] : [{ document, names: [id], kind: 'correlation', finish: () => rules }];
  },
};

function compile(id: string, document: SourceDocument, report: ProblemReporter, load: LoadContext): readonly Rule[] {
  const map = document.value as PlainMap;
  const meta = readPolicyMeta(map, document.placeOf([]), report);
  const member = (role: 'access' | 'record'): Detection | undefined => {
    if (map[role] === undefined) {
      report.error([], 'policy/scope', `a reconciliation needs ${role}: a selection of events`);
      return undefined;
    }
    const expr = compileSelection(map[role], [role], { document, report, load });
    if (expr === undefined) return undefined;
    const title = `${meta.title}: ${role}`;
    const base = {
      kind: 'detection',
      id: `${id}/${role}`,
      language: 'policy',
      logsource: undefined,
      dedup: 'each',
      alerts: false,
    } as const;
    return { ...base, expr, meta: { ...meta, title }, logicDigest: logicDigest({ expr, role }) };
  };
  const [access, record] = [member('access'), member('record')];
  const findings = readEntries(map['findings'], 'findings', report).map((entry, i) => readFinding(entry, ['findings', i], report));
  if (findings.length === 0) report.error(['findings'], 'policy/entries', 'findings says what is wrong about an access and its record');
  if (access === undefined || record === undefined || findings.includes(undefined)) return [];
  const groupBy = readJoin(map['join'], [access.id, record.id], report);
  const known = findings.filter((finding) => finding !== undefined);
  const within = readDuration(map['max_age'], ['max_age'], HOUR, report);
  const skew = readDuration(map['skew'], ['skew'], 0n, report);
  const condition: AsOf = {
    kind: 'as_of',
    subject: access.id,
    reference: record.id,
    within,
    skew,
    findings: known,
    fields: fieldsOf(known),
  };
  const correlation: Correlation = {
    kind: 'correlation',
    id,
    members: [access.id, record.id],
    groupBy,
    timespan: within,
    condition,
    options: {},
    generate: false,
    alerts: true,
    meta,
    logicDigest: logicDigest({ condition, groupBy, members: [access.logicDigest, record.logicDigest] }),
  };
  return [access, record, correlation];
}

const HOUR: Nanos = 3_600_000_000_000n;

/** `[device.id]`, or `[{access: user.id, record: target.user.id}]` where the records name it otherwise. */
function readJoin(value: Plain | undefined, [access, record]: readonly [string, string], report: ProblemReporter): readonly GroupField[] {
  const entries = Array.isArray(value) ? (value as readonly Plain[]) : value === undefined ? [] : [value];
  if (entries.length === 0) report.error(['join'], 'policy/entries', 'join names the fields that an access and its record share');
  return entries.flatMap((entry, i) => {
    const [own, other] = isMap(entry) ? [textOf(entry['access']), textOf(entry['record'])] : [textOf(entry), textOf(entry)];
    if (own !== undefined && other !== undefined)
      return [
        {
          name: own,
          fields: new Map([
            [access, own],
            [record, other],
          ]),
        },
      ];
    report.error(['join', i], 'policy/entries', 'a key to join by is a field, or a map of access and record');
    return [];
  });
}

function readFinding(entry: Plain, path: DocumentPath, report: ProblemReporter): AsOfFinding | undefined {
  if (!isMap(entry)) {
    report.error(path, 'policy/entries', 'a finding is a map with id, detector and what is wrong');
    return undefined;
  }
  reportUnknown(entry, FINDING_KEYS, path, report);
  const [id, detector] = [textOf(entry['id']), textOf(entry['detector']) ?? 'ZT-02'];
  if (id === undefined) report.error(path, 'policy/entries', 'a finding needs an id');
  const asked = FINDING_KEYS.slice(2).filter((key) => entry[key] !== undefined);
  if (asked.every((key) => key === 'access'))
    report.error(path, 'policy/entries', `a finding asks for one of ${FINDING_KEYS.slice(2).join(', ')}`);
  const { none, after, record, access, expired, older, differs, reused } = entry as PlainMap;
  const span = (value: Plain, key: string): Nanos => readDuration(value, [...path, key], 0n, report);
  return {
    id: id ?? '',
    detector,
    ...(none === true ? { none: true } : {}),
    ...(after === undefined ? {} : { after: span(after, 'after') }),
    ...(record === undefined ? {} : { record: readValues(record, [...path, 'record'], report) }),
    ...(access === undefined ? {} : { access: readValues(access, [...path, 'access'], report) }),
    ...(expired === undefined ? {} : { expired: textOf(expired) ?? '' }),
    ...(older === undefined
      ? {}
      : {
          older: isMap(older)
            ? { than: span(older['than'] ?? null, 'older'), field: textOf(older['field']) }
            : { than: span(older, 'older'), field: undefined },
        }),
    ...(differs === undefined ? {} : { differs: textsOf(differs) }),
    ...(reused === true ? { reused: true } : {}),
  };
}

function readValues(value: Plain, path: DocumentPath, report: ProblemReporter): FieldValues {
  if (isMap(value)) return Object.entries(value).map(([field, texts]) => ({ field, in: textsOf(texts) }));
  report.error(path, 'policy/entries', 'a map of fields and the texts of which one must be there');
  return [];
}
