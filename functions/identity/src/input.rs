//! Values that callers send, checked while they are read.

use db_core::MemberRole;
use messages::identity as say;
use runtime::{Error, Result, Role, ValueError};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An e-mail address, in lower case.
///
/// ASCII only: SES accepts no other address (`SendRawEmail`, "the local part must be 7-bit ASCII, a domain with other
/// characters in Punycode"), and no letter can be replaced by another one that looks the same. A mail shows whether the
/// address exists.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, format = Email, max_length = 254)]
pub struct EmailAddress(pub(crate) String);

impl TryFrom<String> for EmailAddress {
    type Error = ValueError;

    fn try_from(text: String) -> std::result::Result<Self, ValueError> {
        let email = text.trim();
        let shown: String = email.chars().take(100).collect();
        if let Some(strange) = email.chars().find(|c| !c.is_ascii_graphic()) {
            return Err(say::email_not_ascii(strange.escape_unicode(), shown).into());
        }
        let email = email.to_ascii_lowercase();
        let plausible = email.rsplit_once('@').is_some_and(|(name, domain)| {
            let label = |label: &str| {
                (1..=63).contains(&label.len())
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            };
            let local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c);
            (1..=64).contains(&name.len())
                && name.chars().all(local)
                && !name.starts_with('.')
                && !name.ends_with('.')
                && !name.contains("..")
                && domain.contains('.')
                && domain.split('.').all(label)
        });
        if !plausible || email.len() > 254 {
            return Err(say::email_invalid(shown).into());
        }
        Ok(Self(email))
    }
}

/// The name of an organisation, a person, a role or a key: one line of 1 to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 100)]
pub struct Name(pub(crate) String);

impl TryFrom<String> for Name {
    type Error = ValueError;

    fn try_from(text: String) -> std::result::Result<Self, ValueError> {
        let name = text.trim();
        let length = name.chars().count();
        // Zero-width characters and direction marks can make one name look like another.
        let invisible = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        };
        if !(1..=100).contains(&length) {
            return Err(say::name_length(100, length).into());
        }
        if let Some(strange) = name.chars().find(|c| invisible(*c)) {
            return Err(say::name_invisible(strange.escape_unicode()).into());
        }
        Ok(Self(name.to_owned()))
    }
}

/// A language of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Locale {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::Fr => "fr",
        }
    }
}

/// An IANA time zone, such as Europe/Paris.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, example = "Europe/Paris")]
pub struct TimeZone(pub(crate) String);

impl TryFrom<String> for TimeZone {
    type Error = ValueError;

    fn try_from(text: String) -> std::result::Result<Self, ValueError> {
        match jiff::tz::TimeZone::get(&text) {
            Ok(zone) => Ok(Self(zone.iana_name().unwrap_or(&text).to_owned())),
            Err(_) => Err(say::time_zone_unknown(text.chars().take(50).collect::<String>()).into()),
        }
    }
}

/// A role of a member: the name of a predefined role (`viewer`, `user`, `manager`, `admin`, `super_admin`), or the id
/// of one of the organisation's own roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, example = "manager")]
pub struct RoleName(pub(crate) MemberRole);

impl TryFrom<String> for RoleName {
    type Error = ValueError;

    fn try_from(text: String) -> std::result::Result<Self, ValueError> {
        let predefined = Role::named(&text).map(MemberRole::Predefined);
        predefined.or_else(|| text.parse::<Uuid>().ok().map(MemberRole::Own)).map(Self).ok_or_else(|| {
            let shown: String = text.chars().take(50).collect();
            say::role_name_unknown(shown).into()
        })
    }
}

/// Returns `at` if it is in the future, and not later than `now + most`.
pub(crate) fn ahead(
    field: &str,
    at: time::OffsetDateTime,
    now: time::OffsetDateTime,
    most: time::Duration,
) -> Result<time::OffsetDateTime> {
    if at <= now || at > now + most {
        return Err(Error::invalid(field, "out_of_range", say::moment_out_of_range(most.whole_days(), at)));
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_put_in_lower_case_and_checked() {
        let address = |text: &str| EmailAddress::try_from(text.to_owned());
        assert_eq!(address(" Marie@Shop.Example ").unwrap().0, "marie@shop.example");
        assert_eq!(address("o'neil+a.b@xn--caf-dma.example").unwrap().0, "o'neil+a.b@xn--caf-dma.example");
        let long = format!("{}@shop.example", "a".repeat(65));
        for wrong in [
            "",
            "marie",
            "@shop.example",
            "marie@shop",
            "a b@shop.example",
            "a@b@c.d",
            "a@.d",
            "a..b@c.de",
            ".a@c.de",
            "a@-c.de",
            "a@c_d.ef",
            &long,
            // A Cyrillic a, a zero-width space, a right-to-left mark, a full-width at sign, a Kelvin sign.
            "m\u{430}rie@shop.example",
            "ma\u{200b}rie@shop.example",
            "marie\u{202e}@shop.example",
            "marie\u{ff20}shop.example",
            "mar\u{212a}@shop.example",
            "marie@shop.example\r\nBcc: x@y.z",
        ] {
            assert!(address(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn names_zones_and_roles_are_checked() {
        assert_eq!(Name::try_from(" L'Atelier du Nord ".to_owned()).unwrap().0, "L'Atelier du Nord");
        for wrong in ["", "   ", "a\nb", "a\u{202e}b", "a\u{200b}b"] {
            assert!(Name::try_from(wrong.to_owned()).is_err(), "{wrong:?}");
        }
        assert_eq!(TimeZone::try_from("europe/paris".to_owned()).unwrap().0, "Europe/Paris");
        for wrong in ["", "Paris", "Europe/Paradise", "+02:00", "../../etc/passwd"] {
            assert!(TimeZone::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert_eq!(RoleName::try_from("admin".to_owned()).unwrap().0, MemberRole::Predefined(Role::Admin));
        assert!(RoleName::try_from("boss".to_owned()).is_err());
    }
}
