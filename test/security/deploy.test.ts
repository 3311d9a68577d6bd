import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseSettings } from '../../src/config/load-settings.ts';
import { problemText } from '../../src/rule/problem.ts';

const home = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(home, path), 'utf8');
/** A tool of the system; undefined: its checks are skipped, and say so. */
const tool = (name: string): string | undefined =>
  [
    process.env[`WARDLINE_${name.toUpperCase().replaceAll('-', '_')}`] ?? '',
    ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)),
  ].find((path) => path !== '' && existsSync(path));
const helm = tool('helm');
const analyze = tool('systemd-analyze');
if (helm === undefined) console.log('checks of the chart are skipped: no helm (go install helm.sh/helm/v3/cmd/helm@v3.18.4)');
if (analyze === undefined) console.log('checks of the unit file are skipped: no systemd-analyze');

describe('the image', () => {
  const dockerfile = read('Dockerfile');
  test('S67: is no root, installs by the lockfile without scripts, and has one folder to write to', () => {
    expect(dockerfile).toMatch(/^USER 65532:65532$/m);
    expect(dockerfile).toContain('npm ci --omit=dev --ignore-scripts');
    expect(dockerfile).toMatch(/^VOLUME \/data$/m);
    expect(dockerfile).toContain('"--disallow-code-generation-from-strings", "--disable-proto=delete"');
    // The last word on the user is the one of the process.
    expect(dockerfile.lastIndexOf('USER')).toBeGreaterThan(dockerfile.lastIndexOf('RUN'));
    expect(dockerfile).not.toMatch(/ADD |curl|wget|:latest/);
  });

  test('is run read-only and without capabilities by docker-compose.yml', () => {
    const [document] = parseAllDocuments(read('docker-compose.yml'));
    expect(document?.toJS()).toMatchObject({
      services: { wardline: { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] } },
    });
  });
});

describe('the unit file', () => {
  test('S67, S52: takes away what the engine does not need', () => {
    const unit = read('deploy/systemd/wardline.service');
    for (const line of [
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'CapabilityBoundingSet=',
      'LimitCORE=0',
      'StateDirectoryMode=0700',
      'UMask=0077',
      'MemoryMax=2G',
      'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
    ])
      expect(unit.split('\n')).toContain(line);
    expect(unit).toMatch(/^ExecStart=.* \/opt\/wardline\/node_modules\/\.bin\/node --/m);
    expect(unit).toContain('--disallow-code-generation-from-strings --disable-proto=delete');
  });

  test.skipIf(analyze === undefined)('systemd finds nothing wrong with it, and calls its exposure low', () => {
    const path = join(home, 'deploy/systemd/wardline.service');
    execFileSync(analyze as string, ['verify', path], { stdio: 'pipe' });
    const out = execFileSync(analyze as string, ['security', '--offline=yes', '--no-pager', path], { encoding: 'utf8' });
    expect(Number(/exposure level for wardline\.service: ([\d.]+)/.exec(out)?.[1])).toBeLessThan(2);
  });
});

describe.skipIf(helm === undefined)('the chart', () => {
  const chart = join(home, 'deploy/helm');
  const render = (...set: string[]) =>
    parseAllDocuments(
      execFileSync(helm as string, ['template', 'w', chart, '--kube-version', '1.30.0', ...set.flatMap((one) => ['--set', one])], {
        encoding: 'utf8',
        stdio: 'pipe',
      }),
    ).map((document) => document.toJS() as Record<string, unknown> & { kind: string });
  const distributed = ['form=distributed', 'settings.transport.brokers={kafka:9092}'];
  const full = ['admin.tlsSecret=t', 'secretFiles=s', 'envFromSecret=e', 'podMonitor.enabled=true'];

  test('helm lint finds nothing', () => {
    expect(execFileSync(helm as string, ['lint', '--strict', chart], { encoding: 'utf8' })).toContain('0 chart(s) failed');
  });

  test('makes what each form needs', () => {
    expect(
      render()
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['ConfigMap', 'NetworkPolicy', 'Service', 'StatefulSet']);
    expect(
      render(...distributed)
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['ConfigMap', 'Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service']);
    expect(render(...full).map(({ kind }) => kind)).toContain('PodMonitor');
    expect(() => render('form=distributed')).toThrow();
    expect(() => render('form=other')).toThrow();
  });

  test.each([[[] as string[]], [distributed], [full]])(
    'S67: a pod of %j is no root, read-only, without capabilities or a token of the cluster',
    (set) => {
      const workload = render(...set).find(({ kind }) => kind === 'StatefulSet' || kind === 'Deployment');
      expect(workload).toMatchObject({
        spec: {
          template: {
            spec: {
              automountServiceAccountToken: false,
              securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
              containers: [
                {
                  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
                  livenessProbe: {},
                  readinessProbe: {},
                  resources: { limits: { memory: '2Gi' } },
                },
              ],
            },
          },
        },
      });
    },
  );

  test.each([[[] as string[]], [distributed], [full]])('the settings it writes with %j are settings of Wardline', (set) => {
    const map = render(...set).find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> };
    const text = (map.data['wardline.yaml'] ?? '').replace(/\$\{file:\/run\/tls\/tls\.(crt|key)\}/g, '${env:PEM}');
    const { settings, problems } = parseSettings({ path: 'wardline.yaml', text }, { PEM: 'pem' });
    expect(problems.map(problemText)).toEqual([]);
    expect(settings?.admin?.listen).toBe(set === full ? '0.0.0.0:9464' : '127.0.0.1:9464');
  });
});

test('S71: npm writes a CycloneDX list of what the product needs', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  expect(scripts['sbom']).toContain('--sbom-format=cyclonedx');
  expect(scripts['audit']).toContain('npm audit');
  const lock = JSON.parse(read('package-lock.json')) as { lockfileVersion: number };
  expect(lock.lockfileVersion).toBeGreaterThanOrEqual(3);
});
