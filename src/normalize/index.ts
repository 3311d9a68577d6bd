import { awsCloudtrail } from './aws-cloudtrail.ts';
import { azure } from './cloud/azure.ts';
import { gcpAudit } from './cloud/google-audit.ts';
import { githubAudit, googleWorkspace, oktaSystem } from './cloud/identity.ts';
import { kubernetesAudit } from './cloud/kubernetes.ts';
import { microsoft365 } from './cloud/microsoft365.ts';
import { postgresql } from './database/postgresql.ts';
import { osqueryResult } from './endpoint/osquery.ts';
import type { Format } from './format.ts';
import { ecs, json, plainText } from './generic.ts';
import { linuxAuditd } from './linux/auditd.ts';
import { linuxAuth } from './linux/auth.ts';
import { linuxSyslog } from './linux/syslog.ts';
import { otlpLog, otlpSpan } from './otlp.ts';
import { apacheAccess, nginxAccess, webAccess } from './web/access.ts';
import { apacheError, nginxError } from './web/error-log.ts';
import { haproxy } from './web/haproxy.ts';
import { nginxIngress } from './web/ingress.ts';
import { windowsFormats } from './windows/index.ts';

/** Every log format, in the order of recognition: the first that recognises a document or line decides. */
export const formats: readonly Format[] = [
  ...windowsFormats,
  otlpSpan,
  otlpLog,
  awsCloudtrail,
  gcpAudit,
  kubernetesAudit,
  azure,
  oktaSystem,
  googleWorkspace,
  microsoft365,
  githubAudit,
  osqueryResult,
  linuxAuditd,
  haproxy,
  nginxIngress,
  apacheAccess,
  apacheError,
  nginxAccess,
  nginxError,
  webAccess,
  postgresql,
  linuxAuth,
  linuxSyslog,
  ecs,
  json,
  plainText,
];
