import { showAlert } from './alert.js';
import { showAlerts } from './alerts.js';
import { get, Refused } from './api.js';
import { h, say } from './dom.js';
import { showEvidence } from './evidence.js';
import { showRules } from './rules.js';
import { forget, keep, token } from './session.js';
import { showSources } from './sources.js';

/** Pages by the first part of the address behind #; each gives its title and its elements. */
const PAGES = { alerts: showAlerts, alert: showAlert, rules: showRules, sources: showSources, evidence: showEvidence };
const main = document.getElementById('main');
const nav = document.querySelector('nav');
const who = document.querySelector('.who');
let me;
let turn = 0;

function place(title, content, focus) {
  document.title = title === '' ? 'Wardline' : `${title} · Wardline`;
  main.replaceChildren(...[content].flat());
  if (focus) main.focus();
}

function signedIn(caller) {
  me = caller;
  nav.hidden = who.hidden = caller === undefined;
  document.getElementById('who').textContent = caller === undefined ? '' : `${caller.name} (${caller.role})`;
}

function askForToken(message) {
  signedIn(undefined);
  const wrong = h('p', { class: 'wrong', role: 'alert', id: 'wrong' }, message ?? '');
  const input = h('input', {
    type: 'password',
    id: 'token',
    name: 'token',
    autocomplete: 'off',
    required: true,
    'aria-describedby': 'wrong how',
  });
  const form = h(
    'form',
    {
      async onsubmit(event) {
        event.preventDefault();
        keep(input.value.trim());
        try {
          signedIn(await get('/api/me'));
          await show(true);
        } catch (error) {
          forget();
          wrong.textContent = error.message;
          input.focus();
        }
      },
    },
    h('label', { for: 'token' }, 'Token'),
    input,
    wrong,
    h('button', { type: 'submit', class: 'main' }, 'Sign in'),
  );
  place(
    'Sign in',
    h(
      'section',
      { class: 'card sign-in' },
      h('h1', {}, 'Sign in'),
      h('p', { id: 'how', class: 'soft' }, 'A token is made with ', h('code', {}, 'wardline token add NAME --role operator'), '.'),
      form,
    ),
  );
  input.focus();
}

/** Shows the page of the address. `focus`: a person went there, so that is where reading goes on. */
async function show(focus) {
  const mine = ++turn;
  if (me === undefined) return;
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [page = '', ...rest] = path.split('/');
  const view = PAGES[page] ?? PAGES.alerts;
  for (const link of nav.querySelectorAll('a'))
    if (link.hash === `#/${page === 'alert' ? 'alerts' : page || 'alerts'}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  try {
    const { title, content } = await view({
      rest: rest.map(decodeURIComponent),
      query: new URLSearchParams(query),
      me,
      again: () => show(false),
    });
    // Somebody has gone on to another page meanwhile.
    if (mine === turn) place(title, content, focus);
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof Refused && error.status === 401) askForToken('The token is no longer valid.');
    else
      place(
        'Not shown',
        h('section', { class: 'card' }, h('h1', {}, 'This cannot be shown'), h('p', { role: 'alert' }, error.message)),
        focus,
      );
  }
}

document.getElementById('out').addEventListener('click', () => {
  forget();
  location.hash = '';
  askForToken();
  say('Signed out.');
});
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener('hashchange', () => void show(true));

if (token() === null) askForToken();
else
  get('/api/me').then(
    (caller) => {
      signedIn(caller);
      return show(false);
    },
    (error) => askForToken(error.message),
  );
