/** What supervisors do: look at the team, find out why work waits, take it, watch over the work of others and help in it. */
import { api, Problem } from './api.js';
import { post } from './outbox.js';
import { store } from './store.js';
import { letGo, report, showInteraction, showTab } from './work.js';

/** @typedef {import('./types.js').Interaction} Interaction */

/** A busy desk changes all the time; between two looks at it there is a pause, milliseconds. */
const REST_MS = 500;

let reading = false;
let stale = false;

/** Whether the team is on the screen. @returns {boolean} */
export const looksAtTeam = () => store.supervises && store.view.tab === 'team' && store.view.panel === 'now';

/** Reads who is there and what waits, and again why, for whatever somebody wants to know that of. */
export async function loadTeam() {
  if (reading) {
    stale = true;
    return;
  }
  reading = true;
  const agent = store.me?.agent;
  try {
    const team = await api.team();
    const waits = new Set(team.queues.flatMap(({ work }) => work.map(({ interaction }) => interaction.id)));
    for (const id of Array.from(store.explanations.keys())) {
      if (waits.has(id)) await readExplanation(id);
      else store.explanations.delete(id);
    }
    // Somebody else may have signed in meanwhile.
    if (store.me?.agent === agent) store.team = team;
  } catch (error) {
    report(error);
  }
  store.changed('team');
  window.setTimeout(rested, REST_MS);
}

function rested() {
  reading = false;
  const again = stale && looksAtTeam();
  stale = false;
  if (again) void loadTeam();
}

/** @param {string} id */
async function readExplanation(id) {
  try {
    const explanation = await api.explain(id);
    if (store.explanations.has(id)) store.explanations.set(id, explanation);
  } catch (error) {
    // It has just been taken: there is nothing to explain any more.
    if (!(error instanceof Problem) || error.status !== 404) throw error;
    store.explanations.delete(id);
  }
}

/** Says why work waits, or no longer. @param {string} id */
export async function explain(id) {
  if (store.explanations.has(id)) {
    store.explanations.delete(id);
  } else {
    try {
      store.explanations.set(id, await api.explain(id));
    } catch (error) {
      report(error);
    }
  }
  store.changed('team');
}

/** Takes waiting work. @param {string} id */
export async function take(id) {
  try {
    const { interaction } = await api.pull(id);
    store.putInteraction(interaction);
    showInteraction(id);
  } catch (error) {
    report(error);
    void loadTeam();
  }
}

/** Shows the work of a colleague for reading. @param {Interaction} interaction */
export function look(interaction) {
  store.putInteraction(interaction);
  showInteraction(interaction.id);
}

/** @param {string} id @param {import('./types.js').Supervision | null} mode `null` leaves it alone */
export async function supervise(id, mode) {
  if (mode === null) letGo.add(id);
  try {
    const { interaction } = await api.supervise(id, mode);
    if (mode !== null) {
      store.putInteraction(interaction);
      return;
    }
    store.removeInteraction(id);
    showTab('team');
    // The button is gone; whoever works by keyboard goes on from the beginning of the view.
    document.getElementById('main')?.focus();
  } catch (error) {
    letGo.delete(id);
    report(error);
  }
}

/** Tells the agents something that the contact never sees. @param {Interaction} interaction @param {string} text */
export function whisper(interaction, text) {
  post({ what: 'whisper', contact: interaction.contact.id, interaction: interaction.id, channel: interaction.channel, text, draft: `whisper.${interaction.id}` });
}

/** Counts questions for the figures, so that an old answer is not taken for the newest. */
let question = 0;

export async function loadFigures() {
  const asked = ++question;
  const agent = store.me?.agent;
  try {
    const figures = await api.figures();
    if (asked === question && store.me?.agent === agent) store.figures = figures;
  } catch (error) {
    report(error);
  }
  store.changed('figures');
}
