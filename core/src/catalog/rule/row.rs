//! What is known of a rule besides the function that judges it.

/// The rules of one kind that checks judge; each family is one file of `engine/clauses/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleFamily {
    Term,
    Product,
    Location,
    Request,
    Quantity,
    Hours,
    Event,
}

/// Who judges a rule first. What checks judge, others may judge too: see [`RuleRow`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// Every check, for every item that may answer.
    Check(RuleFamily),
    /// A check that finds no such item.
    CheckWithoutItem,
    /// Whoever writes a contract.
    Purchase,
    /// Nobody yet: it stands for what allowances and credits will refuse.
    NobodyYet,
    /// Nobody: it tells or allows something.
    Nobody,
}

/// What a clause that fails speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Contract,
    /// When the work begins, and when it ends.
    Start,
    End,
    Product,
    Location,
    /// The delivery itself: its hours and its mode.
    Hours,
    Mode,
    /// The amount that is asked for.
    Amount,
}

/// What a rule is to the pool: what the blocks of all items that serve have left together. Rules that compare with
/// the pool never keep an item out of it, or the question would hang on itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InPool {
    Apart,
    /// An item that fails it gives nothing to others.
    KeepsOut,
    /// It compares with what is left in the pool.
    Compares,
}

/// What a waiver of a clause lifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifts {
    /// The violation.
    Violation,
    /// Nothing of a violation: it settles what is open without it.
    Condition,
    /// A part of the rule, which asks for the waiver itself.
    Part,
}

/// What the words of a reason hang on, besides what never changes and how the item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    Fixed,
    /// Where the instant stands to the term.
    Term,
    /// What would give the item a base.
    Base,
    /// The orders that extend the base to the location.
    Extension,
    /// The base whose host it keeps the hours of.
    Host,
    /// What is left in the item's own block, and the event that is asked about.
    Amounts,
}

/// Which services are subject to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belongs {
    /// Those that list a clause with it.
    WhereListed,
    /// All, but for those that say they do without it.
    Everywhere,
    /// Likewise, but for those of the base package.
    BesideBase,
    /// Those that are counted in time, if they list no other clause of what is left.
    CountedInTime,
    /// Likewise those that are counted otherwise.
    CountedOtherwise,
}

/// What is known of a rule.
#[derive(Debug, Clone, Copy)]
pub struct RuleRow {
    pub judge: Judge,
    /// Whether it is judged, too, when a contract is written, …
    pub is_for_purchase: bool,
    /// … and when something counted is to be taken.
    pub is_for_taking: bool,
    pub belongs: Belongs,
    pub pool: InPool,
    pub subject: Subject,
    pub words: Words,
    pub lifts: Lifts,
    /// What a reason by this rule carries whenever it is given, besides what every reason carries.
    pub facts: &'static [&'static str],
    /// What it may carry besides: a text puts it in a part that can be left out.
    pub optional_facts: &'static [&'static str],
    /// Fields of the service that mean nothing without it, or without another rule that reads them.
    pub reads: &'static [&'static str],
}

pub(super) const fn by(judge: Judge) -> RuleRow {
    RuleRow {
        judge,
        is_for_purchase: matches!(judge, Judge::Purchase),
        is_for_taking: false,
        belongs: Belongs::WhereListed,
        pool: InPool::Apart,
        subject: Subject::Contract,
        words: Words::Fixed,
        lifts: Lifts::Violation,
        facts: &[],
        optional_facts: &[],
        reads: &[],
    }
}

pub(super) const fn check(family: RuleFamily) -> RuleRow {
    by(Judge::Check(family))
}

impl RuleRow {
    pub(super) const fn when_written(self) -> Self {
        Self { is_for_purchase: true, ..self }
    }

    pub(super) const fn when_taken(self) -> Self {
        Self { is_for_taking: true, ..self }
    }

    pub(super) const fn belongs(self, belongs: Belongs) -> Self {
        Self { belongs, ..self }
    }

    pub(super) const fn keeps_out_of_pool(self) -> Self {
        Self { pool: InPool::KeepsOut, ..self.when_taken() }
    }

    pub(super) const fn compares_with_pool(self) -> Self {
        Self { pool: InPool::Compares, words: Words::Amounts, ..self }
    }

    pub(super) const fn subject(self, subject: Subject) -> Self {
        Self { subject, ..self }
    }

    pub(super) const fn rewords(self, words: Words) -> Self {
        Self { words, ..self }
    }

    pub(super) const fn lifts(self, lifts: Lifts) -> Self {
        Self { lifts, ..self }
    }

    pub(super) const fn facts(self, facts: &'static [&'static str]) -> Self {
        Self { facts, ..self }
    }

    pub(super) const fn may_carry(self, optional_facts: &'static [&'static str]) -> Self {
        Self { optional_facts, ..self }
    }

    pub(super) const fn reads(self, reads: &'static [&'static str]) -> Self {
        Self { reads, ..self }
    }
}
