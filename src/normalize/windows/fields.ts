import type { FieldSource } from '../../event/field-source.ts';
import type { JsonValue } from '../../shared/json.ts';
import { address, compute, constant, entryOf, firstOf, integer, lookup, text } from '../format.ts';

/** Finds a field by its Sigma name in one of the shapes Windows events come in. */
export type FieldOf = (name: string) => FieldSource;

const baseName = (file: string): string => file.slice(Math.max(file.lastIndexOf('\\'), file.lastIndexOf('/')) + 1);

/** `DOMAIN\user` or `user@domain`, split; anything else is a name without domain. */
const userName = (value: string): string => value.slice(value.lastIndexOf('\\') + 1);
const userDomain = (value: string): string | undefined => (value.includes('\\') ? value.slice(0, value.lastIndexOf('\\')) : undefined);
const notDash = (source: FieldSource): FieldSource => text(source, (value) => (value === '-' || value === '' ? undefined : value));

/** Process ids are decimal in Sysmon and hexadecimal in the Security log. */
const processId = (source: FieldSource): FieldSource =>
  text(source, (value) =>
    /^0x[0-9a-f]{1,8}$/i.test(value) ? Number.parseInt(value, 16) : /^\d{1,10}$/.test(value) ? Number(value) : undefined,
  );

/** Sysmon writes `SHA1=...,MD5=...,IMPHASH=...`. */
const hash = (source: FieldSource, name: string): FieldSource =>
  text(source, (value) => {
    const found = value.split(',').find((part) => part.startsWith(`${name}=`));
    return found === undefined || !/^[0-9A-Fa-f]{32,128}$/.test(found.slice(name.length + 1))
      ? undefined
      : found.slice(name.length + 1).toLowerCase();
  });

const CATEGORIES: Readonly<Record<string, readonly [category: readonly string[], type: readonly string[]]>> = {
  'sysmon 1': [['process'], ['start']],
  'sysmon 3': [['network'], ['connection', 'start', 'protocol']],
  'sysmon 5': [['process'], ['end']],
  'sysmon 6': [['driver'], ['start']],
  'sysmon 7': [['process'], ['change']],
  'sysmon 8': [['process'], ['change']],
  'sysmon 10': [['process'], ['access']],
  'sysmon 11': [['file'], ['creation']],
  'sysmon 12': [['configuration', 'registry'], ['change']],
  'sysmon 13': [['configuration', 'registry'], ['change']],
  'sysmon 14': [['configuration', 'registry'], ['change']],
  'sysmon 22': [['network'], ['connection', 'protocol', 'info']],
  'sysmon 23': [['file'], ['deletion']],
  'security 1102': [['iam'], ['admin', 'change']],
  'security 4624': [['authentication'], ['start']],
  'security 4625': [['authentication'], ['start']],
  'security 4634': [['authentication'], ['end']],
  'security 4648': [['authentication'], ['start']],
  'security 4663': [['file'], ['access']],
  'security 4672': [['iam'], ['admin']],
  'security 4688': [['process'], ['start']],
  'security 4689': [['process'], ['end']],
  'security 4697': [['configuration'], ['creation']],
  'security 4720': [['iam'], ['user', 'creation']],
  'security 4726': [['iam'], ['user', 'deletion']],
  'security 5156': [['network'], ['connection', 'allowed']],
  'system 7045': [['configuration'], ['creation']],
};

const ACTIONS: Readonly<Record<string, string>> = {
  'security 1102': 'audit-log-cleared',
  'security 4624': 'logged-in',
  'security 4625': 'logon-failed',
  'security 4634': 'logged-out',
  'security 4663': 'object-access-attempt',
  'security 4688': 'created-process',
  'security 4689': 'exited-process',
  'security 4697': 'service-installed',
  'security 4720': 'added-user-account',
  'security 4726': 'deleted-user-account',
  'system 104': 'audit-log-cleared',
  'system 7045': 'service-installed',
};

/** `sysmon 1`, `security 4688`: the key of the tables above. */
function kindOf(channel: JsonValue | undefined, id: JsonValue | undefined): string {
  const name = String(channel ?? '').toLowerCase();
  return `${name === 'microsoft-windows-sysmon/operational' ? 'sysmon' : name} ${String(id ?? '')}`;
}

/** A value where another one is missing. */
const unless = (other: FieldSource, source: FieldSource): FieldSource =>
  compute([other, source], (found, value) => (found === undefined ? value : undefined));

/** The ECS table of all Windows shapes: the shapes differ only in where a Sigma name is found. */
export function windowsFields(at: FieldOf): Readonly<Record<string, FieldSource>> {
  const kind = compute([at('Channel'), at('EventID')], kindOf);
  const category = (i: 0 | 1): FieldSource => compute([kind], (value) => entryOf(CATEGORIES, String(value))?.[i]);
  const image = firstOf(notDash(at('NewProcessName')), notDash(at('Image')), notDash(at('ProcessName')), notDash(at('SourceImage')));
  const parentImage = firstOf(notDash(at('ParentImage')), notDash(at('ParentProcessName')));
  const account = firstOf(notDash(at('User')), notDash(at('SourceUser')));
  return {
    'event.kind': constant('event'),
    'event.module': constant('windows'),
    'event.code': text(at('EventID'), (value) => value),
    'event.provider': text(at('Provider_Name'), (value) => value),
    'event.category': category(0),
    'event.type': category(1),
    'event.action': lookup(kind, ACTIONS),
    'event.outcome': compute([kind, at('Keywords')], outcome),
    'host.name': text(at('Computer'), (value) => value),
    'user.name': firstOf(notDash(at('TargetUserName')), notDash(at('SubjectUserName')), text(account, userName)),
    'user.domain': firstOf(
      notDash(at('TargetDomainName')),
      unless(notDash(at('TargetUserName')), notDash(at('SubjectDomainName'))),
      text(account, userDomain),
    ),
    // Name and id are of one account: who asked is never taken for who was asked for.
    'user.id': firstOf(notDash(at('TargetUserSid')), unless(notDash(at('TargetUserName')), notDash(at('SubjectUserSid')))),
    'process.executable': image,
    'process.name': text(image, baseName),
    'process.command_line': notDash(at('CommandLine')),
    'process.pid': firstOf(processId(at('NewProcessId')), processId(at('ProcessId')), processId(at('SourceProcessId'))),
    'process.entity_id': text(at('ProcessGuid'), (value) => value),
    'process.working_directory': notDash(at('CurrentDirectory')),
    'process.parent.executable': parentImage,
    'process.parent.name': text(parentImage, baseName),
    'process.parent.command_line': notDash(at('ParentCommandLine')),
    'process.parent.pid': processId(at('ParentProcessId')),
    'process.pe.original_file_name': notDash(at('OriginalFileName')),
    'process.hash.md5': hash(at('Hashes'), 'MD5'),
    'process.hash.sha1': hash(at('Hashes'), 'SHA1'),
    'process.hash.sha256': hash(at('Hashes'), 'SHA256'),
    'process.pe.imphash': hash(at('Hashes'), 'IMPHASH'),
    'file.path': notDash(at('TargetFilename')),
    'file.name': text(notDash(at('TargetFilename')), baseName),
    'dll.path': notDash(at('ImageLoaded')),
    'registry.path': notDash(at('TargetObject')),
    'registry.data.strings': text(at('Details'), (value) => [value]),
    'source.ip': firstOf(address(at('SourceIp')), address(at('IpAddress')), address(at('SourceAddress'))),
    'source.port': firstOf(integer(at('SourcePort')), integer(at('IpPort'))),
    'destination.ip': firstOf(address(at('DestinationIp')), address(at('DestAddress'))),
    'destination.port': firstOf(integer(at('DestinationPort')), integer(at('DestPort'))),
    'destination.domain': notDash(at('DestinationHostname')),
    'dns.question.name': notDash(at('QueryName')),
    'powershell.file.script_block_text': text(at('ScriptBlockText'), (value) => value),
    'service.name': notDash(at('ServiceName')),
    'winlog.channel': text(at('Channel'), (value) => value),
    'winlog.record_id': text(at('EventRecordID'), (value) => value),
    message: text(at('Message'), (value) => value),
  };
}

/** Audit keywords say success or failure; 4625 is a failure whatever else is missing. */
function outcome(kind: JsonValue | undefined, keywords: JsonValue | undefined): string | undefined {
  if (kind === 'security 4625') return 'failure';
  const text = String(keywords ?? '').toLowerCase();
  if (text.includes('audit failure') || text === '0x8010000000000000') return 'failure';
  if (text.includes('audit success') || text === '0x8020000000000000') return 'success';
  return kind === 'security 4624' || kind === 'security 4688' ? 'success' : undefined;
}
