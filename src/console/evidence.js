import { get } from './api.js';
import { badge, facts, h, number, table, textOf, tiles, time } from './dom.js';

/** The chain of evidence: where it stands, what it says of gaps, and how it is checked. */
export async function showEvidence() {
  const { ledger, signed, gaps, exceptions, canaries, form } = await get('/api/evidence');
  if (ledger === undefined)
    return {
      title: 'Evidence',
      content: [h('h1', {}, 'Evidence'), h('section', { class: 'card' }, h('p', {}, `The ${form} form keeps no ledger in this process.`))],
    };
  return {
    title: 'Evidence',
    content: [
      h(
        'div',
        { class: 'head' },
        h('h1', {}, 'Evidence'),
        signed ? badge('signing key is set', 'good') : badge('no signing key in the settings', 'medium'),
      ),
      tiles([
        ['Sealed entries', number(ledger.entries)],
        ['Gaps', number(gaps.length)],
        ['Exceptions in force', number(exceptions.length)],
        ['Reaches to', time(ledger.at)],
      ]),
      h(
        'section',
        { class: 'card', 'aria-labelledby': 'head' },
        h('h2', { id: 'head' }, 'Head of the chain'),
        facts([['Last entry', h('code', {}, textOf(ledger.head))]]),
        h(
          'p',
          { class: 'soft' },
          'Write it down elsewhere: who holds an older head can show that nothing before it was changed. ',
          h('code', {}, 'wardline evidence export'),
          ' seals the chain, ',
          h('code', {}, 'wardline evidence verify'),
          ' checks it offline.',
        ),
      ),
      h(
        'section',
        { class: 'card' },
        table(
          'Gaps since the start: records that should have come and did not',
          [
            { title: 'Source' },
            { title: 'Partition', class: 'n' },
            { title: 'From', class: 'n' },
            { title: 'To', class: 'n' },
            { title: 'Cause' },
            { title: 'Seen', class: 'time' },
          ],
          gaps.map((gap) => [gap.source, number(gap.partition), textOf(gap.from), textOf(gap.to), gap.cause, time(gap.at)]),
        ),
      ),
      h(
        'section',
        { class: 'card' },
        table(
          'Exceptions: governed decisions not to alert',
          [
            { title: 'Exception' },
            { title: 'Effect' },
            { title: 'Owner' },
            { title: 'Reason', class: 'text' },
            { title: 'Expires', class: 'time' },
          ],
          exceptions.map((one) => [one.id, one.effect, one.owner, one.reason, time(one.expires)]),
        ),
      ),
      h(
        'section',
        { class: 'card' },
        table(
          'Canaries: planted events that must raise an alert',
          [{ title: 'Canary' }, { title: 'Rule' }, { title: 'Planted', class: 'n' }, { title: 'Seen', class: 'n' }],
          canaries.map(({ id, rule, planted, seen }) => [
            id,
            h('code', {}, rule),
            number(planted),
            seen < planted ? badge(number(seen), 'critical') : number(seen),
          ]),
        ),
      ),
    ],
  };
}
