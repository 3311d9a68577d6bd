import { actions } from './actions.js';
import { workOf } from './alerts.js';
import { get } from './api.js';
import { at, facts, h, level, number, table, textOf, time } from './dom.js';

/** One alert: what it is, why it is, what it rests on, and what became of it. */
export async function showAlert({ rest: [id], me, again }) {
  const { documents, pending, readOnly } = await get(`/api/alerts/${encodeURIComponent(id)}`);
  const newest = documents.at(-1);
  const field = (path) => at(newest, path);
  const why = [...documents].reverse().find((one) => (at(one, 'wardline.alert.decision') ?? []).length > 0) ?? newest;
  const list = (path) => (at(newest, path) ?? []).map(textOf).join(', ') || undefined;
  return {
    title: textOf(newest.message),
    content: [
      h('p', {}, h('a', { href: '#/alerts' }, 'All alerts')),
      h(
        'div',
        { class: 'head' },
        h('h1', {}, textOf(newest.message)),
        h('p', {}, level(textOf(field('wardline.alert.severity'))), ' ', workOf(newest)),
      ),
      h('p', { class: 'reason' }, textOf(at(why, 'event.reason'))),
      h(
        'div',
        { class: 'two' },
        h('div', { class: 'stack' }, whyCard(why), evidenceCard(newest), historyCard(documents, pending), documentCard(newest)),
        h(
          'div',
          { class: 'stack' },
          h(
            'section',
            { class: 'card actions', 'aria-labelledby': 'act' },
            h('h2', { id: 'act' }, 'Act'),
            readOnly === undefined ? actions({ id: field('wardline.alert.id'), newest, me, again }) : h('p', { class: 'soft' }, readOnly),
          ),
          h(
            'section',
            { class: 'card', 'aria-labelledby': 'about' },
            h('h2', { id: 'about' }, 'About'),
            facts([
              ['Alert', h('code', {}, textOf(field('wardline.alert.id')))],
              ['Status', textOf(field('wardline.alert.status'))],
              ['Risk', textOf(field('event.risk_score'))],
              ['Opened', time(field('wardline.alert.opened'))],
              ['Events', number(field('wardline.alert.total'))],
              ['First', time(field('event.start'))],
              ['Last', time(field('event.end'))],
              ...Object.entries(field('wardline.alert.group') ?? {}).map(([name, value]) => [name, textOf(value)]),
            ]),
          ),
          h(
            'section',
            { class: 'card', 'aria-labelledby': 'rule' },
            h('h2', { id: 'rule' }, 'Rule'),
            h('p', {}, textOf(field('rule.description') ?? field('rule.name'))),
            facts([
              ['Id', h('code', {}, textOf(field('rule.id')))],
              ['Kind', textOf(field('rule.category'))],
              ['Tactics', list('threat.tactic.name')],
              ['Techniques', list('threat.technique.name') ?? list('threat.technique.id')],
              ['Controls', list('wardline.alert.controls')],
              ['Logic', h('code', {}, textOf(field('wardline.alert.rule_digest')).slice(0, 19))],
            ]),
          ),
        ),
      ),
    ],
  };
}

function whyCard(why) {
  const steps = at(why, 'wardline.alert.decision') ?? [];
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'why' },
    h('h2', { id: 'why' }, 'Why'),
    table(
      'Each condition with what was expected and what was found',
      [{ title: 'Condition' }, { title: 'Expected', class: 'text' }, { title: 'Found', class: 'text' }],
      steps.map((step) => [h('code', {}, textOf(step.condition)), textOf(step.expected), textOf(step.observed)]),
    ),
  );
}

function evidenceCard(newest) {
  const events = at(newest, 'wardline.alert.evidence') ?? [];
  const total = at(newest, 'wardline.alert.evidence_count') ?? events.length;
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'evidence' },
    h('h2', { id: 'evidence' }, 'Evidence'),
    table(
      total > events.length ? `The first and last of ${number(total)} events` : `${number(events.length)} events`,
      [{ title: 'What it says' }, { title: 'Time', class: 'time' }, { title: 'Where it lies', class: 'text' }],
      events.map((event) => [
        textOf(event.summary ?? event.rule),
        time(event.time),
        h('code', {}, `${textOf(event.source)}/${event.partition}/${event.offset}`),
      ]),
    ),
  );
}

function historyCard(documents, pending) {
  const line = (document) => {
    const stage = textOf(at(document, 'wardline.alert.stage'));
    const acted = at(document, 'wardline.alert.action') !== undefined && (stage === 'action' || stage === 'closed');
    return h(
      'li',
      {},
      time(document['@timestamp']),
      '  ',
      acted ? textOf(at(document, 'event.reason')) : `${stage}, ${number(at(document, 'wardline.alert.total'))} events`,
    );
  };
  return h(
    'section',
    { class: 'card', 'aria-labelledby': 'history' },
    h('h2', { id: 'history' }, 'History'),
    h(
      'ol',
      { class: 'history' },
      documents.map(line),
      pending.map(({ at: when, kind, actor, comment }) =>
        h(
          'li',
          {},
          time(when),
          '  ',
          `${kind} by ${actor}${comment === undefined ? '' : `: ${comment}`} (recorded, taken up within seconds)`,
        ),
      ),
    ),
  );
}

function documentCard(newest) {
  return h(
    'details',
    { class: 'card' },
    h('summary', {}, 'The whole document'),
    h('pre', { tabindex: 0 }, JSON.stringify(newest, null, 2)),
  );
}
