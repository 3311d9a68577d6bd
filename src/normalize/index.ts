import { awsCloudtrail } from './aws-cloudtrail.ts';
import { azure } from './cloud/azure.ts';
import { gcpAudit } from './cloud/google-audit.ts';
import { awsGuardduty } from './cloud/guardduty.ts';
import { githubAudit, googleWorkspace, oktaSystem } from './cloud/identity.ts';
import { kubernetesAudit } from './cloud/kubernetes.ts';
import { microsoft365 } from './cloud/microsoft365.ts';
import { bitbucketAudit, ciscoDuo, onelogin } from './cloud/saas-audit.ts';
import { awsVpcflow } from './cloud/vpcflow.ts';
import { mysqlError, mysqlSlow } from './database/mysql.ts';
import { postgresql } from './database/postgresql.ts';
import { mongodb, redis } from './database/stores.ts';
import { macosEsf } from './endpoint/macos-esf.ts';
import { osqueryResult } from './endpoint/osquery.ts';
import type { Format } from './format.ts';
import { ecs, json, plainText } from './generic.ts';
import { linuxAuditd } from './linux/auditd.ts';
import { linuxAuth } from './linux/auth.ts';
import { linuxSyslog } from './linux/syslog.ts';
import { logfmt } from './logfmt.ts';
import { ciscoAsa } from './network/cisco-asa.ts';
import { dnsQuery } from './network/dns.ts';
import { fortigate } from './network/fortigate.ts';
import { panos } from './network/panos.ts';
import { routerSyslog } from './network/router-syslog.ts';
import { suricataEve } from './network/suricata.ts';
import { zeek } from './network/zeek.ts';
import { otlpLog, otlpSpan } from './otlp.ts';
import { cloudflareAccess, zscalerZpa } from './security/access-gateways.ts';
import { alertmanager } from './security/alertmanager.ts';
import { cef, leef } from './security/cef.ts';
import { ocsf } from './security/ocsf.ts';
import { opaDecision } from './security/opa.ts';
import { opencanary } from './security/opencanary.ts';
import { snmpTrap } from './snmp-trap.ts';
import { apacheAccess, nginxAccess, webAccess } from './web/access.ts';
import { apacheError, nginxError } from './web/error-log.ts';
import { haproxy } from './web/haproxy.ts';
import { iisAccess, iisError } from './web/iis.ts';
import { nginxIngress } from './web/ingress.ts';
import { envoyAccess, traefikAccess } from './web/proxy-access.ts';
import { windowsFormats } from './windows/index.ts';

/** Every log format, in the order of recognition: the first that recognises a document or line decides. */
export const formats: readonly Format[] = [
  ...windowsFormats,
  otlpSpan,
  otlpLog,
  snmpTrap,
  ...[awsCloudtrail, awsGuardduty, gcpAudit, kubernetesAudit, azure, oktaSystem, googleWorkspace, microsoft365, githubAudit],
  ...[bitbucketAudit, ciscoDuo, onelogin],
  ...[osqueryResult, macosEsf, opencanary, zeek, suricataEve, ocsf, opaDecision, cloudflareAccess, zscalerZpa, alertmanager],
  ...[cef, leef, ciscoAsa, routerSyslog, fortigate, panos, awsVpcflow],
  linuxAuditd,
  ...[
    haproxy,
    nginxIngress,
    traefikAccess,
    envoyAccess,
    apacheAccess,
    apacheError,
    nginxAccess,
    nginxError,
    webAccess,
    iisAccess,
    iisError,
  ],
  ...[postgresql, mysqlError, mysqlSlow, mongodb, redis],
  dnsQuery,
  linuxAuth,
  linuxSyslog,
  ...[ecs, logfmt, json, plainText],
];
