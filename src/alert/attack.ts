/** MITRE ATT&CK tactics by the name that Sigma tags use (`attack.credential-access`). */
const TACTICS: Readonly<Record<string, readonly [id: string, name: string]>> = {
  reconnaissance: ['TA0043', 'Reconnaissance'],
  'resource-development': ['TA0042', 'Resource Development'],
  'initial-access': ['TA0001', 'Initial Access'],
  execution: ['TA0002', 'Execution'],
  persistence: ['TA0003', 'Persistence'],
  'privilege-escalation': ['TA0004', 'Privilege Escalation'],
  'defense-evasion': ['TA0005', 'Defense Evasion'],
  stealth: ['TA0005', 'Stealth'],
  'defense-impairment': ['TA0112', 'Defense Impairment'],
  'credential-access': ['TA0006', 'Credential Access'],
  discovery: ['TA0007', 'Discovery'],
  'lateral-movement': ['TA0008', 'Lateral Movement'],
  collection: ['TA0009', 'Collection'],
  'command-and-control': ['TA0011', 'Command and Control'],
  exfiltration: ['TA0010', 'Exfiltration'],
  impact: ['TA0040', 'Impact'],
};

export type Threat = {
  readonly framework: string;
  readonly tactic?: { readonly id: readonly string[]; readonly name: readonly string[] };
  readonly technique?: { readonly id: readonly string[]; readonly subtechnique?: { readonly id: readonly string[] } };
};

/** `threat.*` of ECS out of `attack.*` tags; undefined where a rule has none. */
export function threatOf(tags: readonly string[]): Threat | undefined {
  const names = tags
    .filter((tag) => tag.startsWith('attack.'))
    .map((tag) => tag.slice('attack.'.length).toLowerCase().replaceAll('_', '-'));
  const tactics = names.map((name) => TACTICS[name]).filter((tactic) => tactic !== undefined);
  const techniques = names.filter((name) => /^t\d{4}(?:\.\d{3})?$/.test(name)).map((name) => name.toUpperCase());
  if (tactics.length === 0 && techniques.length === 0) return undefined;
  const parents = [...new Set(techniques.map((id) => id.slice(0, 5)))].sort();
  const children = techniques.filter((id) => id.length > 5).sort();
  return {
    framework: 'MITRE ATT&CK',
    ...(tactics.length === 0 ? {} : { tactic: { id: tactics.map(([id]) => id), name: tactics.map(([, name]) => name) } }),
    ...(parents.length === 0 ? {} : { technique: { id: parents, ...(children.length === 0 ? {} : { subtechnique: { id: children } }) } }),
  };
}

const NAMES: ReadonlyMap<string, string> = new Map(Object.values(TACTICS).map(([id, name]) => [id, name]));

/** The name of a tactic by its id; the id itself where it is none of ATT&CK. */
export const tacticName = (id: string): string => NAMES.get(id) ?? id;
