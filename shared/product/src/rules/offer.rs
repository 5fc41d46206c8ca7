//! Offers of suppliers: the selling price made of a supplier's price, and the best of several offers.

use messages::{Text, product as say};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::model::content::ContentError;

/// The rule that makes the selling price of a supplier's price: cost × coefficient + fees, rounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PriceRule {
    /// The factor by which the cost is multiplied, such as 1.35; without a factor there is no selling price.
    #[schema(value_type = Option<String>)]
    pub coefficient: Option<Decimal>,
    /// The amount that is added to the price of every product.
    #[schema(value_type = Option<String>)]
    pub fee: Option<Decimal>,
    /// The amounts that are added in some categories and in the categories below them. If several apply, the one of the
    /// deepest category counts.
    pub category_fees: Vec<CategoryFee>,
    /// The step to which prices are rounded, such as 0.05.
    #[schema(value_type = Option<String>)]
    pub round_to: Option<Decimal>,
    /// The ending of prices, such as 0.99: the price becomes the next higher price with this ending.
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
        let mut wrong = |field: &str, message: Text| {
            errors.push(ContentError::new(format!("price_rule.{field}"), "out_of_range", message))
        };
        if self.coefficient.is_some_and(|factor| factor <= Decimal::ZERO || factor > Decimal::ONE_THOUSAND) {
            wrong("coefficient", say::coefficient_range());
        }
        if self.round_to.is_some_and(|step| step < Decimal::new(1, 4) || step > Decimal::ONE_THOUSAND) {
            wrong("round_to", say::price_step_range());
        }
        if self.ending.is_some_and(|ending| ending < Decimal::ZERO || ending >= Decimal::ONE) {
            wrong("ending", say::price_ending_range());
        }
        if self.round_to.is_some() && self.ending.is_some() {
            wrong("ending", say::price_step_and_ending());
        }
        let most = Decimal::from(1_000_000);
        let amounts = self.category_fees.iter().flat_map(|fee| [fee.amount, fee.percent]).chain([self.fee]).flatten();
        if amounts.into_iter().any(|amount| amount.abs() > most) || self.category_fees.len() > 1_000 {
            wrong("category_fees", say::fees_range());
        }
        errors
    }

    /// Returns the selling price for a cost. `categories` are the product's categories with those above them, the
    /// deepest last. Returns `None` if the rule has no coefficient, or if the number is too large.
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

/// The rule that chooses the best of several offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfferRule {
    /// The lowest cost among the offers in stock; if no offer is in stock, the lowest cost.
    #[default]
    CheapestInStock,
    /// The lowest cost.
    Cheapest,
    /// The shortest lead time, then the lowest cost.
    Fastest,
    /// The supplier that the organisation prefers; offers in stock come first.
    Preferred,
}

/// The values of an offer that decide the choice. All costs are in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The cost; an offer without a cost comes last.
    pub cost: Option<Decimal>,
    /// The number of pieces in stock; not known counts as 0.
    pub stock: Option<i32>,
    /// The days until delivery; not known counts as the longest time.
    pub lead_days: Option<i32>,
    /// The supplier's place in the order of preference; the smallest number comes first.
    pub preference: i32,
}

/// Returns the index of the best offer; `None` if there are no offers.
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
