import { expect, test } from 'vitest';
import { createLacking } from '../../src/detect/lacking.ts';
import { rulesetOf } from '../support/a-rule.ts';
import { eventsOf } from '../support/an-event.ts';

const sshd = { logsource: { product: 'linux', service: 'sshd' } };
const LINE = 'Feb 22 16:46:44 web1 sshd[2766]: Failed password for root from 202.196.224.106 port 1166 ssh2';

test('fields that rules of a log source ask for and no event has are told, with the rules', () => {
  const { detections } = rulesetOf(
    { title: 'A', id: 'a', ...sshd, detection: { s: { 'user.name': 'root', Shell: 'x' }, condition: 's' } },
    { title: 'B', id: 'b', ...sshd, detection: { s: { 'Shell|contains': 'y' }, n: { Other: 1 }, condition: 's and not n' } },
    { title: 'C', id: 'c', logsource: { product: 'windows' }, detection: { s: { Image: 'x' }, condition: 's' } },
  );
  const lacking = createLacking(detections);
  for (const event of [...eventsOf(LINE), ...eventsOf(LINE)]) lacking.observe(event);
  expect(lacking.report()).toEqual([
    { format: 'linux.auth', field: 'Shell', rules: ['A', 'B'], events: 2, found: 0 },
    { format: 'linux.auth', field: 'Other', rules: ['B'], events: 2, found: 0 },
  ]);
});

test('one event that has a field is enough', () => {
  const { detections } = rulesetOf({ title: 'A', id: 'a', ...sshd, detection: { s: { 'source.port': 1166 }, condition: 's' } });
  const lacking = createLacking(detections);
  for (const event of [...eventsOf('Feb 22 16:46:44 web1 sshd[2766]: something else'), ...eventsOf(LINE)]) lacking.observe(event);
  expect(lacking.report()).toEqual([]);
});
