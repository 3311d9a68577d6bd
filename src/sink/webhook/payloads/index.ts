import { alertmanager } from './alertmanager.ts';
import { cloudevents } from './cloudevents.ts';
import { ecs } from './ecs.ts';
import { jira } from './jira.ts';
import { opsgenie } from './opsgenie.ts';
import { pagerduty } from './pagerduty.ts';
import type { MakePayload } from './payload.ts';
import { plain } from './plain.ts';
import type { PayloadSettings } from './settings.ts';
import { slack } from './slack.ts';
import { standard } from './standard.ts';
import { teams } from './teams.ts';
import { template } from './template.ts';

/** Every payload; the compiler rejects one that can be configured but is not here. */
export function createPayload(settings: PayloadSettings): MakePayload {
  switch (settings.kind) {
    case 'standard':
      return standard;
    case 'ecs':
      return ecs;
    case 'cloudevents':
      return cloudevents;
    case 'plain':
      return plain;
    case 'slack':
      return slack;
    case 'teams':
      return teams;
    case 'pagerduty':
      return (alert) => pagerduty(alert, settings);
    case 'opsgenie':
      return opsgenie;
    case 'jira':
      return (alert) => jira(alert, settings);
    case 'alertmanager':
      return alertmanager;
    case 'template':
      return (alert) => template(alert, settings);
  }
}
