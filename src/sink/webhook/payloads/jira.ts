import { type Facts, factsOf, shown, shownGroup } from '../../facts.ts';
import type { AlertDocument } from '../../sink.ts';
import { json, type Payload } from './payload.ts';

const text = (value: string) => ({ type: 'text', text: value || '-' });
const bold = (value: string) => ({ ...text(value), marks: [{ type: 'strong' }] });
const paragraph = (...content: readonly object[]) => ({ type: 'paragraph', content });

/**
 * An issue by the REST API v3 of Jira for each alert that opens; later steps make no issue. Text is in Atlassian
 * Document Format, where it is never read as markup. Jira has no idempotent create: the label `wardline-<alert id>`
 * finds a second issue made by a repeated call.
 */
export function jira(alert: AlertDocument, options: { readonly project: string; readonly issueType: string }): Payload | undefined {
  const facts = factsOf(alert);
  if (facts.type !== 'alert.opened') return undefined;
  const body = {
    fields: {
      project: { key: options.project },
      issuetype: { name: options.issueType },
      summary: shown(`[${facts.level}] ${facts.title}`, 240),
      labels: ['wardline', `wardline-${facts.alert}`, facts.level],
      description: { type: 'doc', version: 1, content: content(facts) },
    },
  };
  return { ...json(body), path: '/rest/api/3/issue' };
}

function content(facts: Facts): readonly object[] {
  return [
    paragraph(text(shown(facts.reason, 5000))),
    ...shownGroup(facts, 20, 1000).map(([field, value]) => paragraph(bold(`${field}: `), text(value))),
    paragraph(text(shown(`${facts.rule} · ${facts.time}`, 300))),
    ...(facts.url === undefined ? [] : [paragraph({ ...text(facts.url), marks: [{ type: 'link', attrs: { href: facts.url } }] })]),
  ];
}
