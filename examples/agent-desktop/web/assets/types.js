/**
 * The shapes of the agent API and of the web-chat socket, for the type comments of the other modules.
 * This module has no code: `docs/specs/agent-api.md` and `docs/specs/web-chat.md` are the contract.
 *
 * @typedef {string} Moment RFC 3339 with microseconds, UTC
 * @typedef {{ready: boolean, reason: unknown, since: Moment | null}} Readiness
 * @typedef {{used: number, limit: number}} Load
 * @typedef {{pending_warning_ms: number, pending_overdue_ms: number, typing_ttl_ms: number, offer_ttl_ms: number, transfer_ttl_ms?: number}} Timing
 *
 * @typedef {object} Me
 * @property {string} agent
 * @property {string} role
 * @property {boolean} signed_in
 * @property {Record<string, Readiness>} readiness by medium
 * @property {Record<string, Load>} load by media class
 * @property {Record<string, boolean | string>} flags
 * @property {Timing} timing
 * @property {{code: string, name: string, leaf: boolean}[]} dispositions codes are paths such as `sales/lost`; only leaves may be given
 * @property {{name: string, kind: string, attachments: FileRules | null, counted: boolean}[]} channels
 * @property {Moment} now
 *
 * @typedef {{kind: "contact" | "agent" | "bot" | "system" | "me", name?: string | null}} Author
 * @typedef {{author: Author, text: string, at: Moment}} TailLine
 * @typedef {{since: Moment, colour: "green" | "yellow" | "red", flashing: boolean, elapsed_ms: number}} Pending
 * @typedef {"connected" | "disconnected" | "left" | "unknown"} Connection
 *
 * @typedef {object} Interaction
 * @property {string} id
 * @property {string} thread
 * @property {string} channel
 * @property {string} kind
 * @property {string} queue
 * @property {{id: string, display_name: string | null}} contact
 * @property {{id: string, address: string} | null} point
 * @property {"queued" | "offered" | "active" | "ended" | "done"} state
 * @property {number} version
 * @property {number} segment
 * @property {string | null} owner
 * @property {string[]} members
 * @property {Moment} since
 * @property {Moment} created_at
 * @property {{by: "contact" | "agent" | "system", agent: string | null, at: Moment} | null} ended
 * @property {string | null} outcome
 * @property {Pending | null} pending
 * @property {Connection} connection
 * @property {TailLine[]} tail
 * @property {number} elapsed_ms
 * @property {string | null} disposition
 * @property {{id: string, by: string, to: string, expires_at: Moment} | null} [transfer] to whom it is being handed over
 * @property {{agent: string, by: string, expires_at: Moment}[]} [invitations] who is asked to join
 * @property {Consult[]} [consults] who is asked for advice
 * @property {{agent: string, mode: Supervision}[]} [supervisors]
 * @property {Record<string, string>} [case] the case information
 * @property {Moment | null} [parked] since when its owner has put it aside
 *
 * @typedef {{id: string, by: string, medium: "chat" | "voice", agent: string | null, point: string | null, joined: boolean, expires_at: Moment | null}} Consult
 *
 * @typedef {object} Request What a colleague asks.
 * @property {"transfer" | "conference" | "consult"} kind
 * @property {string} id of the transfer or consult; of an invitation, that of the interaction
 * @property {string} by
 * @property {Moment} expires_at
 * @property {"chat" | "voice" | null} medium
 * @property {Interaction} interaction
 *
 * @typedef {{agent: string, ready: boolean, room: number, obstacles: string[]}} AgentTarget
 * @typedef {{queue: string, waiting: number, ready_agents: number}} QueueTarget
 * @typedef {{agents: AgentTarget[], queues: QueueTarget[]}} Targets
 *
 * @typedef {{id: string, agent: string, expires_at: Moment, interaction: Interaction}} Offer
 *
 * @typedef {object} Attachment
 * @property {string} id
 * @property {string} name
 * @property {string} media_type by its bytes
 * @property {number} bytes
 * @property {{width: number, height: number}} [dimensions]
 * @property {any} [thumbnail] whether there is a small picture of it
 */

/** @typedef {{types: string[], largest: number, most: number | null}} FileRules What files are taken. */

/**
 * @typedef {{type: string, text?: string, attachments?: Attachment[], url?: string, notice?: any, kind?: string, raw?: string, consult?: string}} Content
 * @typedef {{start: number, end: number, kind: "url" | "email" | "phone", href: string}} Span what can be clicked, in bytes of the text's UTF-8
 * @typedef {"sending" | "sent" | "delivered" | "read" | "failed"} Delivery
 *
 * @typedef {object} Message
 * @property {string} id
 * @property {string} thread
 * @property {string} channel
 * @property {string} kind
 * @property {string | null} contact `null` for what somebody else wrote below a post
 * @property {string | null} interaction
 * @property {number} segment
 * @property {number} sequence
 * @property {number} position
 * @property {Author} author
 * @property {string | null} parent
 * @property {"private" | "public" | "internal"} visibility
 * @property {Content} content
 * @property {Span[]} [spans]
 * @property {Moment} at
 * @property {Moment | null} provider_time
 * @property {boolean} [late]
 * @property {Delivery | null} delivery
 *
 * @typedef {object} ContactSummary
 * @property {string} id
 * @property {string | null} display_name
 * @property {number | null} unread
 * @property {string[]} active_channels
 * @property {TailLine | null} last
 * @property {boolean} assigned
 *
 * @typedef {object} Way A number or address at which a contact can be reached.
 * @property {string | null} kind the network; null for what stands in a field
 * @property {string} address
 * @property {string | null} point
 * @property {string | null} field
 * @property {string[]} channels on which there was an exchange with it
 * @property {{action: "open_interaction" | "call" | "email", channel?: string}[]} actions
 * @property {{state: "yes" | "no" | "unknown", line: string}} [check] what was found out about it
 *
 * @typedef {object} ContactDetail
 * @property {{id: string, version: number, display_name: string | null, fields: Record<string, string>, created_at: Moment}} contact
 * @property {{id: string, kind: string, address: string, channel: string}[]} points
 * @property {Way[]} ways in the order in which they are listed
 * @property {string | null} default_point the address of the last exchange there
 * @property {string | null} default_channel on which they are written to when nobody chose one
 * @property {{id: string, channel: string, kind: string, connection: Connection}[]} threads
 * @property {Interaction[]} interactions
 * @property {number | null} unread
 * @property {string[]} active_channels
 *
 * @typedef {{version: number, display_name?: string, fields?: Record<string, string>}} ContactChange what is left out stays
 *
 * @typedef {{messages: Message[], before: string | null, after: string | null}} Page
 *
 * @typedef {"monitor" | "whisper" | "barge"} Supervision
 *
 * @typedef {object} TeamAgent
 * @property {string} agent
 * @property {string} role
 * @property {boolean} signed_in
 * @property {Record<string, Readiness>} readiness
 * @property {Record<string, Load>} load
 * @property {string[]} queues
 * @property {number} open how many interactions are theirs
 * @property {Interaction[]} interactions the oldest of them
 *
 * @typedef {{since: Moment, offered_to: string | null, interaction: Interaction}} WaitingWork
 * @typedef {{queue: string, ready_agents: number, waiting: number, work: WaitingWork[]}} TeamQueue
 * @typedef {{at: Moment, agents: TeamAgent[], queues: TeamQueue[]}} Team
 *
 * @typedef {{reason: string} & Record<string, any>} Exclusion
 * @typedef {{agent: string, score: {preferred: boolean, idle_since: Moment, load: number, limit: number}, exclusions: Exclusion[]}} Verdict
 *
 * @typedef {object} Explanation Why work waits.
 * @property {boolean} waits
 * @property {string} interaction
 * @property {Moment} at
 * @property {string} [queue]
 * @property {{position: number, of: number, expected_wait_ms: number | null}} [position]
 * @property {number} [ring]
 * @property {Moment | null} [next_ring_at]
 * @property {Moment | null} [opens_at]
 * @property {Verdict[]} verdicts
 *
 * @typedef {{agent: string, signed_in: boolean, ready: boolean}} Colleague
 * @typedef {{id: string, thread: string, by: string, agent: string, started_at: Moment, ended_by: string | null, ended_at: Moment | null}} Chat with a colleague
 * @typedef {{action: "call" | "email", address: string, point: string | null, field: string | null}} Action outside Parlor
 *
 * @typedef {{count: number, mean: number | null}} Mean of milliseconds
 * @typedef {{started: number, sessions: number, handled: number, abandoned: number, transfers: number, handle_ms: number, first_response_ms: Mean, response_ms: Mean}} DeskFigures
 * @typedef {{handle_ms: number, sessions: number, average_handle_ms: number | null, first_response_ms: Mean, response_ms: Mean, transfers_out: number, transfers_in: number, messages: number, messages_outside: number, busy_ms: number, occupancy: number | null}} AgentFigures
 * @typedef {{until: Moment, desk: DeskFigures | null, agents: Record<string, AgentFigures>}} Figures
 *
 * @typedef {object} Alert
 * @property {string} id
 * @property {"reply_arrived"} kind
 * @property {{id: string, display_name: string | null}} contact
 * @property {string} thread
 * @property {string} channel
 * @property {"communication" | "interaction"} on_show
 * @property {number} count
 * @property {Moment} at
 *
 * @typedef {object} PendingWrite A message or note that the server has not answered yet.
 * @property {string} id made here; repeated until answered, so that a repetition changes nothing
 * @property {"message" | "note" | "communication" | "consult" | "whisper" | "chat"} what
 * @property {string} contact of a chat with a colleague: that of its conversation
 * @property {string | null} interaction
 * @property {string | null} channel
 * @property {string | null} [point] at which of the contact's addresses
 * @property {string} [consult]
 * @property {string} text
 * @property {{id: string, name: string}[]} [files] uploaded for it
 * @property {boolean} [force] a number that cannot receive texts is written to all the same
 * @property {string} draft where the text goes back to when it is refused
 * @property {number} at milliseconds, by the server's clock
 * @property {number} order place among the writes of this browser
 */

export {};
