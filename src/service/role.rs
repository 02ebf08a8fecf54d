//! What callers may do, in words that are given to them.

use std::fmt;
use std::str::FromStr;

use crate::legible::excerpt;
use crate::suggest::nearest_or_all;

/// Allows the calls that name it in their `.proto` file. Whoever may write may also read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Checks and reads.
    Reader,
    /// Takes from the ledger: consumes, holds, and undoes what was consumed.
    Consumer,
    /// Writes contracts, and reads the audit.
    ContractAdmin,
    /// Corrects the ledger.
    Operator,
    /// Is believed on whose behalf it calls. Allows no call by itself.
    Delegate,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Reader, Self::Consumer, Self::ContractAdmin, Self::Operator, Self::Delegate];

    /// As it is written in settings and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Consumer => "consumer",
            Self::ContractAdmin => "contract-admin",
            Self::Operator => "operator",
            Self::Delegate => "delegate",
        }
    }

    /// Whether one who has this role needs no other for what asks for `wanted`.
    pub fn includes(self, wanted: Self) -> bool {
        self == wanted || (wanted == Self::Reader && self != Self::Delegate)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str);
            format!("there is no role `{}`; {}", excerpt(name), nearest_or_all(name, &known))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_writes_may_read_and_a_delegate_only_speaks_for_others() {
        let includes = |role: Role| Role::ALL.into_iter().filter(|wanted| role.includes(*wanted)).collect::<Vec<_>>();
        assert_eq!(includes(Role::Reader), [Role::Reader]);
        assert_eq!(includes(Role::Delegate), [Role::Delegate]);
        for writer in [Role::Consumer, Role::ContractAdmin, Role::Operator] {
            assert_eq!(includes(writer), [Role::Reader, writer]);
        }
    }

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        let told = "Reader".parse::<Role>().unwrap_err();
        assert_eq!(told, "there is no role `Reader`; did you mean `reader`?");
    }
}
