import type { JsonObject } from '../shared/json.ts';
import { at } from '../shared/nested.ts';
import { type Labels, labelsOf } from './labels.ts';

/** What notification keeps of an alert; its newest document says the rest. */
export type AlertFacts = {
  /** `wardline.alert.id` */
  readonly id: string;
  readonly labels: Labels;
  /** 1 to 5. */
  readonly severity: number;
  readonly status: 'firing' | 'resolved';
  readonly acknowledged: boolean;
  readonly buildingBlock: boolean;
  /** Event time, ISO 8601; `endsAt` of one that is over. */
  readonly startsAt: string;
  readonly endsAt: string | undefined;
  readonly summary: string;
  readonly reason: string;
  readonly url: string | undefined;
};

/** The facts of an alert by one of its documents, the newest first. */
export function factsOf(document: JsonObject): AlertFacts {
  const text = (path: string): string => String(at(document, path) ?? '');
  const closed = text('wardline.alert.status') === 'closed';
  const url = at(document, 'event.url');
  return {
    id: text('wardline.alert.id'),
    labels: labelsOf(document),
    severity: Number(at(document, 'event.severity') ?? 0),
    status: closed ? 'resolved' : 'firing',
    acknowledged: text('wardline.alert.workflow') === 'acknowledged',
    buildingBlock: at(document, 'wardline.alert.building_block') === true,
    startsAt: text('event.start') || text('@timestamp'),
    endsAt: closed ? text('event.end') || text('@timestamp') : undefined,
    summary: text('message'),
    reason: text('event.reason'),
    url: typeof url === 'string' ? url : undefined,
  };
}
