//! What fails, and when.

/// What SQLite asks a disk to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// To open or make a file.
    Open,
    /// To remove a file.
    Delete,
    /// To read.
    Read,
    /// To write.
    Write,
    /// To make a file shorter.
    Truncate,
    /// To make durable what was written.
    Sync,
    /// To give memory that the connections to a file share.
    Share,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 7] =
        [Self::Open, Self::Delete, Self::Read, Self::Write, Self::Truncate, Self::Sync, Self::Share];
}

/// How an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// With an error of the disk. A sync leaves behind an unknown part of what it should have written.
    Broken,
    /// For want of room, when it is a write; any other operation as [`Broken`](Self::Broken).
    Full,
    /// In the middle: a part of the bytes is read or written. An operation without bytes as [`Broken`](Self::Broken).
    Short,
}

/// Something that will fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What fails; `None` is whatever comes.
    pub operation: Option<Operation>,
    /// Which one from now on, counted from 1.
    pub number: u64,
    /// Whether every later one fails too, until the disk is [healed](crate::Disk::heal).
    pub lasting: bool,
    /// How.
    pub failure: Failure,
}

/// What was planned, and how often it came to that.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    faults: Vec<Fault>,
    hits: u64,
}

impl Plan {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.faults.clear();
    }

    pub(crate) const fn hits(&self) -> u64 {
        self.hits
    }

    /// Whether this operation fails.
    pub(crate) fn meet(&mut self, operation: Operation) -> Option<Failure> {
        let mut failure = None;
        self.faults.retain_mut(|fault| {
            if fault.operation.is_some_and(|planned| planned != operation) {
                return true;
            }
            fault.number = fault.number.saturating_sub(1);
            if fault.number > 0 {
                return true;
            }
            failure = failure.or(Some(fault.failure));
            fault.lasting
        });
        self.hits += u64::from(failure.is_some());
        failure
    }
}

#[cfg(test)]
mod tests {
    use Operation::{Read, Sync};

    use super::*;

    fn meet(plan: &mut Plan, operations: &[Operation]) -> Vec<bool> {
        operations.iter().map(|operation| plan.meet(*operation).is_some()).collect()
    }

    #[test]
    fn the_nth_of_a_kind_fails_once() {
        let mut plan = Plan::default();
        plan.add(Fault { operation: Some(Sync), number: 2, lasting: false, failure: Failure::Broken });
        assert_eq!(meet(&mut plan, &[Sync, Read, Sync, Sync]), [false, false, true, false]);
        assert_eq!(plan.hits(), 1);
    }

    #[test]
    fn a_lasting_fault_lasts_until_it_is_cleared() {
        let mut plan = Plan::default();
        plan.add(Fault { operation: None, number: 2, lasting: true, failure: Failure::Full });
        assert_eq!(meet(&mut plan, &Operation::ALL[..4]), [false, true, true, true]);
        plan.clear();
        assert_eq!(plan.meet(Operation::Write), None);
    }
}
