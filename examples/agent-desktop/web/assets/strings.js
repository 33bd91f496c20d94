/** Every English word that the desk and the chat widget show. */
import { now } from './clock.js';

const LOCALE = 'en-GB';
const clockTime = new Intl.DateTimeFormat(LOCALE, { hour: '2-digit', minute: '2-digit' });
const fullTime = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'full', timeStyle: 'medium' });
const longDay = new Intl.DateTimeFormat(LOCALE, { weekday: 'long', day: 'numeric', month: 'long' });
const longDayWithYear = new Intl.DateTimeFormat(LOCALE, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const shortDay = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short' });
const shortDayWithYear = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short', year: 'numeric' });

const DAY_MS = 86_400_000;

/** @param {number} moment @returns {number} the midnight that its local day began with */
const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);

/** @param {number} moment @returns {number} how many local days ago, 0 for today */
const daysAgo = (moment) => Math.round((midnight(now()) - midnight(moment)) / DAY_MS);

/** @param {number} moment */
const sameYear = (moment) => new Date(moment).getFullYear() === new Date(now()).getFullYear();

export const time = {
  /** @param {string} moment e.g. "14:05" */
  clock: (moment) => clockTime.format(Date.parse(moment)),
  /** @param {string} moment everything, for tooltips */
  full: (moment) => fullTime.format(Date.parse(moment)),
  /** @param {number} moment the heading of a day in a transcript */
  day: (moment) => {
    const ago = daysAgo(moment);
    if (ago === 0) return 'Today';
    if (ago === 1) return 'Yesterday';
    return (sameYear(moment) ? longDay : longDayWithYear).format(moment);
  },
  /** @param {string} moment as short as it can be, for lists */
  short: (moment) => {
    const at = Date.parse(moment);
    const ago = daysAgo(at);
    if (ago === 0) return clockTime.format(at);
    if (ago === 1) return 'Yesterday';
    return (sameYear(at) ? shortDay : shortDayWithYear).format(at);
  },
  /** @param {number} milliseconds with its unit, e.g. "42 s", "3 min 5 s", "2 h 10 min" */
  span: (milliseconds) => {
    const seconds = Math.round(milliseconds / 1000);
    if (seconds < 60) return `${milliseconds > 0 && seconds === 0 ? '< 1' : seconds} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
    return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  },
  /** @param {number} milliseconds e.g. "1:05" or "2:10:00" */
  elapsed: (milliseconds) => {
    const seconds = Math.floor(milliseconds / 1000);
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    const rest = String(seconds % 60).padStart(2, '0');
    return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
  },
};

/** @type {Record<string, string>} */
const KINDS = {
  web_chat: 'Web chat', sms: 'SMS', whatsapp: 'WhatsApp', messenger: 'Messenger', facebook_post: 'Facebook post',
  twitter_direct: 'Twitter direct message', twitter_post: 'Twitter post', email: 'E-mail', voice: 'Voice',
};

/** @type {Record<string, string>} */
const MEDIA = { chat: 'Chat', sms: 'SMS', whatsapp: 'WhatsApp', messenger: 'Messenger', facebook: 'Facebook', twitter: 'Twitter' };

/** @type {Record<string, string>} */
const CLASSES = { live: 'Live', messaging: 'Messaging', post: 'Posts' };

/** @type {Record<string, string>} */
const REASONS = {
  logged_in: 'just signed in', chosen: 'by choice', missed_offer: 'an offer was missed', after_work: 'after work',
  break: 'break', lunch: 'lunch', meeting: 'meeting', training: 'training',
};

/** @type {Record<string, string>} what the server refuses, in words */
const PROBLEMS = {
  agent_away: 'They are not signed in.',
  too_old_to_send: 'The message is too old to be sent again.',
  of_another_contact: 'This number belongs to another contact.',
  not_sms_capable: 'This number cannot receive texts, as far as is known.',
  denied: 'Your account may not do that.',
  not_plugged: 'This desk is not connected with a telephone or a mail program.',
  not_carried: 'The call did not come about.',
  not_taken: 'Nobody has it at the moment.',
  not_owner: 'Only whoever has the interaction can do that.',
  session_ended: 'The session is over.',
  self_transfer: 'You have it already.',
  self_consult: 'You cannot consult yourself.',
  transfer_pending: 'It is being handed over already. Take that back first.',
  transfer_gone: 'The hand-over is no longer open.',
  consult_gone: 'The consult is over.',
  consult_not_joined: 'They have not answered yet.',
  invitation_gone: 'The invitation is no longer open.',
  takes_part: 'They take part already.',
  too_many: 'There are too many already.',
  disposition_group: 'Choose one of the outcomes below it.',
  parked: 'It is parked. Take it up first.',
  case_read_only: 'The case information of this account can only be read.',
  case_too_large: 'The case information is too long.',
  already_offered: 'It is being offered to a colleague at the moment.',
  already_taken: 'A colleague has it.',
  not_a_member: 'You do not take part in this interaction.',
  not_on_channel: 'The contact was never in touch on that channel.',
  over_limit: 'The message is longer than the channel allows.',
  body_too_large: 'The message is too long to send.',
  field_too_long: 'The name or a detail is too long.',
  not_found: 'It is no longer there.',
  at_capacity: 'You have no room for this interaction now. Mark another one as Done first.',
  async_disabled: 'Continuing a chat after its end is switched off for your account.',
  interaction_done: 'The interaction is Done. Open a new one from Communication.',
  must_end_first: 'End the session before you mark it as Done.',
  disposition_required: 'Choose a disposition before you mark it as Done.',
  stale_version: 'Somebody else changed this contact meanwhile. Look at their changes, then save again.',
  feature_disabled: 'This view is switched off for your account.',
  must_open_interaction: 'In this environment, open an interaction to write to the contact.',
  id_reused: 'The server has another message under this id. Send it again.',
  bad_address: 'This is not a web address that can be sent.',
  emoji_not_allowed: 'Emoji are switched off for your account.',
  text_empty: 'There is nothing in the message.',
  text_too_long: 'The message is too long to send.',
};

/** @type {Record<string, string>} */
const OFFER_GONE = {
  expired: 'The offer expired.',
  withdrawn: 'The offer was withdrawn.',
  declined: 'You declined this offer.',
  taken: 'A colleague took it.',
};

/** @type {Record<string, string>} */
const CONNECTIONS = { connected: 'Connected', disconnected: 'Disconnected', left: 'Left', unknown: 'Connection unknown' };

/** @param {number} count @param {string} one @param {string} [many] */
const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {string} label a configured name such as `twitter-dm` */
const words = (label) => capital(label.replaceAll(/[_-]+/g, ' '));

/** Why a file is not taken. @param {string} reason */
const fileReason = (reason) => ({
  empty: 'there is nothing in it',
  too_large: 'it is too large',
  type_not_allowed: 'files of this type are not taken',
  type_mismatch: 'it is not what its name says',
  damaged: 'it is damaged',
  too_many_pixels: 'the picture is too large',
  too_many: 'there are too many files',
  no_room: 'there is no room for more files',
  unavailable: 'it could not be fetched',
}[reason] ?? 'it could not be uploaded');

/** What the desk and the widget say of files. */
const FILES = {
  /** @param {string} name */
  open: (name) => `Open ${name}`,
  /** @param {string} name */
  save: (name) => `Save ${name}`,
  /** @param {string} name */
  remove: (name) => `Remove ${name}`,
  close: 'Close',
  picture: 'Picture',
  failed: 'The picture cannot be shown.',
  attach: 'Attach files',
  uploading: 'uploading…',
  /** @param {string} reason */
  reasons: (reason) => fileReason(reason),
};

export const desk = {
  product: 'Parlor',
  title: 'Parlor desk',
  loading: 'Opening the desk…',
  skip: 'Skip to the conversation',
  unknownContact: 'Unknown contact',
  you: 'You',
  dismiss: 'Dismiss',
  close: 'Close',
  cancel: 'Cancel',
  save: 'Save',
  show: 'Show',
  tryAgain: 'Try again',
  noAnswer: 'The server does not answer. Try again in a moment.',
  tooMuch: 'That was too much at once. Try again in a moment.',
  /** @param {number} status of an answer that says "later"; 0 when there was none */
  later: (status) => (status === 429 ? desk.tooMuch : desk.noAnswer),
  sessionLost: 'Your session has ended. Sign in again.',
  /** @param {string} kind */
  kind: (kind) => KINDS[kind] ?? words(kind),
  /** @param {string} name a channel's configured name */
  channel: (name) => MEDIA[name] ?? words(name),
  /** @param {string} name an agent's configured name */
  agent: (name) => words(name),
  /** @param {string} medium */
  medium: (medium) => MEDIA[medium] ?? words(medium),
  /** @param {string} name a queue's configured name */
  queue: (name) => words(name),
  /** @param {string} mediaClass */
  mediaClass: (mediaClass) => CLASSES[mediaClass] ?? words(mediaClass),
  /** @param {string} connection */
  connection: (connection) => CONNECTIONS[connection] ?? CONNECTIONS.unknown,
  /** @param {{code: string, detail: string, fields: Record<string, any>}} problem */
  problem: (problem) => {
    if (problem.code === 'offer_gone') return desk.offer.gone(problem.fields.reason, problem.fields.by);
    if (problem.code === 'invalid_target') return desk.handOver.invalid(problem.fields.reason);
    return PROBLEMS[problem.code] ?? problem.detail;
  },

  signIn: {
    heading: 'Welcome to Parlor',
    lead: 'Sign in to take conversations.',
    choose: 'Choose who you are',
    demo: 'This is the demonstration: no password is needed.',
    or: 'or',
    token: 'Access token',
    tokenHint: 'Your administrator gives you one.',
    submit: 'Sign in',
    badToken: 'That token is not valid.',
    badLink: 'That sign-in link has been used or has expired.',
  },

  header: {
    interactions: 'Interactions',
    communication: 'Communication',
    team: 'Team',
    views: 'Views',
    /** @param {number} count */
    unseen: (count) => `${plural(count, 'unread message')} of colleagues`,
    readiness: 'Your status',
    load: 'Your load',
    signOut: 'Sign out',
    /** @param {string} medium @param {boolean} ready */
    status: (medium, ready) => `${medium}: ${ready ? 'Ready' : 'Not ready'}`,
    ready: 'Ready',
    notReady: 'Not ready',
    /** @param {string} medium */
    reasons: (medium) => `${medium}: choose a status`,
    /** @type {Record<string, string>} the codes that the menu offers */
    reasonChoices: { break: 'Break', lunch: 'Lunch', meeting: 'Meeting', training: 'Training' },
    /** @type {Record<string, string>} what a rule decided, and what to do about it */
    because: {
      after_work: 'A session has ended and is not Done yet: mark it as Done, or choose Ready.',
      missed_offer: 'You let an offer pass: choose Ready to be offered work again.',
    },
    /** @param {unknown} reason as the server gives it: a code, or an object around one */
    reason: (reason) => {
      if (reason === null || reason === undefined) return '';
      if (typeof reason === 'object') {
        const [[code, value]] = Object.entries(reason);
        return typeof value === 'string' ? desk.header.reason(value) : desk.header.reason(code);
      }
      return REASONS[String(reason)] ?? String(reason).replaceAll(/[_-]+/g, ' ');
    },
    /** @param {string} name @param {number} used @param {number} limit */
    loadOf: (name, used, limit) => `${name}: ${used} of ${limit}`,
    live: 'Connected',
    connecting: 'Connecting…',
    reconnecting: 'Reconnecting…',
    reconnectingBanner: 'The connection is interrupted. What you send is kept and goes out as soon as it is back.',
    /** @param {number} count */
    alerts: (count) => `${plural(count, 'new reply', 'new replies')}`,
  },

  offer: {
    region: 'Offers',
    heading: 'New interaction',
    accept: 'Accept',
    decline: 'Decline',
    /** @param {string} name @param {string} channel */
    announce: (name, channel) => `New interaction from ${name}, ${channel}. Accept or decline.`,
    remaining: 'Time left',
    isYours: 'It is being offered to you: accept it there.',
    isOthers: 'It is being offered to a colleague at the moment.',
    noText: 'Nothing has been written yet.',
    /** @param {string} reason @param {string} [by] */
    gone: (reason, by) => (reason === 'taken' && by ? `${words(by)} took it.` : (OFFER_GONE[reason] ?? 'The offer is no longer there.')),
    /** @param {string} name @param {string} words */
    goneOf: (name, words) => `${name}: ${words}`,
  },

  request: {
    /** @type {Record<string, string>} */
    yes: { transfer: 'Take over', conference: 'Join', consult: 'Advise', call: 'Answer' },
    /** @param {string} kind @param {string} by */
    heading: (kind, by) => ({ transfer: `${words(by)} hands over to you`, conference: `${words(by)} invites you to join`, consult: `${words(by)} asks for your advice`, call: `${words(by)} calls for your advice` }[kind] ?? words(by)),
    /** @param {string} kind @param {string} by @param {string} name */
    announce: (kind, by, name) => `${desk.request.heading(kind, by)}: ${name}. Accept or decline.`,
    /** @param {string} name */
    goneOf: (name) => `${name}: it is no longer asked.`,
    /** @param {string} name @param {string} reason */
    gone: (name, reason) => `${name}: ${{ expired: 'the time to answer is over.', cancelled: 'it was taken back.' }[reason] ?? 'it is no longer asked.'}`,
  },

  emoji: {
    open: 'Emoji',
    search: 'Search by name or feeling',
    views: 'Which emoji',
    recent: 'Recent',
    all: 'All',
    more: 'More emoji',
    noRecent: 'The emoji that you send stand here.',
    nothing: 'No emoji has that name.',
  },
  push: {
    open: 'Send link',
    title: 'Web address for',
    label: 'Web address',
    hint: 'The contact is asked to open it. Look at it before you send it.',
    leads: 'Leads to',
    leadsOpenly: 'Not encrypted. Leads to',
    look: 'Look at it',
    send: 'Send',
    sent: 'The address was sent.',
    earlier: 'Sent before',
    /** @type {Record<string, string>} */
    refused: {
      unreadable: 'This is not a web address.', not_web: 'Only https: and http: addresses can be sent.',
      credentials: 'An address with a user name or password in it cannot be sent.', too_long: 'The address is too long.',
    },
  },
  handOver: {
    open: 'Hand over',
    title: 'Hand over:',
    ways: 'What to do',
    /** @type {Record<string, string>} */
    way: { transfer: 'Transfer', consult: 'Consult', invite: 'Invite' },
    /** @type {Record<string, string>} */
    hint: {
      transfer: 'A colleague is asked first, and you keep it until they accept. A queue has it at once.',
      consult: 'Ask a colleague in a chat beside the conversation, or by telephone. The contact does not notice.',
      invite: 'A colleague joins you: the contact sees it, and both of you can write.',
    },
    colleagues: 'Colleagues',
    queues: 'Queues',
    note: 'Note for whoever takes it (agents only)',
    nobody: 'There is nobody else.',
    /** @param {number} room */
    room: (room) => (room === 0 ? 'no room' : `room for ${room}`),
    /** @param {string} obstacle */
    obstacle: (obstacle) => ({ signed_out: 'not signed in', no_room: 'no room for it', takes_part: 'takes part already' }[obstacle] ?? obstacle.replaceAll('_', ' ')),
    /** @param {number} waiting @param {number} ready */
    queueState: (waiting, ready) => `${waiting === 0 ? 'nobody is waiting' : `${waiting} waiting`} · ${ready === 0 ? 'nobody is Ready' : `${ready} Ready`}`,
    /** @param {string} reason */
    invalid: (reason) => ({
      unknown_agent: 'There is no such colleague.', unknown_queue: 'There is no such queue.', sees_no_content: 'They may not read conversations.',
      no_address: 'That is no number with its country code, such as +44 20 7946 0000.',
      not_enabled: 'They are not enabled for this channel.', not_on_file: 'That number or address is no longer on file.',
    }[reason] ?? 'That cannot be asked of them.'),
    /** @param {string} agent */
    asked: (agent) => `${words(agent)} is asked to take over. You keep it until then.`,
    /** @param {string} name @param {string} queue */
    queued: (name, queue) => `${name} is handed to the queue ${words(queue)}.`,
    /** @param {string} agent */
    call: (agent) => `Call ${words(agent)} for advice`,
    /** @param {string} agent */
    called: (agent) => `It rings at ${words(agent)}.`,
    /** @param {string} agent */
    consulted: (agent) => `${words(agent)} is asked for advice.`,
    /** @param {string} agent */
    invited: (agent) => `${words(agent)} is invited.`,
    /** @param {string} agent @param {string} name */
    taken: (agent, name) => `${agent === '' ? 'A colleague' : words(agent)} has taken over the interaction with ${name}.`,
    /** @param {string} agent */
    notTaken: (agent) => `${words(agent)} did not take over: it stays with you.`,
    /** @param {string} agent */
    notJoined: (agent) => `${words(agent)} did not join.`,
    /** @param {string} agent */
    notAdvised: (agent) => `${agent === '' ? 'Nobody' : words(agent)} did not answer.`,
    /** @param {string} agent */
    consultOver: (agent) => `The consult${agent === '' ? '' : ` with ${words(agent)}`} is over.`,
    /** @param {string} agent */
    pending: (agent) => `${words(agent)} is asked to take over. You keep it until they accept.`,
    takeBack: 'Take back',
    leave: 'Leave',
    leaveHint: 'Leave the conversation; it goes on without you',
    /** @param {string} agent */
    remove: (agent) => `Remove ${words(agent)}`,
    /** @param {string} agent */
    uninvite: (agent) => `Take back the invitation of ${words(agent)}`,
    /** @type {Record<string, string>} */
    part: { invited: 'invited', advises: 'advising', asked: 'asked for advice', monitor: 'watching', whisper: 'whispering', barge: 'joined in' },
  },

  consult: {
    tab: 'Consult',
    label: 'Consult with a colleague',
    which: 'Which consult',
    empty: 'Nothing has been written in this consult yet.',
    write: 'Write to your colleague…',
    waiting: 'Waiting for your colleague…',
    private: 'Only agents see this.',
    /** @param {string} name as shown */
    rings: (name) => `It rings at ${name}…`,
    /** @param {string} name as shown */
    onPhone: (name) => `You are on the telephone with ${name}.`,
    byPhone: 'You talk by telephone',
    spoken: 'What is said on the telephone is not written down.',
    complete: 'Complete transfer',
    drop: 'Drop',
    leave: 'Leave',
    takeBack: 'Take back',
    outside: 'Telephone',
    /** @param {string} name as shown */
    joined: (name) => `You are talking with ${name}.`,
    /** @param {string} name as shown */
    asked: (name) => `${name} is asked…`,
    /** @param {string} owner */
    advising: (owner) => `You advise ${words(owner)}. Write in the Consult tab; the contact does not see you.`,
    /** @param {string} owner */
    watching: (owner) => `${words(owner)} has this conversation. You watch it.`,
    /** @param {string} name */
    over: (name) => `Your part in the interaction with ${name} is over.`,
  },

  supervise: {
    label: 'How you are there',
    /** @type {Record<string, string>} */
    mode: { monitor: 'Watch', whisper: 'Whisper', barge: 'Join in' },
    /** @type {Record<string, string>} */
    hint: {
      monitor: 'Follow the conversation; the agent is told, the contact is not',
      whisper: 'Write to the agent; the contact does not see it',
      barge: 'Write to the contact, too',
    },
    leaveHint: 'Stop watching; the conversation goes on',
    addressee: 'To whom you write',
    write: 'For the agent only',
    /** @param {string} agents */
    only: (agents) => `Only ${agents}`,
    /** @param {string} agents */
    private: (agents) => `Only for ${agents}: the contact never sees this.`,
    /** @param {string} contact */
    open: (contact) => `${contact} sees what you write.`,
    /** @param {string} agents */
    whisperTo: (agents) => `Whisper to ${agents}…`,
    /** @param {string} mode @param {string} owner @param {string} contact */
    words: (mode, owner, contact) => ({
      monitor: `You watch the conversation of ${words(owner)}.`,
      whisper: `You whisper to ${words(owner)}. ${contact} does not see it.`,
      barge: `You have joined in. ${contact} sees what you write.`,
    }[mode] ?? ''),
  },

  team: {
    title: 'Team',
    panels: 'What to look at',
    /** @type {Record<string, string>} */
    panel: { now: 'Now', chats: 'Chats', figures: 'Figures' },
    people: 'People',
    waiting: 'Waiting',
    supervisor: 'Supervisor',
    away: 'Not signed in',
    nothing: 'No open interactions',
    parked: 'Parked',
    take: 'Take it',
    /** @param {string} agent */
    you: (agent) => `${words(agent)} (you)`,
    /** @param {string} at */
    since: (at) => `Since ${at}`,
    /** @param {string} owner */
    with: (owner) => `with ${owner === '' ? 'nobody' : words(owner)}`,
    /** @param {number} count */
    more: (count) => `and ${count} more`,
    /** @param {string} agent */
    offeredTo: (agent) => `offered to ${words(agent)}`,
    /** @param {string} elapsed */
    waitsFor: (elapsed) => `waits ${elapsed}`,
  },

  why: {
    ask: 'Why does it wait?',
    over: 'It does not wait any more.',
    nobody: 'Nobody is signed in who could be asked.',
    candidate: 'could be asked',
    preferred: 'could be asked, and had it last',
    /** @param {string} agent */
    offered: (agent) => `It is being offered to ${words(agent)}: it waits for their answer.`,
    /** @param {number} position @param {number} of */
    position: (position, of) => (of === 1 ? 'It is the only one in its queue.' : `It is number ${position} of ${of} in its queue.`),
    /** @param {string} elapsed */
    expected: (elapsed) => `It will probably wait ${elapsed}.`,
    /** @param {string} at */
    opens: (at) => `The queue is closed until ${at}.`,
    /** @param {number} ring */
    ring: (ring) => `The rules for it have been relaxed ${ring === 1 ? 'once' : `${ring} times`}.`,
    /** @param {string} at */
    nextRing: (at) => `They are relaxed again at ${at}.`,
    /** What keeps work from somebody. @param {Record<string, any>} exclusion */
    exclusion: (exclusion) => {
      const media = (exclusion.media ?? []).map((/** @type {string} */ medium) => MEDIA[medium] ?? words(medium)).join(' and ');
      switch (exclusion.reason) {
        case 'not_in_queue': return `does not serve ${words(exclusion.queue)}`;
        case 'queue_closed': return exclusion.until === null ? `${words(exclusion.queue)} is closed` : `${words(exclusion.queue)} is closed until ${time.clock(exclusion.until)}`;
        case 'missing_skill': return exclusion.has_grade === null
          ? `lacks the skill ${words(exclusion.skill)}`
          : `has ${words(exclusion.skill)} at grade ${exclusion.has_grade}, and ${exclusion.required} is asked`;
        case 'flag_disabled': return `is not enabled for ${media}`;
        case 'not_ready': return media === '' ? 'is not Ready' : `is not Ready on ${media}`;
        case 'at_capacity': return `has no room: ${exclusion.load} of ${exclusion.limit} taken`;
        case 'ring_not_reached': return `would do once the rules are relaxed, at ${time.clock(exclusion.at)}`;
        case 'held_for': return `it is kept for ${words(exclusion.agent)} until ${time.clock(exclusion.until)}`;
        case 'cooling_down': return `let it pass: may be asked again from ${time.clock(exclusion.until)}`;
        default: return words(exclusion.reason).toLowerCase();
      }
    },
  },

  chats: {
    label: 'Chat with a colleague',
    colleagues: 'Colleagues',
    writeTo: 'Write to',
    write: 'Message to your colleague',
    none: 'No chat is open',
    noneHint: 'Write to a colleague. No contact is part of it, and it takes no room.',
    nobody: 'There are no colleagues.',
    empty: 'Nothing has been written yet.',
    back: 'Back to the colleagues',
    end: 'End chat',
    isOver: 'This chat is over',
    /** @param {string} agent */
    writeHere: (agent) => `Write to ${words(agent)}…`,
    /** @param {string} agent */
    began: (agent) => `${words(agent)} has begun a chat with you.`,
    /** @param {string} agent */
    over: (agent) => `${words(agent)} has ended the chat.`,
    /** @param {string} agent */
    notThere: (agent) => `${words(agent)} is not signed in.`,
    /** @param {string} agent */
    writes: (agent) => `${words(agent)} writes to you`,
    /** @param {string} who as shown @param {string} at */
    endedBy: (who, at) => `Ended by ${who === desk.you ? 'you' : who} at ${at}.`,
    /** @param {any} change @param {string} me */
    notice: (change, me) => {
      const [code, value] = typeof change === 'string' ? [change, null] : Object.entries(change)[0];
      const who = value?.by === me ? desk.you : words(value?.by ?? 'an agent');
      return `${who} ${code === 'ended' ? 'ended' : 'began'} the chat`;
    },
  },

  outside: {
    title: 'Call or e-mail',
    none: 'No number or e-mail address is on file. Add one to the details.',
    played: 'In the demonstration, calls and e-mails are only simulated.',
    /** @param {string} action */
    does: (action) => ({ call: 'Call', email: 'E-mail' }[action] ?? words(action)),
    /** @param {{action: string, address: string}} action */
    failed: ({ action, address }) => `${action === 'call' ? 'The call to' : 'The e-mail to'} ${address} failed.`,
  },

  figures: {
    lead: 'Since the beginning. Point at a figure, or go to it, to read what it means.',
    desk: 'The whole desk',
    own: 'Your own',
    agents: 'Everybody',
    agent: 'Agent',
    refresh: 'Refresh',
    none: '–',
    noneYet: 'You have had no interaction yet.',
    /** @param {string} at */
    until: (at) => `As of ${at}`,
    /** @param {number} count */
    count: (count) => new Intl.NumberFormat(LOCALE).format(count),
    /** @param {number} share */
    percent: (share) => `${Math.round(share * 100)} %`,
    /** @type {Record<string, string>} */
    name: {
      started: 'Interactions', sessions: 'Sessions', handled: 'Handled', abandoned: 'Abandoned', transfers: 'Transfers', handle: 'Handle time',
      average_handle: 'Average handle time', first_response: 'First response', response: 'Response', occupancy: 'Occupancy',
      messages: 'Messages', messages_outside: 'Messages outside', transfers_in: 'Handed to', transfers_out: 'Handed over',
    },
    /** @type {Record<string, string>} */
    why: {
      started: 'Interactions that began.',
      sessions: 'An interaction has one session, and one more each time it is continued after its end.',
      handled: 'Sessions that ended while an agent had them.',
      abandoned: 'Sessions that ended while nobody had them.',
      transfers: 'Changes of hands: to a colleague who accepted, to a queue, or after a consult.',
      handle: 'Time in which an interaction was theirs; of several at once, the times are added.',
      average_handle: 'Handle time divided by sessions.',
      first_response: 'On average, from the contact’s first word to the first answer, waiting in the queue included.',
      response: 'On average, how long contacts waited for an answer.',
      occupancy: 'Share of the time since the first interaction in which at least one was theirs.',
      messages: 'Messages to contacts in interactions.',
      messages_outside: 'Messages to contacts without an interaction; they take no time into account.',
      transfers_in: 'Interactions that were handed to them.',
      transfers_out: 'Interactions that they handed to others.',
    },
  },

  bar: {
    label: 'Your interactions',
    empty: 'Your interactions appear here.',
    ended: 'Ended',
    elapsed: 'Elapsed',
    waiting: 'Waiting',
    nothingSaid: 'Nothing has been written yet.',
    /** @type {Record<string, string>} */
    pending: {
      green: 'Reply pending', yellow: 'Reply pending, soon overdue', red: 'Reply overdue', none: 'No reply pending',
    },
  },

  interaction: {
    none: 'No interaction is open',
    choose: 'Choose one above to go on with it.',
    noneReady: 'You are Ready. New work is offered to you here.',
    noneNotReady: 'You are Not ready, so no work is offered to you. Set a status at the top to Ready to receive chats.',
    noneAfterWork: 'You are Not ready because a session has ended and is not Done yet. Mark it as Done, or become Ready.',
    becomeReady: 'Become Ready',
    participants: 'Participants',
    transcript: 'Transcript',
    end: 'End',
    endHint: 'End the session',
    done: 'Mark Done',
    doneHint: 'Close the work for good',
    doneNeedsEnd: 'End the session first, then mark it as Done',
    note: 'Note',
    noteLabel: 'Note for your colleagues',
    noteHint: 'Only agents see notes.',
    disposition: 'Disposition',
    noDisposition: 'No disposition',
    message: 'Message',
    write: 'Write a message…',
    send: 'Send',
    ended: 'This session has ended',
    /** @param {{by: string, agent: string | null, at: string} | null} ended @param {string} me */
    endedBy: (ended, me) => {
      if (ended === null) return 'This session has ended.';
      const who = { contact: 'the contact', system: 'a rule', agent: ended.agent === me ? 'you' : (ended.agent ? words(ended.agent) : 'an agent') }[ended.by];
      return `Ended by ${who ?? 'somebody'} at ${time.clock(ended.at)}.`;
    },
    continue: 'Continue in Conversation',
    continueHint: 'Write in the Conversation tab to go on.',
    noContinue: 'Continuing is switched off for your account.',
    writeEnded: 'The session has ended',
    /** @param {string} owner */
    has: (owner) => `${owner === '' ? 'A colleague' : words(owner)} has this conversation.`,
    /** @param {string | null} owner */
    reading: (owner) => `${desk.interaction.has(owner ?? '')} You can read it here.`,
    writeReading: 'Only those who take part can write',
    park: 'Park',
    parkHint: 'Park it: it takes no room until you or the contact go on',
    parked: 'This is parked. It goes on when you take it up, or when the contact writes.',
    unpark: 'Take up',
    /** @param {string} name */
    waitsForYou: (name) => `You have no room for ${name} now: it is offered to you as soon as there is.`,
    back: 'Back to your interactions',
    elapsed: 'Elapsed',
    /** @param {string} name */
    gone: (name) => `The interaction with ${name} is no longer yours.`,
    /** @param {string} name */
    isDone: (name) => `The interaction with ${name} is Done.`,
    panel: 'Details',
    /** @type {Record<string, string>} */
    tabs: { transcript: 'Transcript', consult: 'Consult', conversation: 'Conversation', contact: 'Contact' },
  },

  sends: {
    /** @param {number} count @param {number} left @param {boolean} wide written in characters that take more room */
    counted: (count, left, wide) => `${plural(count, 'text message')}, room for ${left} more${wide ? ' (some characters take more room)' : ''}`,
    title: 'What becomes of this message',
    /** @type {Record<string, string>} */
    does: { send_again: 'Send again', discard: 'Give it up' },
    anyway: 'Send anyway',
    decided: 'It has been decided already, or word of it has come.',
    /** @type {Record<string, string>} why, by the word that stands before the provider's code */
    because: {
      recipient: 'nobody can be reached there',
      opted_out: 'the contact does not want messages',
      sender_not_allowed: 'the number that it should be sent from is incorrect. Contact your administrator',
      unauthorized: 'the credentials are refused. Contact your administrator',
      rate_limited: 'there were too many messages',
      window_closed: 'the time for answering is over',
      content: 'the network does not take this content',
      network: 'the network could not be reached',
      provider: 'the network had a failure',
      too_old: 'it waited for too long',
      interrupted: 'sending was interrupted',
    },
    /** @param {{message: string, outcome: any, code?: string}} send @param {string} me */
    notice: ({ outcome, code = '' }, me) => {
      const [word, number] = code.split(':');
      const because = desk.sends.because[word];
      const named = number ?? (because === undefined && code !== '' ? code : undefined);
      const why = `${because === undefined ? '' : `: ${because}`}${named === undefined ? '' : ` (${named})`}`;
      if (outcome === 'failed') return `A message was not delivered${why}.`;
      if (outcome === 'may_have_been_sent') return `A message may have been sent, or not${why}. Sent again, the contact may get it twice.`;
      const [what, { by }] = Object.entries(outcome)[0];
      const who = by === me ? desk.you : words(by);
      return what === 'sent_again' ? `${who} had it sent again` : `${who} gave it up`;
    },
  },

  files: FILES,
  transcript: {
    older: 'Load older messages',
    loading: 'Loading…',
    empty: 'Nothing has been written yet.',
    noHits: 'No message contains that.',
    newest: 'New messages',
    failed: 'The messages could not be loaded.',
    /** @param {string} name */
    typing: (name) => `${name} is typing…`,
    /** @type {Record<string, string>} what no contact ever sees */
    inside: { note: 'Note, agents only', consult: 'Consult, agents only', whisper: 'Whisper, agents only' },
    bot: 'Bot',
    late: 'arrived late',
    showAll: 'Show all',
    unsupported: 'A message of a form that cannot be shown',
    erased: 'This was erased',
    /** @param {string} channel */
    interaction: (channel) => `Interaction on ${channel}`,
    /** @param {string} name @param {string} text */
    announce: (name, text) => `${name}: ${text}`,
    /** @type {Record<string, string>} */
    delivery: { sending: 'sending…', sent: 'Sent', delivered: 'Delivered', read: 'Read', failed: 'Not delivered' },
    /** @param {{agent: string, by: string, address: string, stage: string}} outside @param {string} me */
    outside: ({ agent, by, address, stage }, me) => {
      const who = agent === me ? desk.you : words(agent);
      const does = { call: 'a call to', email: 'an e-mail to' }[by] ?? 'an action for';
      return `${who}: ${does} ${address} ${{ started: 'was started', sent: 'was handed on', failed: 'failed' }[stage] ?? ''}`.trim();
    },
    /** What a system notice says. @param {any} notice @param {string} me */
    notice: (notice, me) => {
      if (notice?.attachment_rejected !== undefined) {
        const { name, reason } = notice.attachment_rejected;
        return `${name ? `The file “${name}”` : 'A file'} from the contact was not taken: ${fileReason(reason)}. Ask them to check its format and to send it again.`;
      }
      if (notice?.files_awaited !== undefined) {
        const { count } = notice.files_awaited;
        return count === 1 ? 'The contact sent a file. It is being fetched.' : `The contact sent ${count} files. They are being fetched.`;
      }
      if (notice?.send !== undefined) return desk.sends.notice(notice.send, me);
      if (notice?.outside !== undefined) return desk.transcript.outside(notice.outside, me);
      if (notice?.consult !== undefined) return desk.chats.notice(notice.consult.change, me);
      const change = notice?.lifecycle?.change;
      if (change === undefined) return 'Something happened here that this version cannot describe.';
      const [code, value] = typeof change === 'string' ? [change, null] : Object.entries(change)[0];
      /** @param {string | undefined} name */
      const called = (name) => (name === me ? desk.you : (name ? words(name) : 'An agent'));
      const agent = called(value?.agent);
      switch (code) {
        case 'joined': return `${agent} joined`;
        case 'left': return `${agent} left`;
        case 'ended_by_agent': return `${agent} ended the session`;
        case 'ended_by_contact': return 'The contact ended the session';
        case 'ended_by_system': return 'The session was ended by a rule';
        case 'reactivated': return 'Reactivated';
        case 'done': return 'Marked as Done';
        case 'contact_silent': return 'The contact has been silent for a while';
        case 'parked': return `${agent} parked it`;
        case 'unparked': return 'No longer parked';
        case 'transfer_requested': return `${called(value?.by)} asked ${value?.to === me ? 'you' : words(value?.to)} to take over`;
        case 'transfer_declined': return `${agent} did not take over`;
        case 'transfer_expired': return 'Nobody answered: it was not handed over';
        case 'transfer_cancelled': return `${agent} kept it after all`;
        default: return words(code);
      }
    },
  },

  conversation: {
    label: 'Conversation',
    search: 'Search the conversation',
    refresh: 'Refresh',
    write: 'Write a message…',
    writeEnded: 'Write to reactivate the session…',
    /** @param {number} count @param {boolean} more */
    hits: (count, more) => `${count}${more ? '+' : ''} ${count === 1 ? 'message' : 'messages'} found`,
  },

  contact: {
    name: 'Name',
    fields: 'Details',
    fieldName: 'Field',
    fieldValue: 'Value',
    addField: 'Add a detail',
    removeField: 'Remove',
    addresses: 'Addresses',
    write: 'Open',
    number: 'Telephone number with country code',
    addNumber: 'Add',
    noTexts: 'This number cannot receive texts, as far as is known',
    history: 'Interactions',
    firstSeen: 'First seen',
    saved: 'The contact is saved.',
    noHistory: 'No interactions yet.',
    /** @type {Record<string, string>} */
    states: { queued: 'Waiting', offered: 'Offered', active: 'Active', ended: 'Ended', done: 'Done' },
    /** @param {string} owner */
    by: (owner) => `by ${words(owner)}`,
    byYou: 'by you',
  },

  case: {
    title: 'Case information',
    none: 'Nothing is known of the matter yet.',
    add: 'Add an entry',
    saved: 'The case information is saved.',
  },

  communication: {
    contacts: 'Contacts',
    search: 'Search contacts',
    scope: 'Which contacts',
    all: 'All',
    mine: 'Mine',
    more: 'Show more',
    noContacts: 'No contacts yet.',
    noMatches: 'No contact matches.',
    noneMine: 'No contacts are assigned to you yet.',
    hide: 'Hide the contact list',
    showList: 'Show the contact list',
    none: 'No contact is selected',
    noneHint: 'Choose a contact to see every conversation your company has had with them.',
    filter: 'Which messages',
    private: 'Private',
    public: 'Public',
    write: 'Write a message…',
    writeLabel: 'Write a message',
    /** @param {string} kind of the channel that carries it */
    writeHint: (kind) => (kind === 'web_chat' ? 'Kept for the contact: they see it at their next visit.' : `Goes out by ${desk.kind(kind)} at once.`),
    mustOpen: 'Open an interaction to write to this contact.',
    noChannel: 'There is no channel to write to this contact on.',
    channel: 'Channel',
    /** @param {string} kind @param {string} channel @param {string} address where several are reached on the same channel */
    open: (kind, channel, address = '') => `${kind}: open an interaction on ${channel}${address === '' ? '' : ` with ${address}`}`,
    pin: 'Add to my contacts',
    unpin: 'Remove from my contacts',
    /** @param {string[]} channels */
    active: (channels) => `Active now on ${channels.map((channel) => desk.channel(channel)).join(', ')}`,
    activeNow: 'Active now',
    /** @param {number} count */
    unread: (count) => plural(count, 'unread message'),
    emptyPrivate: 'There are no private messages with this contact.',
    emptyPublic: 'There are no public messages of this contact.',
    back: 'Back to the contacts',
  },

  alerts: {
    region: 'Alerts',
    /** @param {string} name */
    answered: (name) => `${name} answered`,
    /** @param {number} count */
    count: (count) => plural(count, 'message'),
  },

  attention: {
    /** @param {string} name */
    waiting: (name) => `● ${name} is waiting`,
    /** @param {number} count */
    severalWaiting: (count) => `● ${count} are waiting`,
    offer: '● New interaction',
    request: '● A colleague asks',
    colleague: '● A colleague writes',
  },
};

export const chat = {
  files: FILES,
  open: 'Open the chat',
  close: 'Close the chat',
  title: 'Chat with us',
  greeting: 'Hello! How can we help you?',
  greetingHint: 'Write to us and one of our people will answer you here.',
  name: 'Your name (optional)',
  message: 'Your message',
  placeholder: 'Write a message…',
  placeholderEnded: 'Write to start again…',
  send: 'Send',
  end: 'End chat',
  startNew: 'Start a new chat',
  you: 'You',
  agent: 'Our team',
  log: 'Messages',
  /** @param {string} name */
  typing: (name) => `${words(name)} is typing…`,
  /** @param {number} count */
  unread: (count) => plural(count, 'new message'),
  /** @type {Record<string, (agent: string | null) => string>} */
  states: {
    none: () => 'We usually answer within minutes',
    queued: () => 'Looking for somebody to help you…',
    active: (agent) => (agent ? `You are talking with ${words(agent)}` : 'You are connected with our team'),
    ended: () => 'This chat has ended',
  },
  /** @type {Record<string, string>} */
  connections: { idle: '', connecting: 'Connecting…', connected: '', reconnecting: 'Connection lost. Trying again…', closed: 'The chat is not available.' },
  /** @type {Record<string, string>} */
  delivery: { sending: 'sending…' },
  /** @param {string} code @param {string} detail */
  error: (code, detail) => ({
    text_too_long: 'Your message is too long. Please shorten it.',
    frame_too_large: 'Your message is too long. Please shorten it.',
    text_empty: 'Please write something first.',
    too_many_messages: 'That was fast. Your message is sent in a moment.',
    busy: 'We are very busy. Your message is sent as soon as possible.',
    unknown_channel: 'This chat is not available.',
    unknown_attachment: 'A file did not arrive. Please attach it again.',
    too_many_attachments: 'These are too many files for one message.',
  }[code] ?? (detail || 'Something went wrong. Please try again.')),
  unsupported: 'A message that cannot be shown here',
  erased: 'This message was deleted',
  /** What a system notice says; `null` for one that this version does not know. @param {{notice?: string, agent?: string, by?: string}} content */
  notice: (content) => {
    const agent = content.agent ? words(content.agent) : 'Our team';
    switch (content.notice) {
      case 'joined': return `${agent} joined the chat`;
      case 'left': return `${agent} left the chat`;
      case 'ended': return content.by === 'me' ? 'You ended the chat' : 'The chat has ended';
      case 'reactivated': return 'The chat goes on';
      default: return null;
    }
  },
};
