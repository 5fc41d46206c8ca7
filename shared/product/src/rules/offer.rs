//! What suppliers offer: the price that a seller makes of a supplier's, and the best of several offers.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::content::ContentError;

/// How a supplier's price becomes the selling price: cost × coefficient + fees, rounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PriceRule {
    /// What the cost is multiplied by, such as 1.35; without one there is no selling price.
    #[schema(value_type = Option<String>)]
    pub coefficient: Option<Decimal>,
    /// What is added to every product.
    #[schema(value_type = Option<String>)]
    pub fee: Option<Decimal>,
    /// What is added in some categories, those below them included; of several the deepest counts.
    pub category_fees: Vec<CategoryFee>,
    /// The step that prices are rounded to, such as 0.05.
    #[schema(value_type = Option<String>)]
    pub round_to: Option<Decimal>,
    /// What prices end in, such as 0.99: the next price up with this end.
    #[schema(value_type = Option<String>)]
    pub ending: Option<Decimal>,
}

/// A fee of one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryFee {
    /// The category.
    pub category_id: Uuid,
    /// A fixed amount.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub amount: Option<Decimal>,
    /// A share of the cost, in percent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub percent: Option<Decimal>,
}

impl PriceRule {
    /// Checks the rule.
    #[must_use]
    pub fn check(&self) -> Vec<ContentError> {
        let mut errors = Vec::new();
        let mut say = |field: &str, message: &str| {
            errors.push(ContentError::new(format!("price_rule.{field}"), "out_of_range", message))
        };
        if self.coefficient.is_some_and(|factor| factor <= Decimal::ZERO || factor > Decimal::ONE_THOUSAND) {
            say("coefficient", "expected a coefficient above 0 and at most 1000");
        }
        if self.round_to.is_some_and(|step| step < Decimal::new(1, 4) || step > Decimal::ONE_THOUSAND) {
            say("round_to", "expected a step of 0.0001 to 1000");
        }
        if self.ending.is_some_and(|ending| ending < Decimal::ZERO || ending >= Decimal::ONE) {
            say("ending", "expected an ending from 0 to below 1, such as 0.99");
        }
        if self.round_to.is_some() && self.ending.is_some() {
            say("ending", "expected either a step to round to or an ending");
        }
        let most = Decimal::from(1_000_000);
        let amounts = self.category_fees.iter().flat_map(|fee| [fee.amount, fee.percent]).chain([self.fee]).flatten();
        if amounts.into_iter().any(|amount| amount.abs() > most) || self.category_fees.len() > 1_000 {
            say("category_fees", "expected at most 1,000 fees, each of at most 1,000,000");
        }
        errors
    }

    /// The selling price of something that costs `cost`; `categories` are the product's, each with those above it, the
    /// deepest last. None without a coefficient, or when the number is too large.
    #[must_use]
    pub fn selling_price(&self, cost: Decimal, categories: &[Uuid]) -> Option<Decimal> {
        let mut price = cost.checked_mul(self.coefficient?)?.checked_add(self.fee.unwrap_or_default())?;
        let deepest =
            categories.iter().rev().find_map(|id| self.category_fees.iter().find(|fee| fee.category_id == *id));
        if let Some(fee) = deepest {
            let share = cost.checked_mul(fee.percent.unwrap_or_default())? / Decimal::ONE_HUNDRED;
            price = price.checked_add(fee.amount.unwrap_or_default())?.checked_add(share)?;
        }
        let price = match (self.round_to, self.ending) {
            (Some(step), _) => price
                .checked_div(step)?
                .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
                .checked_mul(step)?,
            (None, Some(ending)) => {
                let whole = price.floor() + ending;
                if whole < price { whole + Decimal::ONE } else { whole }
            }
            (None, None) => price.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero),
        };
        Some(price.max(Decimal::ZERO).normalize())
    }
}

/// How the best of several offers is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferRule {
    /// The lowest cost among those in stock; when none is, the lowest cost.
    #[default]
    CheapestInStock,
    /// The lowest cost.
    Cheapest,
    /// The shortest lead time, then the lowest cost.
    Fastest,
    /// The supplier whom the organisation prefers, among those in stock first.
    Preferred,
}

/// An offer, as far as the choice needs it. Costs are in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The cost; an offer without one comes last.
    pub cost: Option<Decimal>,
    /// The pieces in stock; not known counts as none.
    pub stock: Option<i32>,
    /// Days until delivery; not known counts as very long.
    pub lead_days: Option<i32>,
    /// The supplier's place in the order of preference, the smallest first.
    pub preference: i32,
}

/// The place of the best offer; none when there are none.
#[must_use]
pub fn best_offer(offers: &[Candidate], rule: OfferRule) -> Option<usize> {
    let cost = |offer: &Candidate| offer.cost.unwrap_or(Decimal::MAX);
    let absent = |offer: &Candidate| offer.stock.unwrap_or_default() <= 0;
    let days = |offer: &Candidate| offer.lead_days.unwrap_or(i32::MAX);
    let rank = |(_, offer): &(usize, &Candidate)| match rule {
        OfferRule::CheapestInStock => (i32::from(absent(offer)), cost(offer), days(offer), offer.preference),
        OfferRule::Cheapest => (0, cost(offer), days(offer), offer.preference),
        OfferRule::Fastest => (days(offer), cost(offer), offer.preference, 0),
        OfferRule::Preferred => (i32::from(absent(offer)), Decimal::from(offer.preference), days(offer), 0),
    };
    offers.iter().enumerate().min_by_key(rank).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(json: &str) -> PriceRule {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn prices_are_made_by_coefficient_fees_and_rounding() {
        let price = |json: &str, cost: &str, categories: &[Uuid]| {
            rule(json).selling_price(cost.parse().unwrap(), categories).map(|price| price.to_string())
        };
        let (tools, drills) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(price(r#"{"coefficient": "1.35"}"#, "10.01", &[]).as_deref(), Some("13.51"));
        assert_eq!(
            price(r#"{"coefficient": "2", "fee": "0.5", "round_to": "0.05"}"#, "1.02", &[]).as_deref(),
            Some("2.55")
        );
        assert_eq!(price(r#"{"coefficient": "1.5", "ending": "0.99"}"#, "10", &[]).as_deref(), Some("15.99"));
        assert_eq!(price(r#"{"coefficient": "1", "ending": "0.9"}"#, "9.95", &[]).as_deref(), Some("10.9"));
        let fees = format!(
            r#"{{"coefficient": "1", "category_fees": [{{"category_id": "{tools}", "amount": "5"}}, {{"category_id": "{drills}", "percent": "10"}}]}}"#
        );
        assert_eq!(price(&fees, "20", &[tools]).as_deref(), Some("25"));
        assert_eq!(price(&fees, "20", &[tools, drills]).as_deref(), Some("22"), "the deepest category counts");
        assert_eq!(price("{}", "20", &[]), None);
        assert!(
            !rule(r#"{"coefficient": "0"}"#).check().is_empty() && !rule(r#"{"ending": "1.5"}"#).check().is_empty()
        );
    }

    #[test]
    fn the_best_offer_depends_on_the_rule() {
        let offer = |cost: &str, stock, days, preference| Candidate {
            cost: cost.parse().ok(),
            stock,
            lead_days: days,
            preference,
        };
        let offers = [
            offer("9", Some(0), Some(1), 3),
            offer("10", Some(5), Some(9), 2),
            offer("11", Some(5), None, 1),
            offer("none", Some(9), None, 9),
        ];
        let best = |rule| best_offer(&offers, rule);
        assert_eq!(best(OfferRule::CheapestInStock), Some(1));
        assert_eq!(best(OfferRule::Cheapest), Some(0));
        assert_eq!(best(OfferRule::Fastest), Some(0));
        assert_eq!(best(OfferRule::Preferred), Some(2));
        assert_eq!(best_offer(&offers[..1], OfferRule::CheapestInStock), Some(0), "rather one without stock than none");
        assert_eq!(best_offer(&[], OfferRule::Cheapest), None);
    }
}
