use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::peer::Peer;
use crate::problem::{Code, Problem};

/// How many sockets are open, in all and by address.
#[derive(Clone, Debug)]
pub(crate) struct Seats {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    most: usize,
    most_by_peer: usize,
    by_peer: Mutex<BTreeMap<Peer, usize>>,
    taken: watch::Sender<usize>,
}

/// A socket's place; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Inner>,
    peer: Peer,
}

impl Seats {
    pub(crate) fn new(most: usize, most_by_peer: usize) -> Self {
        Self {
            inner: Arc::new(Inner {
                most,
                most_by_peer,
                by_peer: Mutex::new(BTreeMap::new()),
                taken: watch::Sender::new(0),
            }),
        }
    }

    /// A place for one more socket of a peer.
    pub(crate) fn take(&self, peer: Peer) -> Result<Seat, Problem> {
        let inner = &self.inner;
        let mut by_peer = inner.by_peer.lock().unwrap_or_else(PoisonError::into_inner);
        if *inner.taken.borrow() >= inner.most {
            return Err(Problem::busy("too many chats are open"));
        }
        let taken = by_peer.entry(peer).or_default();
        if *taken >= inner.most_by_peer {
            return Err(Problem::new(Code::TooManySockets, "too many chats are open from this address"));
        }
        *taken += 1;
        inner.taken.send_modify(|taken| *taken += 1);
        metrics::gauge!("parlor_chat_sockets").increment(1.0);
        Ok(Seat { seats: Arc::clone(inner), peer })
    }

    /// Waits until every socket is closed.
    pub(crate) async fn empty(&self) {
        // An error would mean that nobody can take a seat any more; the sender lives as long as `self`.
        let _ = self.inner.taken.subscribe().wait_for(|taken| *taken == 0).await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut by_peer = self.seats.by_peer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = by_peer.get_mut(&self.peer) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                by_peer.remove(&self.peer);
            }
        }
        self.seats.taken.send_modify(|taken| *taken = taken.saturating_sub(1));
        metrics::gauge!("parlor_chat_sockets").decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Peer {
        Peer::of(text.parse().unwrap())
    }

    #[test]
    fn a_seat_is_given_back() {
        let seats = Seats::new(3, 2);
        let (a, b) = (peer("192.0.2.1"), peer("192.0.2.2"));
        let first = seats.take(a).unwrap();
        let _second = seats.take(a).unwrap();
        assert_eq!(seats.take(a).unwrap_err().code(), Code::TooManySockets);
        let _third = seats.take(b).unwrap();
        assert_eq!(seats.take(b).unwrap_err().code(), Code::Busy);
        drop(first);
        assert!(seats.take(a).is_ok());
    }
}
