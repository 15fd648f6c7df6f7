// The sidebar's page: draws what the extension says, and says what the user does. Runs in the webview.
import type { FromPage, Shown, ToPage } from './messages';

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void; getState(): { text?: string } | undefined; setState(state: { text: string }): void };

const api = acquireVsCodeApi();
let shown: Shown = { problem: '', starting: true, chips: [], jobs: [], proposals: [], history: [] };
let refine: { key: string; number: string } | undefined;
let sent = '';
let back = 0;

type Child = Node | string | undefined | false;

function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, options: Record<string, string>, ...children: Child[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) element.setAttribute(name, value);
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}

function button(label: string, key: string, act: () => void, options: Record<string, string> = {}): HTMLButtonElement {
  const element = make('button', { 'data-key': key, type: 'button', ...options }, label);
  element.addEventListener('click', () => {
    element.setAttribute('aria-busy', 'true');
    setTimeout(() => element.removeAttribute('aria-busy'), 1500);
    act();
  });
  return element;
}

const input = make('textarea', { id: 'input', rows: '3', 'aria-label': 'Describe a change' });
const mode = make('div', { id: 'mode' });
const chips = make('div', { id: 'chips', role: 'list', 'aria-label': 'What AID looks at' });
const jobs = make('section', { id: 'jobs', 'aria-live': 'polite', 'aria-label': 'What runs' });
const proposals = make('section', { id: 'proposals', 'aria-label': 'Proposals' });
const problem = make('section', { id: 'problem', role: 'alert' });
const compose = make('section', { id: 'compose' }, mode, chips, input, make('div', { class: 'row', id: 'sending' }));
document.getElementById('page')?.append(problem, compose, jobs, proposals);
input.value = api.getState()?.text ?? '';

function send(ask: boolean): void {
  const text = input.value.trim();
  if (!text) return void input.focus();
  api.postMessage({ do: 'send', text, ask, refine: refine?.key });
  sent = text;
  back = 0;
  refine = undefined;
  write('');
  draw();
}

function write(text: string): void {
  input.value = text;
  api.setState({ text });
}

input.addEventListener('input', () => { api.setState({ text: input.value }); back = 0; });
input.addEventListener('keydown', (event) => {
  if (event.isComposing) return;
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    send(event.ctrlKey || event.metaKey);
  } else if (event.key === 'Escape' && refine) {
    refine = undefined;
    draw();
  } else if (event.key === 'ArrowUp' && !input.value.slice(0, input.selectionStart).includes('\n')) recall(event, back + 1);
  else if (event.key === 'ArrowDown' && back && !input.value.slice(input.selectionEnd).includes('\n')) recall(event, back - 1);
});

function recall(event: Event, steps: number): void {
  if (steps > shown.history.length) return;
  event.preventDefault();
  write(steps ? shown.history[shown.history.length - steps] ?? '' : '');
  back = steps;
}

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  if ('shown' in data) {
    shown = data.shown;
    sent = '';
  } else if ('failed' in data) {
    write(sent || input.value);
    sent = '';
  } else {
    refine = data.refine;
    if (data.text !== undefined) write(data.text);
    input.focus();
  }
  draw();
});

function draw(): void {
  const focused = document.activeElement?.getAttribute('data-key');
  compose.hidden = Boolean(shown.problem);
  problem.hidden = !shown.problem;
  document.getElementById('sending')?.replaceChildren(button('Send', 'send', () => send(false), { class: 'first', title: 'Enter' }),
    button('Ask', 'ask', () => send(true), { title: 'Ctrl+Enter: a question, answered on the Markdown page' }));
  problem.replaceChildren(...(shown.problem
    ? [make('p', {}, shown.problem), make('div', { class: 'row' }, button('Try again', 'retry', () => api.postMessage({ do: 'retry' }), { class: 'first' }),
        button('How to install', 'help', () => api.postMessage({ do: 'help' })), button('Settings', 'settings', () => api.postMessage({ do: 'settings' })))]
    : []));
  input.placeholder = refine ? 'What should be different?' : 'Describe a change, e.g. “add an optional argument ?scale to area”';
  mode.replaceChildren(...(refine ? [`Refining proposal ${refine.number} `, button('×', 'unrefine', () => { refine = undefined; draw(); input.focus(); }, { 'aria-label': 'Do not refine' })] : []));
  chips.replaceChildren(...shown.chips.map((chip) => make('span', { class: 'chip', role: 'listitem', title: chip.title }, chip.label,
    button('×', `chip ${chip.id}`, () => api.postMessage({ do: 'remove-chip', id: chip.id }), { 'aria-label': `Leave out ${chip.label}` }))));
  jobs.replaceChildren(...(sent ? [make('div', { class: 'job running' }, make('span', { class: 'spin' }), make('span', { class: 'grow' }, make('b', {}, sent), make('small', {}, 'sending')))] : []),
    ...shown.jobs.map(job));
  proposals.replaceChildren(...shown.proposals.map(proposal));
  if (!shown.proposals.length && !shown.jobs.length && !sent && !shown.problem) {
    proposals.append(make('p', { class: 'quiet' }, shown.starting ? 'Starting AID…' : 'Proposals show here, built and tested.'));
  }
  if (focused && !document.activeElement?.getAttribute('data-key')) document.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function job(one: Shown['jobs'][number]): HTMLElement {
  const running = one.state === 'running';
  return make('div', { class: `job ${one.state}`, 'data-job': one.id }, make('span', { class: running ? 'spin' : 'mark' }, running ? '' : '!'),
    make('span', { class: 'grow' }, make('b', {}, one.title.replace(/^AID: /, '')), make('small', {}, one.message || one.state)),
    running && one.cancellable && button('Cancel', `cancel ${one.id}`, () => api.postMessage({ do: 'cancel', id: one.id })),
    one.forcible && button('Accept anyway', `force ${one.id}`, () => api.postMessage({ do: 'force', id: one.id })));
}

function proposal(one: Shown['proposals'][number]): HTMLElement {
  const act = (label: string, what: 'review' | 'accept' | 'reject', options = {}) =>
    button(label, `${what} ${one.key}`, () => api.postMessage({ do: what, key: one.key }), options);
  return make('article', { class: one.reviewed ? 'proposal reviewed' : 'proposal', 'data-proposal': one.number, 'aria-label': `Proposal ${one.number}, ${one.state}` },
    make('header', {}, make('span', { class: `badge ${one.state}` }, one.state), make('small', { class: 'grow' }, one.headline.replace(/^\w+ /, '')), make('small', {}, `#${one.number}`)),
    make('p', {}, one.instruction), one.understood && one.understood !== one.instruction ? make('small', {}, one.understood) : undefined,
    make('ul', {}, ...one.files.map((file) => make('li', {}, make('span', { class: 'grow path', title: file.path }, file.path),
      make('span', { class: 'added' }, `+${file.added}`), make('span', { class: 'removed' }, `−${file.removed}`),
      one.files.length > 1 && button('Accept', `file ${one.key} ${file.path}`, () => api.postMessage({ do: 'accept-file', key: one.key, path: file.path }),
        { class: 'small', 'aria-label': `Accept ${file.path} only`, title: 'Accept this file only' })))),
    make('div', { class: 'row' }, act(one.files.length > 1 ? 'Accept all' : 'Accept', 'accept', one.state === 'green' ? { class: 'first' } : {}), act('Review', 'review'),
      button('Refine', `refine ${one.key}`, () => { refine = { key: one.key, number: one.number }; draw(); input.focus(); }), act('Reject', 'reject')));
}

draw();
api.postMessage({ do: 'ready' });
