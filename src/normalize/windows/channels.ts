import type { RouteLabel } from '../../event/event.ts';

const PREFIX = 'Microsoft-Windows-';

/**
 * Windows event log channels by the Sigma service that reads them (Sigma taxonomy appendix). `M-W-` stands for
 * `Microsoft-Windows-`; compared without letter case.
 */
const CHANNELS_OF_SERVICE: Readonly<Record<string, readonly string[]>> = {
  security: ['Security'],
  system: ['System'],
  application: ['Application'],
  sysmon: ['M-W-Sysmon/Operational'],
  powershell: ['M-W-PowerShell/Operational', 'PowerShellCore/Operational'],
  'powershell-classic': ['Windows PowerShell'],
  windefend: ['M-W-Windows Defender/Operational'],
  'dns-server': ['DNS Server'],
  'dns-server-audit': ['M-W-DNS-Server/Audit'],
  'dns-server-analytic': ['M-W-DNS-Server/Analytical'],
  'msexchange-management': ['MSExchange Management'],
  taskscheduler: ['M-W-TaskScheduler/Operational'],
  wmi: ['M-W-WMI-Activity/Operational'],
  ntlm: ['M-W-NTLM/Operational'],
  'bits-client': ['M-W-Bits-Client/Operational'],
  openssh: ['OpenSSH/Operational'],
  'firewall-as': ['M-W-Windows Firewall With Advanced Security/Firewall'],
  'codeintegrity-operational': ['M-W-CodeIntegrity/Operational'],
  applocker: [
    'M-W-AppLocker/MSI and Script',
    'M-W-AppLocker/EXE and DLL',
    'M-W-AppLocker/Packaged app-Deployment',
    'M-W-AppLocker/Packaged app-Execution',
  ],
  'appxdeployment-server': ['M-W-AppXDeploymentServer/Operational'],
  'appxpackaging-om': ['M-W-AppxPackaging/Operational'],
  'appmodel-runtime': ['M-W-AppModel-Runtime/Admin'],
  capi2: ['M-W-CAPI2/Operational'],
  'lsa-server': ['M-W-LSA/Operational'],
  'security-mitigations': ['M-W-Security-Mitigations/Kernel Mode', 'M-W-Security-Mitigations/User Mode'],
  ldap: ['M-W-LDAP-Client/Debug'],
  ldap_debug: ['M-W-LDAP-Client/Debug'],
  'printservice-admin': ['M-W-PrintService/Admin'],
  'printservice-operational': ['M-W-PrintService/Operational'],
  'smbserver-connectivity': ['M-W-SMBServer/Connectivity'],
  'smbclient-security': ['M-W-SmbClient/Security'],
  'smbclient-connectivity': ['M-W-SmbClient/Connectivity'],
  'shell-core': ['M-W-Shell-Core/Operational'],
  'terminalservices-localsessionmanager': ['M-W-TerminalServices-LocalSessionManager/Operational'],
  'dns-client': ['M-W-DNS-Client/Operational', 'M-W-DNS Client Events/Operational'],
  'driver-framework': ['M-W-DriverFrameworks-UserMode/Operational'],
  'diagnosis-scripted': ['M-W-Diagnosis-Scripted/Operational'],
  'iis-configuration': ['Microsoft-IIS-Configuration/Operational'],
  'certificateservicesclient-lifecycle-system': ['M-W-CertificateServicesClient-Lifecycle-System/Operational'],
  'servicebus-client': ['Microsoft-ServiceBus-Client/Admin', 'Microsoft-ServiceBus-Client/Operational'],
  'application-experience': ['M-W-Application-Experience/Program-Telemetry', 'M-W-Application-Experience/Program-Compatibility-Assistant'],
  bitlocker: ['M-W-BitLocker/BitLocker Management'],
  dhcp: ['M-W-DHCP-Server/Operational'],
  'hyper-v-worker': ['M-W-Hyper-V-Worker'],
  'kernel-event-tracing': ['M-W-Kernel-EventTracing'],
  'kernel-shimengine': ['M-W-Kernel-ShimEngine/Operational', 'M-W-Kernel-ShimEngine/Diagnostic'],
  ntfs: ['M-W-Ntfs/Operational'],
  sense: ['M-W-SENSE/Operational'],
  vhdmp: ['M-W-VHDMP/Operational'],
  'microsoft-servicebus-client': ['Microsoft-ServiceBus-Client/Admin', 'Microsoft-ServiceBus-Client/Operational'],
};

const SYSMON: Readonly<Record<number, readonly string[]>> = {
  1: ['process_creation'],
  2: ['file_change'],
  3: ['network_connection'],
  4: ['sysmon_status'],
  5: ['process_termination'],
  6: ['driver_load'],
  7: ['image_load'],
  8: ['create_remote_thread'],
  9: ['raw_access_thread'],
  10: ['process_access'],
  11: ['file_event'],
  12: ['registry_event'],
  13: ['registry_event', 'registry_set'],
  14: ['registry_event', 'registry_rename'],
  15: ['create_stream_hash'],
  16: ['sysmon_status'],
  17: ['pipe_created'],
  18: ['pipe_created'],
  19: ['wmi_event'],
  20: ['wmi_event'],
  21: ['wmi_event'],
  22: ['dns_query'],
  23: ['file_delete'],
  24: ['clipboard_change', 'clipboard_capture'],
  25: ['process_tampering'],
  26: ['file_delete_detected'],
  27: ['file_block_executable'],
  28: ['file_block_shredding'],
  29: ['file_executable_detected'],
  255: ['sysmon_error'],
};

const LINUX_SYSMON: Readonly<Record<number, readonly string[]>> = {
  1: ['process_creation'],
  3: ['network_connection'],
  5: ['process_termination'],
  9: ['raw_access_thread'],
  11: ['file_event'],
  23: ['file_delete'],
};

const POWERSHELL: Readonly<Record<number, readonly string[]>> = { 4103: ['ps_module'], 4104: ['ps_script'] };
const POWERSHELL_CLASSIC: Readonly<Record<number, readonly string[]>> = {
  400: ['ps_classic_start'],
  600: ['ps_classic_provider_start'],
  800: ['ps_classic_script'],
};
const ANTIVIRUS_EVENTS = new Set([1006, 1007, 1008, 1009, 1010, 1011, 1012, 1017, 1018, 1019, 1115, 1116]);
const REGISTRY_BY_TYPE: Readonly<Record<string, string>> = {
  createkey: 'registry_add',
  deletekey: 'registry_delete',
  deletevalue: 'registry_delete',
};

/** Process creation of the Security log has its own names for the same fields. */
const ALIASES_4688 = { Image: 'NewProcessName', ParentImage: 'ParentProcessName' };
const ALIASES_ANTIVIRUS = { Signature: 'ThreatName', Filename: 'Path' };

const servicesByChannel = new Map<string, string[]>();
for (const [service, channels] of Object.entries(CHANNELS_OF_SERVICE)) {
  for (const channel of channels) {
    const key = channel.replace('M-W-', PREFIX).toLowerCase();
    servicesByChannel.set(key, [...(servicesByChannel.get(key) ?? []), service]);
  }
}

/** Sigma log sources of a Windows (or Sysmon for Linux) event, by channel, event id and, for registry events, event type. */
export function labelsOf(channel: string, eventId: number, eventType: string): readonly RouteLabel[] {
  const folded = channel.toLowerCase();
  if (folded === 'linux-sysmon/operational') {
    return categories('linux', ['sysmon'], LINUX_SYSMON[eventId] ?? []);
  }
  const services = servicesByChannel.get(folded) ?? [];
  const labels: RouteLabel[] = [];
  if (folded === 'security' && eventId === 4688) {
    labels.push({ product: 'windows', service: 'security', category: 'process_creation', aliases: ALIASES_4688 });
  }
  if (folded === 'rpcfw') labels.push({ product: 'rpc_firewall', category: 'application', aliases: { EventLog: 'Channel' } });
  if (folded === 'microsoft-windows-windows defender/operational' && ANTIVIRUS_EVENTS.has(eventId)) {
    labels.push({ product: 'windows', service: 'windefend', category: 'antivirus', aliases: ALIASES_ANTIVIRUS });
  }
  return [...labels, ...categories('windows', services, categoriesOf(folded, eventId, eventType.toLowerCase()))];
}

function categoriesOf(folded: string, eventId: number, eventType: string): readonly string[] {
  switch (folded) {
    case 'microsoft-windows-sysmon/operational': {
      const byType = eventId === 12 ? REGISTRY_BY_TYPE[eventType] : undefined;
      return [...(SYSMON[eventId] ?? []), ...(byType === undefined ? [] : [byType])];
    }
    case 'microsoft-windows-powershell/operational':
    case 'powershellcore/operational':
      return POWERSHELL[eventId] ?? [];
    case 'windows powershell':
      return POWERSHELL_CLASSIC[eventId] ?? [];
    case 'microsoft-windows-kernel-file/analytic':
      return ['file_access', 'file_rename'];
    default:
      return [];
  }
}

/** Every service with every category; a label without category where there is none. */
function categories(product: string, services: readonly string[], names: readonly string[]): readonly RouteLabel[] {
  const plain: readonly RouteLabel[] = services.length === 0 ? [{ product }] : services.map((service) => ({ product, service }));
  return names.length === 0 ? plain : plain.flatMap((label) => names.map((category) => ({ ...label, category })));
}

const idsOf = (table: Readonly<Record<number, readonly string[]>>): readonly number[] => Object.keys(table).map(Number);
const events: readonly (readonly [channel: string, ids: readonly number[]])[] = [
  ['Microsoft-Windows-Sysmon/Operational', idsOf(SYSMON)],
  ['Linux-Sysmon/Operational', idsOf(LINUX_SYSMON)],
  ['Microsoft-Windows-PowerShell/Operational', idsOf(POWERSHELL)],
  ['Windows PowerShell', idsOf(POWERSHELL_CLASSIC)],
  ['Microsoft-Windows-Windows Defender/Operational', [...ANTIVIRUS_EVENTS]],
  ['Microsoft-Windows-Kernel-File/Analytic', [0]],
  ['Security', [4688]],
  ['RPCFW', [3]],
  ...[...servicesByChannel.keys()].map((channel) => [channel, [-1]] as const),
];

/** Every log source a Windows event can have, for the check that a rule can fire. */
export const allLabels: readonly RouteLabel[] = [
  ...new Map(
    events
      .flatMap(([channel, ids]) =>
        ids.flatMap((id) => ['', ...Object.keys(REGISTRY_BY_TYPE)].flatMap((type) => labelsOf(channel, id, type))),
      )
      .map((label) => [`${label.product}/${label.service}/${label.category}`, label]),
  ).values(),
];
