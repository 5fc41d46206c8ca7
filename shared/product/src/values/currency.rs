//! Currencies: the active codes of ISO 4217 (list one, as published by SIX on behalf of ISO; funds, metals and
//! test codes left out, because nobody prices a product in them).

use std::fmt;

use messages::{Text, product as say};
use serde::{Deserialize, Serialize};

const CODES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD \
CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD \
HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD \
MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG \
QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD \
TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// A known ISO 4217 code, in capital letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// The error for a text that is not an ISO 4217 code; holds the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCurrency(pub String);

impl Default for Currency {
    fn default() -> Self {
        Self::EUR
    }
}

impl Currency {
    /// The euro, the default currency.
    pub const EUR: Currency = Currency(*b"EUR");

    /// Reads a code in upper or lower case, or a sign that stands for one currency only (`€`, `£`).
    ///
    /// # Errors
    /// [`UnknownCurrency`] for any other text, also for `$`, which is the sign of several currencies.
    pub fn parse(text: &str) -> Result<Self, UnknownCurrency> {
        let code = match text.trim() {
            "€" => "EUR".to_owned(),
            "£" => "GBP".to_owned(),
            other => other.to_ascii_uppercase(),
        };
        CODES
            .split(' ')
            .find(|known| *known == code)
            .and_then(|known| known.as_bytes().try_into().ok())
            .map(Currency)
            .ok_or_else(|| UnknownCurrency(text.trim().to_owned()))
    }

    /// Returns the three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(text: String) -> Result<Self, UnknownCurrency> {
        Self::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl UnknownCurrency {
    /// Returns the message for the seller: what was expected and what was found.
    #[must_use]
    pub fn message(&self) -> Text {
        say::currency_unknown(&self.0)
    }
}

/// The message in English.
impl fmt::Display for UnknownCurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().english())
    }
}

impl std::error::Error for UnknownCurrency {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_codes_and_unambiguous_signs() {
        assert_eq!(Currency::parse("eur").unwrap(), Currency::EUR);
        assert_eq!(Currency::parse(" € ").unwrap(), Currency::EUR);
        assert_eq!(Currency::parse("£").unwrap().as_str(), "GBP");
        for unknown in ["$", "EURO", "XTS", "", "E R"] {
            assert!(Currency::parse(unknown).is_err(), "{unknown}");
        }
    }
}
