/** Telephones to type on: a person can text the desk with them. */

/** How often the telephones are looked at, milliseconds. */
const EVERY_MS = 700;

/** @typedef {{id: string, own: boolean, text: string, files: number, status: string, at: string}} Message */
/** @typedef {{number: string, name: string, messages: Message[]}} Phone */

const trouble = /** @type {HTMLElement} */ (document.getElementById('trouble'));
const phones = /** @type {HTMLElement} */ (document.getElementById('phones'));

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {Partial<HTMLElementTagNameMap[T]> & {role?: string}} [having] @param {(Node | string)[]} [inside] */
function make(tag, having = {}, inside = []) {
  const element = Object.assign(document.createElement(tag), having);
  element.append(...inside);
  return element;
}

/** @param {string} said */
function say(said) {
  trouble.textContent = said;
  trouble.hidden = said === '';
}

/** @param {File} file @returns {Promise<string>} its bytes in base64 */
async function inBase64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}

/** @param {Phone} phone */
function makePhone(phone) {
  const list = make('ol', { className: 'messages', tabIndex: 0 });
  list.setAttribute('role', 'log');
  list.setAttribute('aria-label', `Messages of ${phone.name}`);
  const box = make('textarea', { rows: 1, name: 'text', placeholder: 'Text message' });
  box.setAttribute('aria-label', `Text from ${phone.name}`);
  const files = make('input', { type: 'file', accept: 'image/png,image/jpeg,image/gif', multiple: true });
  const attach = make('label', { className: 'attach', title: 'Pictures' }, ['+', make('span', { className: 'visually-hidden' }, ['Pictures']), files]);
  files.addEventListener('change', () => attach.classList.toggle('filled', (files.files?.length ?? 0) > 0));
  const form = make('form', {}, [attach, box, make('button', { type: 'submit' }, ['Send'])]);
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const chosen = [...files.files ?? []];
    if (box.value.trim() === '' && chosen.length === 0) return;
    const pictures = await Promise.all(chosen.map(async (file) => ({ media_type: file.type, bytes: await inBase64(file) })));
    const body = JSON.stringify({ from: phone.number, text: box.value, files: pictures });
    try {
      const answer = await fetch('/phones/texts', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      say(answer.ok ? '' : 'The desk did not take the message.');
      if (answer.ok) form.reset();
      attach.classList.remove('filled');
    } catch {
      say('The desk is not there.');
    }
    void look();
  });
  const section = make('section', { className: 'phone' }, [
    make('header', {}, [make('h2', {}, [phone.name]), make('p', {}, [phone.number])]), list, form]);
  section.dataset.number = phone.number;
  section.setAttribute('aria-label', phone.name);
  phones.append(section);
  return section;
}

/** @param {Message} message */
function makeMessage(message) {
  const inside = message.text === '' ? [] : [document.createTextNode(message.text)];
  const files = message.files === 0 ? [] : [make('span', { className: 'files' }, [`${message.text === '' ? '' : ' '}${message.files === 1 ? 'A picture' : `${message.files} pictures`}`])];
  return make('li', { className: message.own ? 'own' : 'other' }, [...inside, ...files]);
}

/** @param {HTMLElement} section @param {Phone} phone */
function draw(section, { messages }) {
  // What did not reach the telephone is not on it.
  const here = messages.filter((message) => message.own || message.status === 'delivered' || message.status === 'read');
  const key = here.map((message) => message.id).join(' ');
  if (section.dataset.drawn === key) return;
  section.dataset.drawn = key;
  const list = /** @type {HTMLElement} */ (section.querySelector('.messages'));
  list.replaceChildren(...here.length === 0 ? [make('li', { className: 'none' }, ['No messages yet'])] : here.map(makeMessage));
  list.scrollTop = list.scrollHeight;
}

async function look() {
  try {
    const answer = await fetch('/phones/messages');
    if (!answer.ok) throw new Error(String(answer.status));
    /** @type {{phones: Phone[]}} */
    const { phones: known } = await answer.json();
    for (const phone of known) {
      const section = /** @type {HTMLElement | null} */ (phones.querySelector(`[data-number="${phone.number}"]`));
      draw(section ?? makePhone(phone), phone);
    }
    if (trouble.textContent === 'The desk is not there.') say('');
  } catch {
    say('The desk is not there.');
  }
}

await look();
window.setInterval(look, EVERY_MS);
