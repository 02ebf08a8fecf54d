//! What the request itself says: people, channels, severities, languages, times (2.2, 2.3, 2.6).

use chrono::TimeDelta;

use crate::catalog::{Channel, RemedyKind, RestrictedTo, Rule, Severity};
use crate::engine::context::{Context, Verdict};
use crate::engine::explanation::Explanation;
use crate::engine::query::is_language;
use crate::model::{Contact, ContactRole, Unit, folded, rfc3339};

/// The channels a cloud administrator is bound to (2.6).
const PORTALS: [Channel; 2] = [Channel::CloudPortal, Channel::OnlineServicesPortal];

pub(in crate::engine) fn judge(context: &Context<'_>, rule: Rule) -> Option<Verdict> {
    let query = context.query;
    Some(match rule {
        Rule::AdvisoryLimit => Verdict::fails_if(
            is_out_of_scope(context)
                || requested_minutes(context)
                    .zip(context.service.longest_minutes)
                    .is_some_and(|(asked, longest)| asked > longest),
        ),
        Rule::Contact => Verdict::fails_if(query.contact_id.is_some() && !is_contact_designated(context)),
        Rule::Channel => Verdict::fails_if(query.channel.is_some_and(|channel| !is_open(context, channel))),
        // An empty list restricts nothing.
        Rule::Severity if context.service.severities.is_empty() => Verdict::Holds,
        Rule::Activity if context.service.activities.is_empty() => Verdict::Holds,
        Rule::Severity => known(query.severity, |severity| context.service.severities.contains(&severity)),
        Rule::Language => match language_rule(context) {
            None => Verdict::Holds,
            Some(rule) => known(query.language, |tag| rule.only.iter().any(|language| is_language(tag, language))),
        },
        Rule::RootCauseTiming => match (query.delivery.requested_time, query.incident_close_time) {
            (Some(requested), Some(closed)) => Verdict::fails_if(requested >= closed),
            (Some(_), None) => Verdict::Holds,
            (None, _) => Verdict::Unknown,
        },
        Rule::Tenant => {
            known(query.tenant_id, |tenant| context.candidate.tenants.binary_search(&folded(tenant)).is_ok())
        }
        Rule::Activity => Verdict::fails_if(
            query.activity.is_some_and(|activity| !context.service.activities.iter().any(|known| known == activity)),
        ),
        // Only a recorded assignment settles it.
        Rule::Discretion => Verdict::Unknown,
        Rule::License => Verdict::fails_if(!context.in_edition.is_licensed),
        _ => return None,
    })
}

fn known<T>(fact: Option<T>, is_good: impl FnOnce(T) -> bool) -> Verdict {
    fact.map_or(Verdict::Unknown, |fact| Verdict::fails_if(!is_good(fact)))
}

fn is_out_of_scope(context: &Context<'_>) -> bool {
    context.query.activity.is_some_and(|asked| context.service.activities_except.iter().any(|except| except == asked))
}

fn requested_minutes(context: &Context<'_>) -> Option<i64> {
    // An amount too large to count is larger than any limit.
    context.query.quantity.map(|quantity| quantity.in_base_unit().unwrap_or(i64::MAX))
}

/// Whether the contact who is named is one the customer designated for such a product.
pub(in crate::engine) fn is_contact_designated(context: &Context<'_>) -> bool {
    context.in_edition.contact.is_some_and(|contact| is_designated(context, contact))
}

fn is_designated(context: &Context<'_>, contact: &Contact) -> bool {
    contact.roles.iter().any(|role| match role {
        ContactRole::SupportAdministrator | ContactRole::ReactiveContact => true,
        ContactRole::CloudAdministrator => is_cloud(context),
    })
}

fn is_cloud(context: &Context<'_>) -> bool {
    context.in_edition.family.is_some_and(|family| family.cloud)
}

fn is_open(context: &Context<'_>, channel: Channel) -> bool {
    let by_service = channel_rule(context).is_none_or(|rule| rule.only.contains(&channel));
    by_service && (!is_bound_to_portals(context) || PORTALS.contains(&channel))
}

/// A contact who is a cloud administrator and nothing else opens incidents of cloud products
/// in the portals only.
fn is_bound_to_portals(context: &Context<'_>) -> bool {
    context.service.incident
        && is_cloud(context)
        && context.in_edition.contact.is_some_and(|contact| {
            !contact.roles.is_empty() && contact.roles.iter().all(|role| *role == ContactRole::CloudAdministrator)
        })
}

fn channel_rule<'a>(context: &Context<'a>) -> Option<&'a RestrictedTo<Channel>> {
    context.service.channels.iter().find(|rule| rule.fits(context.query.product))
}

fn language_rule<'a>(context: &Context<'a>) -> Option<&'a RestrictedTo<String>> {
    context.service.languages.iter().find(|rule| rule.fits(context.query.product))
}

pub(super) fn explain(context: &Context<'_>, rule: Rule, explanation: &mut Explanation) {
    let query = context.query;
    match rule {
        Rule::AdvisoryLimit => {
            let limit = context.service.longest_minutes.unwrap_or_default().to_string();
            if is_out_of_scope(context) {
                explanation.ask("activity", "");
            } else {
                explanation.ask("quantity", limit.as_str());
            }
            explanation.fact("limit_minutes", limit);
            explanation.fact("unit", Unit::Minutes.as_str());
            explanation.optional_fact("requested_minutes", requested_minutes(context).map(|asked| asked.to_string()));
        }
        Rule::Contact => {
            explanation.ask("contact_id", "");
            explanation.fact("contact_id", query.contact_id.unwrap_or_default());
        }
        Rule::Channel => {
            let channels = channel_rule(context).map_or(PORTALS.as_slice(), |rule| rule.only.as_slice());
            let open = channels.iter().filter(|channel| is_open(context, **channel));
            let allowed = joined(open.map(|channel| channel.as_str()));
            // A contact bound to portals that the service does not have asks in vain.
            let field = if allowed.is_empty() { "contact_id" } else { "channel" };
            explanation.ask(field, allowed.as_str());
            explanation.fact("channel", query.channel.map_or("", Channel::as_str));
            explanation.fact("allowed", allowed);
        }
        Rule::Severity => {
            let allowed = joined(context.service.severities.iter().map(|severity| severity.as_str()));
            explanation.ask("severity", allowed.as_str());
            explanation.optional_fact("severity", query.severity.map(Severity::as_str));
            explanation.fact("allowed", allowed);
        }
        Rule::Language => {
            let allowed =
                language_rule(context).map(|rule| joined(rule.only.iter().map(String::as_str))).unwrap_or_default();
            explanation.ask("language", allowed.as_str());
            explanation.optional_fact("language", query.language);
            explanation.fact("allowed", allowed);
        }
        Rule::RootCauseTiming => {
            let closed = query.incident_close_time.map(rfc3339);
            // At the very instant is not before.
            let before = query.incident_close_time.and_then(|closed| closed.checked_sub_signed(TimeDelta::seconds(1)));
            explanation.ask("delivery.requested_time", before.map(rfc3339).unwrap_or_default());
            explanation.optional_fact("requested_time", query.delivery.requested_time.map(rfc3339));
            explanation.optional_fact("incident_close_time", closed);
        }
        Rule::Tenant => {
            explanation.ask("tenant_id", joined(context.item.tenant_ids.iter().map(String::as_str)));
            explanation.optional_fact("tenant_id", query.tenant_id);
        }
        Rule::Activity => {
            let allowed = joined(context.service.activities.iter().map(String::as_str));
            explanation.ask("activity", allowed.as_str());
            explanation.fact("activity", query.activity.unwrap_or_default());
            explanation.fact("allowed", allowed);
        }
        Rule::Discretion => _ = explanation.remedy_waiver(),
        Rule::License => {
            let license = context.service.license.as_deref().unwrap_or_default();
            explanation.remedy(RemedyKind::Buy, "customer.licenses", license);
            explanation.fact("license", license);
        }
        _ => {}
    }
}

fn joined<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.collect::<Vec<_>>().join(", ")
}
