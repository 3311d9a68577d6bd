import type { Condition } from '../../rule/ir/rule.ts';
import type { Frame, Kind } from '../kind.ts';
import { absence } from './absence.ts';
import { aggregateKind } from './aggregate.ts';
import { asOf } from './as-of.ts';
import { beacon } from './beacon.ts';
import { eventCount } from './event-count.ts';
import { impossibleTravel } from './impossible-travel.ts';
import { newValue } from './new-value.ts';
import { paneKind } from './panes.ts';
import { peerGroup } from './peer-group.ts';
import { rare } from './rare.ts';
import { sequenceKind, waysOf } from './sequence.ts';
import { serviceEdge } from './service-edge.ts';
import { temporal } from './temporal.ts';
import { temporalExpression } from './temporal-expression.ts';
import { timeOfDay } from './time-of-day.ts';
import { traceKind } from './trace.ts';
import { valueCount } from './value-count.ts';
import { windowFacts } from './window-facts.ts';

/** Every kind of condition, in one list: a kind is one file here and one line below; `src/correlate/kind.ts` says what it owes. */
export function kindOf(condition: Condition, frame: Frame): Kind {
  switch (condition.kind) {
    case 'event_count':
      return eventCount(condition, frame);
    case 'value_count':
      return valueCount(condition, frame);
    case 'value_sum':
    case 'value_avg':
    case 'value_median':
    case 'value_percentile':
      return aggregateKind(condition, frame);
    case 'as_of':
      return asOf(condition);
    case 'trace':
      return traceKind(condition);
    case 'service_edge':
      return serviceEdge(condition, frame.timespan);
    case 'window_facts':
      return windowFacts(condition, frame);
    case 'absence':
      return absence(condition, frame);
    case 'new_value':
      return newValue(condition, frame);
    case 'spike':
    case 'seasonal':
    case 'change':
      return paneKind(condition, frame);
    case 'rare':
      return rare(condition, frame);
    case 'time_of_day':
      return timeOfDay(condition);
    case 'impossible_travel':
      return impossibleTravel(condition);
    case 'beacon':
      return beacon(condition);
    case 'peer_group':
      return peerGroup(condition, frame);
    case 'temporal':
      return temporal(condition, frame);
    case 'temporal_expression':
      return condition.ordered ? sequenceKind(waysOf(condition.expression, frame.members), frame) : temporalExpression(condition, frame);
    case 'sequence':
      return sequenceKind([condition.sequence], frame);
  }
}
