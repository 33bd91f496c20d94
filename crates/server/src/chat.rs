//! The web-chat socket: the specification is `docs/specs/web-chat.md`, the protocol itself `parlor-webchat`. Here
//! are the handshake, the seats, and the connection that carries the protocol's actions out.

mod attachments;
mod connection;
mod guests;
mod handshake;
mod seats;
mod visitor;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use parlor_model::{ChannelKind, ChannelName};

pub(crate) use self::guests::share;
pub(crate) use self::seats::Seats;

use crate::api::Api;
use crate::extract::Named;
use crate::openapi::Operation;
use crate::peer::Peer;
use crate::problem::{Code, Problem};
use crate::shared::Shared;

pub(crate) fn routes(api: Api) -> Api {
    attachments::routes(api).route(
        Operation::get(
            "/chat/{channel}/socket",
            "chatSocket",
            "The socket of a contact's web chat; see the specification of its frames",
        )
        .anyone()
        .gives_socket()
        .refuses(&[
            Code::OriginRefused,
            Code::BadHandshake,
            Code::UpgradeRequired,
            Code::TooManySockets,
        ]),
        socket,
    )
}

async fn socket(
    State(shared): State<Arc<Shared>>,
    peer: Peer,
    Named(name): Named<String>,
    mut request: Request,
) -> Result<Response, Problem> {
    // A name that is not one is no channel either; the browser is told so in the protocol.
    let channel = ChannelName::new(name).ok().filter(|name| {
        shared.engine.channel(name).is_some_and(|channel| channel.kind == ChannelKind::WebChat)
    });
    if !shared.is_chat_origin(request.headers(), channel.as_ref()) {
        return Err(Problem::new(
            Code::OriginRefused,
            "this page may not chat on this channel: its `Origin` is neither this server's nor one of the channel's",
        ));
    }
    let handshake = handshake::Handshake::of(&mut request)?;
    let seat = shared.seats.take(peer)?;
    let limits = handshake::socket_config(&shared.chat_limits);
    Ok(handshake.accept(limits, move |socket| connection::run(shared, channel, peer, seat, socket)))
}
