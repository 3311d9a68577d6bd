import { canonicalJson } from '../../shared/canonical-json.ts';
import { sha256Hex } from '../../shared/digest.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { Report } from '../compliance.ts';
import type { ObjectiveResult, Status } from '../status.ts';
import { compact, line, PROP_NS, prop, uuid } from './identity.ts';
import {
  assessmentAssets,
  atRisk,
  findingUuid,
  isReviewed,
  metadata,
  observations,
  relatedObservations,
  reviewedControls,
  risks,
  riskUuid,
  type Scene,
  sceneOf,
  sspResource,
  systemComponent,
} from './parts.ts';

const DAY_MS = 86_400_000;

/** Assessment plan: what the pack measures, how often. As canonical JSON. */
export function renderAssessmentPlan(report: Report): string {
  const scene = sceneOf(report);
  const activities = report.controls.flatMap(({ id, title, objectives }) =>
    objectives.some(isReviewed)
      ? [
          {
            uuid: uuid(scene.system, 'activity', report.pack.id, id),
            title: line(`${id} ${title}`),
            description: 'Read what the evidence ledger says about the objectives of this control.',
            props: [{ name: 'method', value: 'TEST' }],
            'related-controls': { 'control-selections': [{ 'include-controls': [{ 'control-id': id }] }] },
          },
        ]
      : [],
  );
  const frequency = Math.max(
    1,
    Math.round(Math.min(...report.controls.flatMap((c) => c.objectives.map((o) => o.objective.frequency))) / DAY_MS),
  );
  const plan: JsonObject = {
    uuid: planUuid(scene),
    metadata: metadata(scene, `Assessment plan: ${report.pack.title}`),
    'import-ssp': { href: `#${scene.ssp}` },
    'local-definitions': { activities },
    'reviewed-controls': reviewedControls(scene),
    'assessment-assets': assessmentAssets(scene),
    tasks: [
      {
        uuid: uuid(scene.system, 'task', report.pack.id),
        type: 'action',
        title: 'Evaluation of the ledger',
        timing: { 'at-frequency': { period: frequency, unit: 'days' } },
        'associated-activities': activities.map((activity) => ({
          'activity-uuid': activity.uuid,
          subjects: [{ type: 'component', 'include-all': {} }],
        })),
      },
    ],
    'back-matter': { resources: [sspResource(scene)] },
  };
  return `${canonicalJson({ 'assessment-plan': plan })}\n`;
}

const planUuid = (scene: Scene): string => uuid(scene.system, 'plan', scene.report.pack.id, scene.report.pack.version);

/** Assessment results of the period; imports the plan by its digest. As canonical JSON. */
export function renderAssessmentResults(report: Report): string {
  const scene = sceneOf(report);
  const plan = uuid(scene.system, 'plan-resource', report.pack.id);
  const { head, activations } = report.ledger;
  const objectives = report.controls.flatMap((control) => control.objectives);
  const excluded = objectives.filter((objective) => !isReviewed(objective));
  const result = compact({
    uuid: uuid(scene.system, 'result', report.pack.id, report.period.start, report.period.end),
    title: line(`${report.pack.title}, ${report.period.start} to ${report.period.end}`),
    description: report.scope.statement,
    start: report.period.start,
    end: report.period.end,
    props: [prop('tree-hash', head.root), prop('ledger-entries', head.size), prop('pack-sha256', report.pack.sha256)],
    'local-definitions': { components: [systemComponent(scene)], 'assessment-assets': assessmentAssets(scene) },
    'reviewed-controls': reviewedControls(scene),
    attestations: [{ parts: [completeness(report)] }],
    'assessment-log': {
      entries: activations.map(({ seq, at, ruleset, engine }) => ({
        uuid: uuid(scene.system, 'log', String(seq)),
        title: 'Ruleset activated',
        description: line(`Ledger entry ${seq}: ruleset ${ruleset}, engine ${engine}`),
        start: at,
      })),
    },
    observations: observations(scene),
    risks: risks(scene),
    findings: objectives.filter(isReviewed).map((objective) => finding(scene, objective)),
    remarks: excluded.length === 0 ? undefined : `Not applicable, with approval: ${excluded.map(({ id }) => id).join(', ')}.`,
  });
  const withLog = activations.length === 0 ? compact({ ...result, 'assessment-log': undefined }) : result;
  const document: JsonObject = {
    uuid: uuid(scene.system, 'results', report.pack.id, report.period.start, report.period.end, report.asOf),
    metadata: metadata(scene, `Assessment results: ${report.pack.title}`),
    'import-ap': { href: `#${plan}` },
    results: [withLog],
    'back-matter': {
      resources: [
        {
          uuid: plan,
          title: 'Assessment plan',
          description: 'Made from the same control pack.',
          props: [{ name: 'type', value: 'plan' }],
          rlinks: [
            {
              href: 'compliance.assessment-plan.oscal.json',
              'media-type': 'application/oscal+json',
              hashes: [{ algorithm: 'SHA-256', value: sha256Hex(renderAssessmentPlan(report)) }],
            },
          ],
        },
      ],
    },
  };
  return `${canonicalJson({ 'assessment-results': document })}\n`;
}

function completeness({ sources, scope }: Report): JsonObject {
  const lost = sources.reduce((total, source) => total + source.lost, 0);
  const events = sources.reduce((total, source) => total + source.events, 0);
  const blind = sources.filter(({ blindMs }) => blindMs > 0).length;
  return {
    name: 'completeness-statement',
    ns: PROP_NS,
    title: 'Population',
    prose: `${events} events of ${sources.length} sources were evaluated in the period; ${lost} records were lost; ${blind} sources were blind for a time. ${scope.statement}`,
  };
}

const STATE: Readonly<Record<Exclude<Status, 'not-applicable'>, { readonly state: string; readonly reason: string }>> = {
  satisfied: { state: 'satisfied', reason: 'pass' },
  'not-satisfied': { state: 'not-satisfied', reason: 'fail' },
  degraded: { state: 'not-satisfied', reason: 'other' },
  'not-assessed': { state: 'not-satisfied', reason: 'other' },
};

function finding(scene: Scene, result: ObjectiveResult): JsonObject {
  const { id, raw, reasons } = result;
  const state = STATE[raw === 'not-applicable' ? 'not-assessed' : raw];
  return compact({
    uuid: findingUuid(scene, id),
    title: `${id}: ${raw}`,
    description: 'Read from the evidence ledger; see the related observations for populations and what was lost.',
    props: [prop('status', raw), ...reasons.map((reason) => ({ ...prop('reason', reason), class: reason }))],
    target: { type: 'objective-id', 'target-id': id, status: { ...state, remarks: `Status ${raw}.` } },
    'related-observations': relatedObservations(scene, result),
    'related-risks': raw === 'not-satisfied' ? [{ 'risk-uuid': riskUuid(scene, id) }] : undefined,
  });
}

/**
 * Plan of action and milestones: one item per objective that is not satisfied, with the UUIDs of the assessment
 * results. As canonical JSON; undefined when there is no item, which OSCAL cannot express.
 */
export function renderPoam(report: Report): string | undefined {
  const scene = sceneOf(report);
  const open = atRisk(report);
  if (open.length === 0) return undefined;
  const used = new Set(open.flatMap((objective) => relatedObservations(scene, objective).map((related) => related['observation-uuid'])));
  const document = compact({
    uuid: uuid(scene.system, 'poam', report.pack.id, report.period.start, report.period.end, report.asOf),
    metadata: metadata(scene, `Plan of action and milestones: ${report.pack.title}`),
    'import-ssp': { href: `#${scene.ssp}` },
    'local-definitions': { components: [systemComponent(scene)], 'assessment-assets': assessmentAssets(scene) },
    observations: observations(scene).filter((observation) => used.has(observation['uuid'])),
    risks: risks(scene),
    'poam-items': open.map((objective) => ({
      uuid: uuid(scene.system, 'poam-item', objective.id),
      title: `${objective.id} is not satisfied`,
      description: line(`Measured from ${report.period.start} to ${report.period.end}. Reasons: ${objective.reasons.join(', ')}.`),
      'related-observations': relatedObservations(scene, objective),
      'related-risks': [{ 'risk-uuid': riskUuid(scene, objective.id) }],
    })),
    'back-matter': { resources: [sspResource(scene)] },
  });
  return `${canonicalJson({ 'plan-of-action-and-milestones': document })}\n`;
}
