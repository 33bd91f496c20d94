/** What agents do together: hand over, ask for advice, invite; and what they answer when a colleague asks. */
import { api, Problem } from './api.js';
import { nameOf } from './names.js';
import { post } from './outbox.js';
import { store } from './store.js';
import { desk } from './strings.js';
import { answering, letGo, report, showInteraction } from './work.js';

/** @typedef {import('./types.js').Interaction} Interaction */
/** @typedef {import('./types.js').Request} Request */

/** Codes of an answer that came too late. */
const GONE = new Set(['transfer_gone', 'consult_gone', 'invitation_gone', 'not_invited', 'not_found', 'session_ended']);

/** @param {Request} request @returns {string} names it among everything that is asked */
export const keyOf = (request) => `${request.kind} ${request.id}`;

/** @param {Request} request */
export async function acceptRequest(request) {
  await answer(request, async () => {
    const { interaction } = await yes(request);
    store.putInteraction(interaction);
    showInteraction(interaction.id);
  });
}

/** @param {Request} request */
export async function declineRequest(request) {
  await answer(request, () => no(request));
}

/** @param {Request} request @returns {Promise<{interaction: Interaction}>} */
function yes(request) {
  switch (request.kind) {
    case 'transfer': return api.acceptTransfer(request.id);
    case 'conference': return api.acceptInvitation(request.interaction.id);
    case 'consult': return api.joinConsult(request.interaction.id, request.id);
  }
}

/** @param {Request} request @returns {Promise<void>} */
function no(request) {
  switch (request.kind) {
    case 'transfer': return api.declineTransfer(request.id);
    case 'conference': return api.declineInvitation(request.interaction.id);
    case 'consult': return api.endConsult(request.interaction.id, request.id);
  }
}

/** @param {Request} request @param {() => Promise<void>} call */
async function answer(request, call) {
  const key = keyOf(request);
  if (answering.has(key)) return;
  answering.add(key);
  store.changed('offers');
  try {
    await call();
    store.removeRequest(key);
  } catch (error) {
    if (error instanceof Problem && GONE.has(error.code)) {
      store.removeRequest(key);
      store.notice(desk.request.goneOf(nameOf(request.interaction)), 'error');
    } else {
      report(error);
    }
  }
  answering.delete(key);
  store.changed('offers');
}

/** What this agent took back: its going needs no explanation. @type {Set<string>} */
export const takenBack = new Set();

/** Takes an answer about an interaction that may have gone to somebody else with it. @param {Interaction} interaction */
function take(interaction) {
  if (interaction.state !== 'done' && (store.mine(interaction) || interaction.state === 'ended')) {
    store.putInteraction(interaction);
    return;
  }
  letGo.add(interaction.id);
  store.removeInteraction(interaction.id);
}

/**
 * @param {Interaction} interaction
 * @param {{agent: string} | {queue: string}} to
 * @param {string} note for agents only; may be empty
 */
export async function transfer(interaction, to, note) {
  // A queue has it at once, and the feed may say so before the answer comes.
  if ('queue' in to) letGo.add(interaction.id);
  try {
    take((await api.transfer(interaction.id, to, note.trim() === '' ? null : note)).interaction);
  } catch (error) {
    letGo.delete(interaction.id);
    throw error;
  }
  store.notice('agent' in to ? desk.handOver.asked(to.agent) : desk.handOver.queued(nameOf(interaction), to.queue));
}

/** @param {Interaction} interaction @param {string} agent @param {boolean} byVoice */
export async function consult(interaction, agent, byVoice) {
  take((await api.consult(interaction.id, byVoice ? { voice: { agent } } : { agent })).interaction);
  store.notice(byVoice ? desk.handOver.called(agent) : desk.handOver.consulted(agent));
}

/** @param {Interaction} interaction @param {string} agent */
export async function invite(interaction, agent) {
  take((await api.invite(interaction.id, agent)).interaction);
  store.notice(desk.handOver.invited(agent));
}

/** @param {Interaction} interaction */
export async function keepAfterAll(interaction) {
  const pending = interaction.transfer;
  if (!pending) return;
  await quietly(pending.id, () => api.cancelTransfer(pending.id));
}

/** @param {Interaction} interaction @param {string} consultId */
export async function endConsult(interaction, consultId) {
  await quietly(consultId, () => api.endConsult(interaction.id, consultId));
}

/** The colleague who was asked has it from now on. @param {Interaction} interaction @param {import('./types.js').Consult} advice */
export async function completeConsult(interaction, advice) {
  letGo.add(interaction.id);
  await quietly(advice.id, async () => {
    take((await api.completeConsult(interaction.id, advice.id)).interaction);
    store.notice(desk.handOver.taken(advice.agent ?? '', nameOf(interaction)));
  });
}

/** Takes a member out, or an invitation back. @param {Interaction} interaction @param {string} agent */
export async function removeMember(interaction, agent) {
  await quietly(`${interaction.id} ${agent}`, async () => take((await api.removeMember(interaction.id, agent)).interaction));
}

/** @param {Interaction} interaction */
export async function leaveConference(interaction) {
  try {
    letGo.add(interaction.id);
    await api.leaveConference(interaction.id);
    store.removeInteraction(interaction.id);
  } catch (error) {
    letGo.delete(interaction.id);
    report(error);
  }
}

/** @param {string} what @param {() => Promise<void>} call */
async function quietly(what, call) {
  takenBack.add(what);
  try {
    await call();
  } catch (error) {
    takenBack.delete(what);
    report(error);
  }
}

/** @param {Interaction} interaction @param {string} consultId @param {string} text */
export function writeInConsult(interaction, consultId, text) {
  post({
    what: 'consult', contact: interaction.contact.id, interaction: interaction.id, channel: interaction.channel, consult: consultId, text,
    draft: `consult.${consultId}`,
  });
}

/**
 * Says what became of what this agent asked: an answer is not lost in a list that has grown shorter.
 * @param {Interaction | undefined} before
 * @param {Interaction} after
 */
export function tellAnswers(before, after) {
  const me = store.me?.agent;
  if (before === undefined || before.state !== 'active' || after.state !== 'active') return;
  const tell = (/** @type {string} */ what, /** @type {string} */ text) => { if (!takenBack.delete(what)) store.notice(text); };
  if (before.transfer?.by === me && !after.transfer && after.owner === before.owner) {
    tell(before.transfer.id, desk.handOver.notTaken(before.transfer.to));
  }
  for (const invitation of before.invitations ?? []) {
    const waits = (after.invitations ?? []).some(({ agent }) => agent === invitation.agent);
    if (invitation.by === me && !waits && !after.members.includes(invitation.agent)) {
      tell(`${after.id} ${invitation.agent}`, desk.handOver.notJoined(invitation.agent));
    }
  }
  for (const known of before.consults ?? []) {
    const now = (after.consults ?? []).find(({ id }) => id === known.id);
    const concerns = known.by === me || known.agent === me;
    const other = known.by === me ? known.agent ?? '' : known.by;
    if (concerns && now === undefined) tell(known.id, known.joined ? desk.handOver.consultOver(other) : desk.handOver.notAdvised(other));
  }
}
