/** What the agent does with offers and interactions. */
import { api, NoAnswer, Problem } from './api.js';
import { observe } from './clock.js';
import { restoreDraft } from './drafts.js';
import { nameOf } from './names.js';
import { post } from './outbox.js';
import { store } from './store.js';
import { desk } from './strings.js';

/** Says to the agent what went wrong. @param {unknown} error */
export function report(error) {
  if (error instanceof NoAnswer) store.notice(desk.later(error.status), 'error');
  // A lost session has its own page.
  else if (error instanceof Problem) { if (error.status !== 401) store.notice(desk.problem(error), 'error'); }
  else throw error;
}

/** @param {string | null} interaction */
export function showInteraction(interaction) {
  store.setView({ tab: 'interactions', interaction });
}

/** @param {import('./store.js').Tab} tab */
export function showTab(tab) {
  store.setView({ tab });
}

/** @param {string} medium @param {boolean} ready @param {string | null} [reason] */
export async function setReadiness(medium, ready, reason = null) {
  try {
    const sent = Date.now();
    const me = await api.setReadiness(medium, ready, reason);
    observe(me.now, sent);
    store.setMe(me);
  } catch (error) {
    report(error);
  }
}

/** Offers whose answer is on its way. @type {Set<string>} */
export const answering = new Set();

/** @param {import('./types.js').Offer} offer */
export async function accept(offer) {
  await answer(offer, async () => {
    const { interaction } = await api.accept(offer.id);
    store.putInteraction(interaction);
    store.removeOffer(offer.id);
    showInteraction(interaction.id);
  });
}

/** @param {import('./types.js').Offer} offer */
export async function decline(offer) {
  await answer(offer, async () => {
    await api.decline(offer.id);
    store.removeOffer(offer.id);
  });
}

/** @param {import('./types.js').Offer} offer @param {() => Promise<void>} call */
async function answer(offer, call) {
  if (answering.has(offer.id)) return;
  answering.add(offer.id);
  store.changed('offers');
  try {
    await call();
  } catch (error) {
    if (error instanceof Problem && (error.code === 'offer_gone' || error.status === 404)) {
      store.removeOffer(offer.id);
      const words = desk.offer.gone(error.fields.reason, error.fields.by);
      store.notice(desk.offer.goneOf(nameOf(offer.interaction), words), 'error');
    } else {
      report(error);
    }
  }
  answering.delete(offer.id);
  store.changed('offers');
}

/**
 * @param {import('./types.js').Interaction} interaction
 * @param {string} text
 * @param {"transcript" | "conversation"} from which message field it was typed in
 * @param {{id: string, name: string}[]} [files] uploaded for it
 */
export function sendMessage(interaction, text, from, files = []) {
  post({
    what: 'message', contact: interaction.contact.id, interaction: interaction.id, channel: interaction.channel, text,
    files, draft: `${from}.${interaction.id}`,
  });
}

/** @param {import('./types.js').Interaction} interaction @param {string} text */
export function sendNote(interaction, text) {
  post({
    what: 'note', contact: interaction.contact.id, interaction: interaction.id, channel: interaction.channel, text,
    draft: `note.${interaction.id}`,
  });
}

/** Typing notices are worth nothing later, so a lost one is not repeated. @param {string} interaction @param {boolean} on */
export function sendTyping(interaction, on) {
  api.typing(interaction, on).catch(() => {});
}

/** @param {import('./types.js').Interaction} interaction */
export function sayDone(interaction) {
  store.notice(desk.interaction.isDone(nameOf(interaction)));
}

/** @param {string} id */
export async function end(id) {
  try {
    const { interaction } = await api.end(id);
    store.putInteraction(interaction);
  } catch (error) {
    report(error);
  }
}

/** Interactions that this agent closed, gave away or left here: their going needs no explanation. @type {Set<string>} */
export const letGo = new Set();

/**
 * @param {string} id
 * @returns {Promise<string | null>} the code of the refusal, `null` when it is Done
 */
export async function markDone(id) {
  try {
    letGo.add(id);
    const { interaction } = await api.done(id);
    store.putInteraction(interaction);
    sayDone(interaction);
    return null;
  } catch (error) {
    letGo.delete(id);
    report(error);
    return error instanceof Problem ? error.code : '';
  }
}

/** Puts an interaction aside, or takes it up again. @param {string} id @param {boolean} aside */
export async function park(id, aside) {
  try {
    const { interaction } = await api.park(id, aside);
    store.putInteraction(interaction);
    // Without room for it, it waits for its owner in the queue.
    if (interaction.state !== 'active') store.notice(desk.interaction.waitsForYou(nameOf(interaction)));
  } catch (error) {
    report(error);
  }
}

/** @param {string} id @param {string} code */
export async function setDisposition(id, code) {
  try {
    const { interaction } = await api.setDisposition(id, code);
    store.putInteraction(interaction);
  } catch (error) {
    report(error);
    store.changed('interactions');
  }
}

/** @param {string} interaction @param {{key: string, value: string | null}[]} changes */
export async function saveCase(interaction, changes) {
  try {
    for (const { key, value } of changes) store.putInteraction((await api.setCase(interaction, key, value)).interaction);
    store.notice(desk.case.saved);
  } catch (error) {
    report(error);
  }
}

/** Moves what was typed for an ended session to where writing continues it. @param {string} interaction @param {string} text */
export function continueDraft(interaction, text) {
  restoreDraft(`conversation.${interaction}`, text);
}
