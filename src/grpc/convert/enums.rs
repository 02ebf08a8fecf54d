//! Converts the enums of the wire and of the domain. A `read_` function returns none if the request left the value out.

use crate::catalog::{Channel, ClauseKind, Clock, Effort, LocationRule, Missing, RemedyKind, ServicePlan, Severity};
use crate::contract::{ChangeKind, Resource};
use crate::engine::Outcome;
use crate::ledger::{EntryKind, ReservationState};
use crate::model::{ContactRole, DeliveryMode, Funding, Unit, WorkOrderState};
use crate::preview::{BlockChangeKind, DependentEffect, ItemChangeKind};
use crate::proto::v1;

pub(crate) fn read_severity(severity: v1::Severity) -> Option<Severity> {
    match severity {
        v1::Severity::Unspecified => None,
        v1::Severity::Severity1 => Some(Severity::One),
        v1::Severity::A => Some(Severity::A),
        v1::Severity::B => Some(Severity::B),
        v1::Severity::C => Some(Severity::C),
    }
}

pub(crate) fn write_severity(severity: Severity) -> v1::Severity {
    match severity {
        Severity::One => v1::Severity::Severity1,
        Severity::A => v1::Severity::A,
        Severity::B => v1::Severity::B,
        Severity::C => v1::Severity::C,
    }
}

pub(crate) fn read_channel(channel: v1::Channel) -> Option<Channel> {
    match channel {
        v1::Channel::Unspecified => None,
        v1::Channel::Phone => Some(Channel::Phone),
        v1::Channel::Web => Some(Channel::Web),
        v1::Channel::CloudPortal => Some(Channel::CloudPortal),
        v1::Channel::OnlineServicesPortal => Some(Channel::OnlineServicesPortal),
    }
}

pub(crate) fn write_channel(channel: Channel) -> v1::Channel {
    match channel {
        Channel::Phone => v1::Channel::Phone,
        Channel::Web => v1::Channel::Web,
        Channel::CloudPortal => v1::Channel::CloudPortal,
        Channel::OnlineServicesPortal => v1::Channel::OnlineServicesPortal,
    }
}

pub(crate) fn read_mode(mode: v1::DeliveryMode) -> Option<DeliveryMode> {
    match mode {
        v1::DeliveryMode::Unspecified => None,
        v1::DeliveryMode::Remote => Some(DeliveryMode::Remote),
        v1::DeliveryMode::OnSite => Some(DeliveryMode::OnSite),
    }
}

pub(crate) fn write_mode(mode: DeliveryMode) -> v1::DeliveryMode {
    match mode {
        DeliveryMode::Remote => v1::DeliveryMode::Remote,
        DeliveryMode::OnSite => v1::DeliveryMode::OnSite,
    }
}

pub(crate) fn read_outcome(decision: v1::Decision) -> Option<Outcome> {
    match decision {
        v1::Decision::Unspecified => None,
        v1::Decision::Entitled => Some(Outcome::Entitled),
        v1::Decision::Conditional => Some(Outcome::Conditional),
        v1::Decision::NotEntitled => Some(Outcome::NotEntitled),
    }
}

pub(crate) fn write_outcome(outcome: Outcome) -> v1::Decision {
    match outcome {
        Outcome::Entitled => v1::Decision::Entitled,
        Outcome::Conditional => v1::Decision::Conditional,
        Outcome::NotEntitled => v1::Decision::NotEntitled,
    }
}

pub(crate) fn read_unit(unit: v1::Unit) -> Option<Unit> {
    match unit {
        v1::Unit::Unspecified => None,
        v1::Unit::Minutes => Some(Unit::Minutes),
        v1::Unit::Hours => Some(Unit::Hours),
        v1::Unit::Days => Some(Unit::Days),
        v1::Unit::Credits => Some(Unit::Credits),
        v1::Unit::Events => Some(Unit::Events),
        v1::Unit::Attendees => Some(Unit::Attendees),
        v1::Unit::Visits => Some(Unit::Visits),
        v1::Unit::Engagements => Some(Unit::Engagements),
    }
}

pub(crate) fn write_unit(unit: Unit) -> v1::Unit {
    match unit {
        Unit::Minutes => v1::Unit::Minutes,
        Unit::Hours => v1::Unit::Hours,
        Unit::Days => v1::Unit::Days,
        Unit::Credits => v1::Unit::Credits,
        Unit::Events => v1::Unit::Events,
        Unit::Attendees => v1::Unit::Attendees,
        Unit::Visits => v1::Unit::Visits,
        Unit::Engagements => v1::Unit::Engagements,
    }
}

pub(crate) fn read_reservation_state(state: v1::ReservationState) -> Option<ReservationState> {
    match state {
        v1::ReservationState::Unspecified => None,
        v1::ReservationState::Open => Some(ReservationState::Open),
        v1::ReservationState::Committed => Some(ReservationState::Committed),
        v1::ReservationState::Released => Some(ReservationState::Released),
        v1::ReservationState::Expired => Some(ReservationState::Expired),
    }
}

pub(crate) fn write_reservation_state(state: ReservationState) -> v1::ReservationState {
    match state {
        ReservationState::Open => v1::ReservationState::Open,
        ReservationState::Committed => v1::ReservationState::Committed,
        ReservationState::Released => v1::ReservationState::Released,
        ReservationState::Expired => v1::ReservationState::Expired,
    }
}

pub(crate) fn read_order_state(state: v1::WorkOrderState) -> Option<WorkOrderState> {
    match state {
        v1::WorkOrderState::Unspecified => None,
        v1::WorkOrderState::Draft => Some(WorkOrderState::Draft),
        v1::WorkOrderState::Active => Some(WorkOrderState::Active),
        v1::WorkOrderState::Suspended => Some(WorkOrderState::Suspended),
        v1::WorkOrderState::Terminated => Some(WorkOrderState::Terminated),
    }
}

pub(crate) fn write_order_state(state: WorkOrderState) -> v1::WorkOrderState {
    match state {
        WorkOrderState::Draft => v1::WorkOrderState::Draft,
        WorkOrderState::Active => v1::WorkOrderState::Active,
        WorkOrderState::Suspended => v1::WorkOrderState::Suspended,
        WorkOrderState::Terminated => v1::WorkOrderState::Terminated,
    }
}

pub(crate) fn read_funding(funding: v1::Funding) -> Option<Funding> {
    match funding {
        v1::Funding::Unspecified => None,
        v1::Funding::Purchased => Some(Funding::Purchased),
        v1::Funding::FlexAllowance => Some(Funding::FlexAllowance),
        v1::Funding::Credits => Some(Funding::Credits),
    }
}

pub(crate) fn write_funding(funding: Funding) -> v1::Funding {
    match funding {
        Funding::Purchased => v1::Funding::Purchased,
        Funding::FlexAllowance => v1::Funding::FlexAllowance,
        Funding::Credits => v1::Funding::Credits,
    }
}

pub(crate) fn read_role(role: v1::ContactRole) -> Option<ContactRole> {
    match role {
        v1::ContactRole::Unspecified => None,
        v1::ContactRole::SupportAdministrator => Some(ContactRole::SupportAdministrator),
        v1::ContactRole::ReactiveContact => Some(ContactRole::ReactiveContact),
        v1::ContactRole::CloudAdministrator => Some(ContactRole::CloudAdministrator),
    }
}

pub(crate) fn write_role(role: ContactRole) -> v1::ContactRole {
    match role {
        ContactRole::SupportAdministrator => v1::ContactRole::SupportAdministrator,
        ContactRole::ReactiveContact => v1::ContactRole::ReactiveContact,
        ContactRole::CloudAdministrator => v1::ContactRole::CloudAdministrator,
    }
}

pub(crate) fn write_plan(plan: ServicePlan) -> v1::Plan {
    match plan {
        ServicePlan::Base => v1::Plan::Base,
        ServicePlan::AddOn => v1::Plan::AddOn,
        ServicePlan::Enhanced => v1::Plan::Enhanced,
    }
}

pub(crate) fn write_location_rule(rule: LocationRule) -> v1::LocationRule {
    match rule {
        LocationRule::Listed => v1::LocationRule::Listed,
        LocationRule::ListedOrContact => v1::LocationRule::ListedOrContact,
        LocationRule::HostServesAll => v1::LocationRule::HostServesAll,
    }
}

pub(crate) fn write_missing(missing: Missing) -> v1::MissingFact {
    match missing {
        Missing::Open => v1::MissingFact::Open,
        Missing::Skip => v1::MissingFact::Skip,
    }
}

pub(crate) fn write_clause_kind(kind: ClauseKind) -> v1::ClauseKind {
    match kind {
        ClauseKind::Gate => v1::ClauseKind::Gate,
        ClauseKind::Purchase => v1::ClauseKind::Purchase,
        ClauseKind::Ledger => v1::ClauseKind::Ledger,
        ClauseKind::Note => v1::ClauseKind::Note,
    }
}

pub(crate) fn write_remedy_kind(kind: RemedyKind) -> v1::RemedyKind {
    match kind {
        RemedyKind::Buy => v1::RemedyKind::Buy,
        RemedyKind::Renew => v1::RemedyKind::Renew,
        RemedyKind::WaitUntil => v1::RemedyKind::WaitUntil,
        RemedyKind::DesignateLocation => v1::RemedyKind::DesignateLocation,
        RemedyKind::AddProduct => v1::RemedyKind::AddProduct,
        RemedyKind::AddQuantity => v1::RemedyKind::AddQuantity,
        RemedyKind::RecordWaiver => v1::RemedyKind::RecordWaiver,
        RemedyKind::ChangeRequest => v1::RemedyKind::ChangeRequest,
        RemedyKind::None => v1::RemedyKind::None,
    }
}

pub(crate) fn write_clock(clock: Clock) -> v1::Clock {
    match clock {
        Clock::Calendar => v1::Clock::Calendar,
        Clock::Business => v1::Clock::Business,
    }
}

pub(crate) fn write_effort(effort: Effort) -> v1::Effort {
    match effort {
        Effort::Continuous => v1::Effort::Continuous,
        Effort::BusinessHours => v1::Effort::BusinessHours,
    }
}

pub(crate) fn write_entry_kind(kind: EntryKind) -> v1::EntryKind {
    match kind {
        EntryKind::Grant => v1::EntryKind::Grant,
        EntryKind::Adjust => v1::EntryKind::Adjust,
        EntryKind::Consume => v1::EntryKind::Consume,
        EntryKind::Reserve => v1::EntryKind::Reserve,
        EntryKind::Extend => v1::EntryKind::Extend,
        EntryKind::Commit => v1::EntryKind::Commit,
        EntryKind::Release => v1::EntryKind::Release,
        EntryKind::Expire => v1::EntryKind::Expire,
        EntryKind::Reverse => v1::EntryKind::Reverse,
    }
}

pub(crate) fn write_change_kind(kind: ChangeKind) -> v1::ChangeKind {
    match kind {
        ChangeKind::Added => v1::ChangeKind::Added,
        ChangeKind::Updated => v1::ChangeKind::Updated,
        ChangeKind::Unchanged => v1::ChangeKind::Unchanged,
    }
}

pub(crate) fn write_resource(resource: Resource) -> v1::ResourceType {
    match resource {
        Resource::Customer => v1::ResourceType::Customer,
        Resource::WorkOrder => v1::ResourceType::WorkOrder,
    }
}

pub(crate) fn write_item_change_kind(kind: ItemChangeKind) -> v1::ItemChangeKind {
    match kind {
        ItemChangeKind::Added => v1::ItemChangeKind::Added,
        ItemChangeKind::Changed => v1::ItemChangeKind::Changed,
        ItemChangeKind::Removed => v1::ItemChangeKind::Removed,
    }
}

pub(crate) fn write_block_change_kind(kind: BlockChangeKind) -> v1::BlockChangeKind {
    match kind {
        BlockChangeKind::Created => v1::BlockChangeKind::Created,
        BlockChangeKind::Ended => v1::BlockChangeKind::Ended,
        BlockChangeKind::Grown => v1::BlockChangeKind::Grown,
        BlockChangeKind::Shrunk => v1::BlockChangeKind::Shrunk,
        BlockChangeKind::Moved => v1::BlockChangeKind::Moved,
    }
}

pub(crate) fn write_dependent_effect(effect: DependentEffect) -> v1::DependentWorkOrderEffect {
    match effect {
        DependentEffect::Uncovered => v1::DependentWorkOrderEffect::Uncovered,
        DependentEffect::EndsSooner => v1::DependentWorkOrderEffect::EndsSooner,
        DependentEffect::BeginsOtherwise => v1::DependentWorkOrderEffect::BeginsOtherwise,
        DependentEffect::EndsLater => v1::DependentWorkOrderEffect::EndsLater,
        DependentEffect::Covered => v1::DependentWorkOrderEffect::Covered,
    }
}
