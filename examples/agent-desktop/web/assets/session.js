/** Signing in and out, and following the feed while somebody is signed in. */
import { api, NoAnswer, Problem, whenSessionLost } from './api.js';
import { forgetChats, loadChats, receiveChat } from './chats.js';
import { now, observe } from './clock.js';
import { Feed } from './feed.js';
import { tellAnswers } from './handing.js';
import { nameOf } from './names.js';
import { hurry, loadOutbox } from './outbox.js';
import { forgetMarks, loadContacts, loadDetail, loadPage, refresh, rereadShown } from './people.js';
import { readRoute } from './route.js';
import { store } from './store.js';
import { desk } from './strings.js';
import { loadTeam, looksAtTeam } from './team.js';
import { letGo, report, sayDone, showInteraction } from './work.js';

/** Pause before a page that found no server asks again, milliseconds. */
const RETRY_MS = 1_500;

/** @type {Feed | null} */
let feed = null;
let connections = 0;

/** Of a new connection the server knows nothing, which is the same as nobody and no team. */
const NOTHING = 'null false';

/** What the server was told that is looked at: a contact, the team. */
let watched = NOTHING;

/** Opens the desk: with a sign-in link, with the session of this browser, or with the sign-in page. */
export async function start() {
  whenSessionLost(() => { if (store.session === 'in') leave(desk.sessionLost); });
  store.subscribe(['session', 'view', 'interactions'], watch);
  const link = new URLSearchParams(location.search).get('link');
  if (link !== null) {
    // The link works once: it must not stay in the address or the history.
    history.replaceState(null, '', location.pathname + location.hash);
    const refusal = await signIn({ link });
    if (refusal === null) return;
    // A used link still leads to the desk of a browser that is signed in.
    await resume(refusal === desk.signIn.badToken ? desk.signIn.badLink : refusal);
  } else {
    await resume(null);
  }
}

/** Goes on with the session of this browser. @param {string | null} otherwise what to say when there is none */
async function resume(otherwise) {
  try {
    const sent = Date.now();
    const me = await api.me();
    observe(me.now, sent);
    enter(me);
  } catch (error) {
    if (error instanceof NoAnswer) {
      store.notice(desk.noAnswer, 'error');
      window.setTimeout(() => resume(otherwise), RETRY_MS);
    } else {
      store.reset('out');
      if (otherwise !== null) store.notice(otherwise, 'error');
    }
  }
}

/**
 * @param {{token?: string, link?: string, agent?: string}} credentials
 * @returns {Promise<string | null>} why not, in words
 */
export async function signIn(credentials) {
  try {
    const sent = Date.now();
    const me = await api.signIn(credentials);
    observe(me.now, sent);
    enter(me);
    return null;
  } catch (error) {
    if (error instanceof Problem) return error.status === 401 || error.status === 403 ? desk.signIn.badToken : desk.problem(error);
    if (error instanceof NoAnswer) return desk.later(error.status);
    throw error;
  }
}

export async function signOut() {
  try {
    await api.signOut();
    leave();
  } catch (error) {
    report(error);
  }
}

/** @param {import('./types.js').Me} me */
function enter(me) {
  store.reset('in');
  store.setMe(me);
  forgetMarks();
  readRoute();
  loadOutbox();
  connections = 0;
  watched = NOTHING;
  forgetChats();
  void learnWhetherDemo();
  feed?.close();
  feed = new Feed({
    event: receive,
    state: (state) => store.setFeed(state),
    expired: resync,
    signedOut: () => leave(desk.sessionLost),
  });
  feed.open();
}

/** What happens outside is only played in the demonstration, and the desk says so. */
async function learnWhetherDemo() {
  try {
    store.demo = (await api.sessionOptions()).demo;
    store.changed('session');
  } catch (error) {
    // Nothing depends on it but a remark.
    if (!(error instanceof Problem || error instanceof NoAnswer)) throw error;
  }
}

/** @param {string} [why] */
function leave(why) {
  feed?.close();
  feed = null;
  store.reset('out');
  if (why !== undefined) store.notice(why, 'error');
}

/** Reads the agent's work as a whole: pending colours and connections are not part of the journal. */
async function readWork() {
  const asked = store.revision;
  const of = feed;
  try {
    const work = await api.myInteractions();
    if (feed === of) {
      store.replaceWork(work, asked);
      void readAddressed();
    }
  } catch (error) {
    if (error instanceof NoAnswer && feed === of && feed !== null) window.setTimeout(readWork, RETRY_MS);
    else report(error);
  }
}

/** After a reload the address may name a colleague's interaction. It is shown if it may be read. */
async function readAddressed() {
  const id = store.view.interaction;
  if (id === null || connections > 1 || store.interactions.has(id)) return;
  try {
    store.putInteraction(await api.interaction(id));
  } catch (error) {
    // Not for this agent, or not any more: the page says that nothing is open.
    if (error instanceof NoAnswer) report(error);
  }
}

/** The feed could not be resumed: whatever is known may have gaps. */
function resync() {
  for (const conversation of store.conversations.values()) conversation.windows.clear();
  store.details.clear();
  void readWork();
  if (store.list.loaded) void loadContacts();
  if (looksAtTeam()) void loadTeam();
  void loadChats();
  readScreen((contact, window) => loadPage(contact, window, 'newest'));
  store.changed('messages', 'view');
}

/**
 * Reads again what is on the screen.
 * @param {(contact: string, window: import('./conversations.js').Window) => Promise<void>} read
 */
function readScreen(read) {
  const { contact, filter } = store.view;
  if (contact !== null) {
    void read(contact, store.conversation(contact).window(filter, ''));
    void loadDetail(contact);
  }
  const shown = store.shown();
  if (shown !== undefined) void read(shown.contact.id, store.conversation(shown.contact.id).window('', ''));
  const others = store.shownOfOthers();
  if (others !== undefined) void rereadShown(others);
}

/** Tells the server what is on the screen that is not of the agent's own work, a contact or the team: the feed then has that too. */
async function watch() {
  if (store.session !== 'in') return;
  const { tab, contact } = store.view;
  const shown = tab === 'communication' ? contact : store.shownOfOthers()?.contact.id ?? null;
  const team = looksAtTeam();
  const looked = `${shown} ${team}`;
  if (looked === watched) return;
  watched = looked;
  try {
    await api.watch(store.supervises ? { contact: shown, team } : { contact: shown });
  } catch {
    // Said again with the next connection.
  }
  // Only now: what changes between a look and this would not be heard of.
  if (team && looksAtTeam()) void loadTeam();
}

/** Of a colleague's interaction only the messages arrive; its notices say that it changed. @param {import('./types.js').Message} message */
function receiveMessage(message) {
  store.putMessage(message);
  const shown = store.shownOfOthers();
  if (shown !== undefined && message.content.notice?.lifecycle?.interaction === shown.id) void rereadShown(shown);
}

/** @param {string} type @param {any} data one event of the feed */
function receive(type, data) {
  switch (type) {
    case 'hello':
      connections += 1;
      observe(data.me.now);
      store.setMe(data.me);
      void readWork();
      watched = NOTHING;
      void watch();
      void loadChats();
      if (connections > 1) readScreen(refresh);
      if (store.list.failed) void loadContacts();
      hurry();
      break;
    case 'interaction': return receiveInteraction(data);
    case 'interaction_gone': return receiveGone(data);
    case 'offer': return store.putOffer(data);
    case 'offer_gone': return receiveOfferGone(data);
    case 'consult': return receiveChat(data);
    case 'team': return void loadTeam();
    case 'request': return store.putRequest(data);
    case 'request_gone': return receiveRequestGone(data);
    case 'message': return receiveMessage(data);
    case 'delivery': return store.setDelivery(data);
    case 'contact': return store.putContact(data);
    case 'me': return store.setMe(data);
    case 'alert': return store.putAlert(data);
    case 'pending': return store.setPending(data.interaction, data.pending);
    case 'typing': return store.setTyping(data.thread, data.contact, data.on ? typingUntil(data.until) : 0);
    case 'connection': return store.setConnection(data.thread, data.connection);
    case 'resync': return resync();
    // A newer server may have more to say; what this desk does not know, it does not need.
    default:
  }
}

/** @param {string | null | undefined} until @returns {number} */
function typingUntil(until) {
  return until ? Date.parse(until) : now() + (store.me?.timing.typing_ttl_ms ?? 10_000);
}

/** @param {import('./types.js').Interaction} interaction */
function receiveInteraction(interaction) {
  const before = store.interactions.get(interaction.id);
  const asked = [...store.offers.values(), ...store.requests.values()];
  const offered = asked.some((offer) => offer.interaction.id === interaction.id);
  const wasMine = before !== undefined && store.mine(before);
  letGo.delete(interaction.id);
  store.putInteraction(interaction);
  tellAnswers(before, interaction);
  // Accepted for the agent by a rule: there was no pop-up to open it from. What they are busy with stays on the screen.
  const free = store.view.tab === 'interactions' && store.shown() === undefined;
  if (free && !wasMine && !offered && interaction.state === 'active' && store.mine(interaction)) showInteraction(interaction.id);
}

/** @param {{id: string, reason: string}} gone */
function receiveGone(gone) {
  const known = store.removeInteraction(gone.id);
  if (known === undefined || !store.mine(known) || letGo.has(gone.id)) return;
  if (gone.reason === 'done') sayDone(known);
  else if (known.transfer && known.owner === store.me?.agent) store.notice(desk.handOver.taken(known.transfer.to, nameOf(known)));
  else if (!store.takesPart(known)) store.notice(desk.consult.over(nameOf(known)));
  else store.notice(desk.interaction.gone(nameOf(known)));
}

/** @param {{kind: import('./types.js').Request["kind"], id: string, reason: string}} gone */
function receiveRequestGone(gone) {
  const known = store.removeRequest(`${gone.kind} ${gone.id}`);
  if (known === undefined || gone.reason === 'accepted' || gone.reason === 'declined') return;
  store.notice(desk.request.gone(nameOf(known.interaction), gone.reason));
}

/** @param {{id: string, interaction: string, reason: string, by?: string}} gone */
function receiveOfferGone(gone) {
  const known = store.removeOffer(gone.id);
  if (known === undefined || gone.reason === 'accepted' || gone.reason === 'declined') return;
  store.notice(desk.offer.goneOf(nameOf(known.interaction), desk.offer.gone(gone.reason, gone.by)));
}
