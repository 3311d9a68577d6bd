/** What the record types of the Linux audit system mean in ECS: `event.action`, categories and types (audit-userspace, audit-records.h). */
export type RecordMeaning = { readonly action: string; readonly category: readonly string[]; readonly type: readonly string[] };

type Group = readonly [category: readonly string[], type: readonly string[], actions: Readonly<Record<string, string>>];

const GROUPS: readonly Group[] = [
  [
    ['authentication'],
    ['info'],
    {
      USER_AUTH: 'authenticated',
      USER_ACCT: 'was-authorized',
      CRED_ACQ: 'acquired-credentials',
      CRED_DISP: 'disposed-credentials',
      CRED_REFR: 'refreshed-credentials',
      GRP_AUTH: 'authenticated-to-group',
      USER_ERR: 'error',
      CRYPTO_LOGIN: 'crypto-officer-logged-in',
      CRYPTO_LOGOUT: 'crypto-officer-logged-out',
      ANOM_LOGIN_FAILURES: 'failed-log-in-too-many-times-to',
      ANOM_LOGIN_TIME: 'attempted-log-in-during-unusual-hour-to',
      ANOM_LOGIN_SESSIONS: 'opened-too-many-sessions-to',
      ANOM_LOGIN_LOCATION: 'attempted-log-in-from-unusual-place-to',
      ANOM_LOGIN_ACCT: 'logged-into-watched-account',
    },
  ],
  [['authentication'], ['start'], { USER_LOGIN: 'logged-in', LOGIN: 'changed-login-id-to' }],
  [['authentication'], ['end'], { USER_LOGOUT: 'logged-out' }],
  [['session'], ['start'], { USER_START: 'started-session' }],
  [['session'], ['end'], { USER_END: 'ended-session' }],
  [['iam'], ['creation', 'user'], { ADD_USER: 'added-user-account' }],
  [['iam'], ['deletion', 'user'], { DEL_USER: 'deleted-user-account' }],
  [['iam'], ['creation', 'group'], { ADD_GROUP: 'added-group-account-to' }],
  [['iam'], ['deletion', 'group'], { DEL_GROUP: 'deleted-group-account-from' }],
  [
    ['iam'],
    ['change', 'user'],
    {
      USER_CHAUTHTOK: 'changed-password',
      USER_MGMT: 'modified-user-account',
      CHUSER_ID: 'changed-user-id',
      ACCT_LOCK: 'locked-account',
      ACCT_UNLOCK: 'unlocked-account',
      USER_ROLE_CHANGE: 'changed-role-to',
      ROLE_ASSIGN: 'assigned-user-role-to',
      ROLE_REMOVE: 'removed-use-role-from',
      ROLE_MODIFY: 'modified-role',
    },
  ],
  [
    ['iam'],
    ['change', 'group'],
    { GRP_MGMT: 'modified-group-account', GRP_CHAUTHTOK: 'changed-group-password', CHGRP_ID: 'changed-group' },
  ],
  [['process'], ['start'], { DAEMON_START: 'started-audit', SERVICE_START: 'started-service', USER_CMD: 'ran-command', EXECVE: 'execve' }],
  [['process'], ['stop'], { SERVICE_STOP: 'stopped-service', DAEMON_END: 'shutdown-audit', DAEMON_ABORT: 'aborted-auditd-startup' }],
  [['process'], ['end'], { ANOM_ABEND: 'crashed-program' }],
  [
    ['process'],
    ['info'],
    {
      CRYPTO_SESSION: 'started-crypto-session',
      CRYPTO_KEY_USER: 'negotiated-crypto-key',
      TTY: 'typed',
      USER_TTY: 'typed',
      AVC: 'violated-selinux-policy',
      USER_AVC: 'violated-selinux-policy',
      SECCOMP: 'violated-seccomp-policy',
      ANOM_EXEC: 'attempted-execution-of-forbidden-program',
      ANOM_LINK: 'used-suspicious-link',
      ANOM_PROMISCUOUS: 'changed-promiscuous-mode-on-device',
    },
  ],
  [
    ['configuration', 'process'],
    ['change'],
    {
      CONFIG_CHANGE: 'changed-audit-configuration',
      FEATURE_CHANGE: 'changed-audit-feature',
      DAEMON_CONFIG: 'changed-auditd-configuration',
      DAEMON_RECONFIG: 'changed-auditd-configuration',
    },
  ],
  [
    ['configuration'],
    ['change'],
    {
      NETFILTER_CFG: 'loaded-firewall-rule-to',
      MAC_POLICY_LOAD: 'loaded-selinux-policy',
      MAC_STATUS: 'changed-selinux-enforcement',
      MAC_CONFIG_CHANGE: 'changed-selinux-boolean',
      USER_MAC_POLICY_LOAD: 'loaded-mac-policy',
      USER_MAC_CONFIG_CHANGE: 'changed-mac-configuration',
      KERN_MODULE: 'loaded-kernel-module',
    },
  ],
  [
    ['host'],
    ['info'],
    {
      SYSTEM_BOOT: 'booted-system',
      SYSTEM_SHUTDOWN: 'shutdown-system',
      SYSTEM_RUNLEVEL: 'changed-to-runlevel',
      DAEMON_ROTATE: 'rotated-audit-logs',
      DAEMON_RESUME: 'resumed-audit-logging',
      DAEMON_ACCEPT: 'remote-audit-connected',
      DAEMON_CLOSE: 'remote-audit-disconnected',
      VIRT_INTEGRITY_CHECK: 'checked-integrity-of',
    },
  ],
  [
    ['host'],
    ['creation'],
    {
      VIRT_CONTROL: 'issued-vm-control',
      VIRT_CREATE: 'created-vm-image',
      VIRT_MACHINE_ID: 'assigned-vm-id',
      VIRT_MIGRATE_IN: 'migrated-vm-from',
    },
  ],
  [['host'], ['deletion'], { VIRT_DESTROY: 'deleted-vm-image', VIRT_MIGRATE_OUT: 'migrated-vm-to' }],
  [['host'], ['change'], { VIRT_RESOURCE: 'assigned-vm-resource' }],
];

const MEANINGS: ReadonlyMap<string, RecordMeaning> = new Map(
  GROUPS.flatMap(([category, type, actions]) =>
    Object.entries(actions).map(([record, action]) => [record, { action, category, type }] as const),
  ),
);

export function meaningOf(recordType: string): RecordMeaning | undefined {
  return MEANINGS.get(recordType);
}

/** AUDIT_ARCH values (linux/audit.h). */
export const ARCHITECTURES: Readonly<Record<string, string>> = {
  c000003e: 'x86_64',
  '40000003': 'i386',
  c00000b7: 'aarch64',
  '40000028': 'arm',
  c0000015: 'ppc64le',
  '80000015': 'ppc64',
  '80000016': 's390x',
  c00000f3: 'riscv64',
};

/** System calls of x86_64 that open or use a connection, by direction. */
export const DIRECTIONS: Readonly<Record<string, string>> = {
  '42': 'egress',
  '44': 'egress',
  '46': 'egress',
  '43': 'ingress',
  '45': 'ingress',
  '47': 'ingress',
  '49': 'ingress',
  '50': 'ingress',
  '288': 'ingress',
};
