//! What the item that answers offers.

use super::base::BaseState;
use super::clauses::{hours, location};
use super::context::Context;
use super::decision::{BlockBalance, Coverage};
use super::pool;
use crate::model::{DeliveryMode, Item};

pub(super) fn coverage<'a>(context: &Context<'a>, waived: u128) -> Coverage<'a> {
    let base = match context.base {
        None => Some(context.order),
        Some(BaseState::Covered { order }) => context.prepared.contract().work_orders.get(order),
        Some(_) => None,
    };
    let used = context.service.clauses.iter().filter(|clause| waived & clause.bit() != 0);
    let waivers = used.filter_map(|clause| context.item.waivers.get(context.waiver(clause)?)).collect();
    Coverage {
        order: context.order,
        item: context.item,
        effective: context.effective,
        base,
        waivers,
        calendar: context.service.service_hours.as_ref().and_then(|hours| hours::calendar_of(context, hours)),
        context: *context,
    }
}

impl<'a> Coverage<'a> {
    /// The balances the service can be drawn from, in the order in which they are used up: those of
    /// the item and of the others that serve. Worked out here, for not everyone who asks looks.
    pub fn blocks(&self) -> Vec<BlockBalance<'a>> {
        pool::drawn_from(&self.context).iter().filter_map(balance).collect()
    }

    /// How the service may be delivered: remotely, as the catalogue includes it, and as the item was sold.
    pub fn delivery_modes(&self) -> Vec<DeliveryMode> {
        let modes = [DeliveryMode::Remote, DeliveryMode::OnSite].into_iter();
        modes.filter(|mode| location::is_included(&self.context, *mode)).collect()
    }

    /// The base package of the agreement it leans on.
    pub fn base_item(&self) -> Option<&'a Item> {
        self.base?.items.iter().find(|item| item.service_id == self.context.edition.base_package)
    }
}

fn balance<'a>(context: &Context<'a>) -> Option<BlockBalance<'a>> {
    let Context { order, item, .. } = *context;
    let block = context.block()?;
    // As the ledger tells it: the same for every location, and also where the base is suspended or covers nothing.
    let expire_time = context.block_end()?;
    let left = block.available().max(0);
    let (available, forfeited) = if context.at < expire_time { (left, 0) } else { (0, left) };
    Some(BlockBalance { order, item, block, available, forfeited, expire_time })
}
