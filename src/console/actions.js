import { post } from './api.js';
import { at, h, say } from './dom.js';

const DISPOSITIONS = ['', 'true_positive', 'false_positive', 'benign'];

/** What an operator can do to an alert. A close and a judgement say why: the words go into the evidence before they count. */
export function actions({ id, newest, me, again }) {
  if (me.role === 'viewer') return h('p', { class: 'soft' }, 'Your token may look, not act.');
  const workflow = at(newest, 'wardline.alert.workflow') ?? 'new';
  const closed = at(newest, 'wardline.alert.closed_by') !== undefined;
  const wrong = h('p', { class: 'wrong', role: 'alert' });
  const reason = h('textarea', { name: 'reason', maxlength: 4000, 'aria-describedby': 'why-needed' });
  const judged = h(
    'select',
    { name: 'disposition' },
    DISPOSITIONS.map((value) => h('option', { value }, value === '' ? 'not judged' : value.replaceAll('_', ' '))),
  );
  const act = async (kind) => {
    wrong.textContent = '';
    const comment = reason.value.trim();
    if (kind !== 'acknowledge' && comment === '') {
      wrong.textContent = 'Say why.';
      reason.focus();
      return;
    }
    if (kind === 'disposition' && judged.value === '') {
      wrong.textContent = 'Choose a judgement.';
      judged.focus();
      return;
    }
    const disposition = kind === 'close' || kind === 'disposition' ? judged.value : '';
    try {
      await post(`/api/alerts/${encodeURIComponent(id)}/actions`, {
        kind,
        ...(comment === '' ? {} : { comment }),
        ...(disposition === '' ? {} : { disposition }),
      });
      say('Recorded.');
      await again();
    } catch (error) {
      wrong.textContent = error.message;
    }
  };
  const button = (kind, text, main, disabled) =>
    h('button', { type: 'button', class: main ? 'main' : undefined, disabled, onclick: () => void act(kind) }, text);
  return h(
    'form',
    { onsubmit: (event) => event.preventDefault() },
    h('label', {}, 'Reason', reason),
    h('p', { id: 'why-needed', class: 'soft' }, 'Kept with the action and in the evidence; needed for all but acknowledging.'),
    h('label', {}, 'Judgement', judged),
    wrong,
    h(
      'div',
      { class: 'buttons' },
      button('acknowledge', 'Acknowledge', workflow === 'new', workflow !== 'new' || closed),
      button('close', 'Close', workflow === 'acknowledged', closed),
      button('disposition', 'Judge', false, false),
      button('comment', 'Comment', false, false),
    ),
  );
}
