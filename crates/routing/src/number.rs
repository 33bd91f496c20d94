//! Numbers that stand for something kept in a list.

/// Makes a number for the places of one list, so that a class cannot be taken for a profile. 32 bits are enough: the
/// memory ends long before.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name(std::num::NonZeroU32);

        impl $name {
            pub(crate) fn at(index: usize) -> Self {
                let index = u32::try_from(index).unwrap_or(u32::MAX);
                Self(std::num::NonZeroU32::MIN.saturating_add(index))
            }

            pub(crate) const fn index(self) -> usize {
                self.0.get() as usize - 1
            }
        }
    };
}

pub(crate) use number;
