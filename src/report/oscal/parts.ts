import type { JsonObject } from '../../shared/json.ts';
import type { Report } from '../compliance.ts';
import type { MeasureResult } from '../evaluate.ts';
import { evidenceRecords } from '../evidence-record.ts';
import { REASONS } from '../reason.ts';
import type { ObjectiveResult } from '../status.ts';
import { compact, line, OSCAL_VERSION, prop, uuid } from './identity.ts';

/** References to evidence per observation; the records themselves lie in the bundle. */
const MAX_EVIDENCE = 100;

/** UUIDs and shared pieces of all OSCAL documents made from one report: the same object has the same UUID in each. */
export type Scene = {
  readonly report: Report;
  readonly system: string;
  readonly tool: string;
  readonly platform: string;
  readonly component: string;
  readonly ssp: string;
};

export function sceneOf(report: Report): Scene {
  const system = report.profile.system ?? 'system';
  return {
    report,
    system,
    tool: uuid(system, 'tool'),
    platform: uuid(system, 'platform'),
    component: uuid(system, 'component'),
    ssp: uuid(system, 'ssp'),
  };
}

const periodKey = ({ report }: Scene): string => `${report.pack.id}/${report.period.start}/${report.period.end}`;

export function metadata(scene: Scene, title: string): JsonObject {
  const { report, system } = scene;
  const organization = report.profile.organization;
  const party = uuid(system, 'party');
  return compact({
    title: line(title),
    'last-modified': report.asOf,
    version: line(`${report.pack.version}-${report.period.end}`),
    'oscal-version': OSCAL_VERSION,
    roles: organization === undefined ? undefined : [{ id: 'prepared-by', title: 'Prepared by' }],
    parties: organization === undefined ? undefined : [{ uuid: party, type: 'organization', name: line(organization) }],
    'responsible-parties': organization === undefined ? undefined : [{ 'role-id': 'prepared-by', 'party-uuids': [party] }],
    remarks: report.scope.statement,
  });
}

export function systemComponent({ component, system }: Scene): JsonObject {
  return {
    uuid: component,
    type: 'this-system',
    title: line(system),
    description: 'The system whose logs were evaluated.',
    status: { state: 'operational' },
  };
}

export function assessmentAssets({ tool, platform, report }: Scene): JsonObject {
  const versions = report.ledger.engines.map((version) => prop('engine-version', version));
  return {
    components: [
      compact({
        uuid: tool,
        type: 'software',
        title: 'Wardline',
        description: 'Evaluates the event stream by rules and keeps the ledger these results are read from.',
        props: versions.slice(0, 1),
        status: { state: 'operational' },
      }),
    ],
    'assessment-platforms': [{ uuid: platform, title: 'Wardline', 'uses-components': [{ 'component-uuid': tool }] }],
  };
}

export function reviewedControls({ report }: Scene): JsonObject {
  const controls = report.controls.filter(({ objectives }) => objectives.some(isReviewed));
  const objectives = controls.flatMap((control) => control.objectives.filter(isReviewed));
  return {
    'control-selections': [{ 'include-controls': controls.map(({ id }) => ({ 'control-id': id })) }],
    'control-objective-selections': [{ 'include-objectives': objectives.map(({ id }) => ({ 'objective-id': id })) }],
  };
}

export const isReviewed = ({ status }: ObjectiveResult): boolean => status !== 'not-applicable';

/** External system security plan: maintained elsewhere, named so that the reference resolves. */
export function sspResource({ ssp }: Scene): JsonObject {
  return { uuid: ssp, title: 'System security plan', description: 'Maintained outside Wardline.' };
}

export const observationUuid = (scene: Scene, measure: string): string => uuid(scene.system, 'observation', periodKey(scene), measure);
export const missingUuid = (scene: Scene, objective: string): string => uuid(scene.system, 'missing', periodKey(scene), objective);
/** Not bound to a period: the risk of an objective stays the same risk until it is closed. */
export const riskUuid = (scene: Scene, objective: string): string => uuid(scene.system, 'risk', objective);
export const findingUuid = (scene: Scene, objective: string): string => uuid(scene.system, 'finding', periodKey(scene), objective);

const origins = ({ tool }: Scene): JsonObject[] => [{ actors: [{ type: 'tool', 'actor-uuid': tool }] }];

/** What was measured: one observation per measure, and one for every objective nothing was measured about. */
export function observations(scene: Scene): JsonObject[] {
  const hrefs = evidenceByMeasure(scene.report);
  const measured = scene.report.measures.map((result) => observation(scene, result, hrefs.get(result.measure.id) ?? []));
  const objectives = scene.report.controls.flatMap((control) => control.objectives);
  const unmeasured = objectives.filter(({ objective, status }) => status === 'not-assessed' && usedMeasures(objective).length === 0);
  return [...measured, ...unmeasured.map((objective) => missing(scene, objective))];
}

function evidenceByMeasure(report: Report): ReadonlyMap<string, string[]> {
  const names = evidenceRecords(report).map(({ name }) => name);
  let at = 0;
  return new Map(report.measures.map(({ measure, windows }) => [measure.id, names.slice(at, (at += windows.length))]));
}

function observation(scene: Scene, result: MeasureResult, hrefs: readonly string[]): JsonObject {
  const { measure, verdict, reasons, windows } = result;
  const of = (wanted: string): number => windows.filter((window) => window.verdict === wanted).length;
  const sum = (pick: (window: MeasureResult['windows'][number]) => number): number =>
    windows.reduce((total, window) => total + pick(window), 0);
  const text = `${measure.title ?? measure.id} ${of('pass')} of ${windows.length} windows passed, ${of('fail')} failed, ${of('undecided')} were undecided.`;
  return compact({
    uuid: observationUuid(scene, measure.id),
    title: line(measure.title ?? measure.id),
    description: line(text),
    props: [
      prop('measure', measure.id),
      prop('verdict', verdict),
      prop(
        'population',
        sum(({ population }) => population),
      ),
      prop(
        'lost',
        sum(({ lost }) => lost),
      ),
      prop(
        'blind-ms',
        sum(({ blindMs }) => blindMs),
      ),
      ...reasons.map((reason) => ({ ...prop('reason', reason), class: reason })),
    ],
    methods: ['TEST'],
    types: ['control-objective'],
    origins: origins(scene),
    subjects: [{ 'subject-uuid': scene.component, type: 'component' }],
    'relevant-evidence': hrefs
      .slice(0, MAX_EVIDENCE)
      .map((name) => ({ href: `../${name}`, description: 'Evidence record, named by the SHA-256 of its bytes.' })),
    collected: scene.report.period.end,
    remarks: hrefs.length > MAX_EVIDENCE ? `${hrefs.length - MAX_EVIDENCE} further evidence records lie in the bundle.` : undefined,
  });
}

function missing(scene: Scene, { id, reasons }: ObjectiveResult): JsonObject {
  return compact({
    uuid: missingUuid(scene, id),
    title: `No evidence for ${id}`,
    description: reasons.map((reason) => REASONS[reason]).join(' ') || 'No measure decides this objective.',
    props: reasons.map((reason) => ({ ...prop('missing-evidence', reason), class: reason })),
    methods: ['UNKNOWN'],
    types: ['control-objective'],
    origins: origins(scene),
    subjects: [{ 'subject-uuid': scene.component, type: 'component' }],
    collected: scene.report.period.end,
  });
}

export function usedMeasures({ all, any, k_of: kOf, guards }: ObjectiveResult['objective']): string[] {
  return [...new Set([...(all ?? []), ...(any ?? []), ...(kOf?.of ?? []), ...(guards ?? [])])];
}

export function relatedObservations(scene: Scene, { id, objective }: ObjectiveResult): JsonObject[] {
  const used = usedMeasures(objective);
  const uuids = used.length > 0 ? used.map((measure) => observationUuid(scene, measure)) : [missingUuid(scene, id)];
  return uuids.map((observed) => ({ 'observation-uuid': observed }));
}

/** A risk for every objective that is measured and not met; a governed deviation is shown as one and stays open to see. */
export function risks(scene: Scene): JsonObject[] {
  return atRisk(scene.report).map((objective) => {
    const { id, reasons, overlay } = objective;
    return compact({
      uuid: riskUuid(scene, id),
      title: `${id} is not satisfied`,
      description: reasons.map((reason) => REASONS[reason]).join(' ') || 'The objective was measured and is not met.',
      statement: `Until it is met, what ${id} asks for is not shown to hold.`,
      props: reasons.map((reason) => ({ ...prop('reason', reason), class: reason })),
      status: overlay === undefined ? 'open' : 'deviation-approved',
      origins: origins(scene),
      'mitigating-factors':
        overlay === undefined
          ? undefined
          : [
              {
                uuid: uuid(scene.system, 'overlay', overlay.id),
                description: line(`${overlay.kind} ${overlay.id}: ${overlay.reason} (${overlay.ticket}, until ${overlay.until})`),
              },
            ],
      'related-observations': relatedObservations(scene, objective),
    });
  });
}

export function atRisk(report: Report): ObjectiveResult[] {
  return report.controls.flatMap(({ objectives }) => objectives.filter(({ status }) => status === 'not-satisfied'));
}
